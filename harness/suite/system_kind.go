package suite

import (
	"slices"
	"time"
)

// SystemKind says how a system comes to be measured.
type SystemKind string

// The kinds of system there are.
const (
	SystemReference SystemKind = "reference" // the built-in reference cluster
	SystemCommand   SystemKind = "command"   // a command that is started for each run
	SystemURL       SystemKind = "url"       // runs already: nothing is started or stopped
)

// SystemTraits are all that is known of a kind of system, in one place.
type SystemTraits struct {
	Kind  SystemKind
	Keys  []string // keys of a suite's system that the kind has, beside kind
	Needs []string // those of them that it cannot be without
	// Reference: it is the cluster of this module, which can be disturbed, slowed down and profiled.
	Reference bool
	// Started: each run has processes of its own, on this machine. They may be loaded beyond the suite's rates.
	Started     bool
	ReadyWithin time.Duration // from the start, where the suite says nothing; short for one that runs already
}

// systemKinds are the kinds, in the order of their documentation.
var systemKinds = []SystemTraits{
	{Kind: SystemReference, Reference: true, Started: true},
	{
		Kind: SystemCommand, Started: true, ReadyWithin: 30 * time.Second, Needs: []string{"command", "url"},
		Keys: []string{"command", "url", "tls", "dir", "env", "ready", "ready_line", "ready_within", "stop_within"},
	},
	{
		Kind: SystemURL, ReadyWithin: 2500 * time.Millisecond, Needs: []string{"url"},
		Keys: []string{"url", "tls", "ready", "ready_within", "i_own"},
	},
}

// SystemKinds are the kinds of system there are, in the order of their documentation.
func SystemKinds() []SystemKind {
	var all []SystemKind
	for _, t := range systemKinds {
		all = append(all, t.Kind)
	}
	return all
}

// Traits are those of the system's kind; a suite that names none is about the reference cluster.
func (s System) Traits() SystemTraits {
	at := slices.IndexFunc(systemKinds, func(t SystemTraits) bool { return t.Kind == s.Kind })
	return systemKinds[max(0, at)]
}
