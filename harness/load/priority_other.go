//go:build !linux

package load

import "errors"

// RaisePriority gives this process precedence over others for the processor; here it
// cannot, and says so.
func RaisePriority() (nice int, restore func(), err error) {
	return 0, func() {}, errors.New("raise the priority: not supported on this system")
}
