// Package cage puts each worker into a control group of its own, whose memory is limited:
// the wall that holds when a worker grows faster than its supervisor looks. It needs the
// memory controller of cgroups(7), version 1 or 2, and the right to make groups; where
// either is missing, the supervisor's look is all there is.
package cage

import "errors"

// ErrUnsupported says that there are no control groups to be made here.
var ErrUnsupported = errors.New("no control group for memory can be made here")
