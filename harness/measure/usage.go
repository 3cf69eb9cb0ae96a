package measure

import "time"

// Role says what part a process plays in a run.
type Role string

// The roles there are.
const (
	RoleWorker    Role = "worker"
	RolePrimary   Role = "primary"
	RoleStore     Role = "store"
	RoleGenerator Role = "generator"
	RoleHost      Role = "host" // the whole machine; its memory is the memory in use
)

// Process names a process to be watched.
type Process struct {
	Role Role   `json:"role"`
	Name string `json:"name"` // e.g. "worker 3", "postgres"; several pids may share a name
	PID  int    `json:"pid"`
	Tree bool   `json:"tree,omitempty"` // its descendants count as part of it
}

// Usage is the resource usage of everything that took part in one run.
type Usage struct {
	Series []Series `json:"series"`
	// Others is what others than the run took of the host within the measurement window.
	Others Others `json:"others,omitzero"`
	// OthersBefore and OthersAfter are what they took before it, from the start of the load on, and after it,
	// until what the run does then was done: in the part of a few seconds in which they took most, so that what
	// disturbs one step of several is not lost among the others.
	OthersBefore Others `json:"others_before,omitzero"`
	OthersAfter  Others `json:"others_after,omitzero"`
}

// Others is what others than the run took, over a part of a run, of the processors that the run may use.
type Others struct {
	// Known is false where the kernel does not say, or where the run reaches processes that are not
	// watched; Taken and Stolen then mean nothing.
	Known bool `json:"known"`
	// Cores is the number of processors that the run may use, by affinity and quota.
	Cores float64 `json:"cores"`
	// Taken is the share of the processors' time that processes outside of the run used, in the range [0,1].
	// What kernel threads and interrupts do does not count. Under a quota, only what the run could have used
	// counts.
	Taken float64 `json:"taken"`
	// Stolen is the share that the hypervisor took away, in the range [0,1].
	Stolen float64 `json:"stolen"`
	// Pressure is the share of the time that some task of the host waited for a processor, in the range [0,1]:
	// one of the run, or another. It means nothing where PressureKnown is false.
	Pressure      float64 `json:"pressure,omitempty"`
	PressureKnown bool    `json:"pressure_known,omitempty"`
}

// SeriesOfWorker is the name of the series of the worker that answers name with an id, e.g. "worker 3" for "3".
func SeriesOfWorker(id string) string { return "worker " + id }

// Series is the usage of one process or group of processes of the same role and
// name, sampled once a second from the kernel's own figures.
type Series struct {
	Role   Role         `json:"role"`
	Name   string       `json:"name"`
	Points []UsagePoint `json:"points"`
	// CPU is the processor time used within the measurement window, in seconds.
	CPU float64 `json:"cpu_s"`
	// PeakRSS is the largest resident size seen, in bytes; the kernel's own high-water mark where it keeps one.
	PeakRSS int64 `json:"peak_rss_bytes"`
	// Known is false where the kernel gave no figure: CPU and PeakRSS then mean nothing.
	Known bool `json:"known"`
}

// UsagePoint is one reading.
type UsagePoint struct {
	At  time.Duration `json:"at_ns"`     // since the schedule's origin
	CPU float64       `json:"cpu"`       // cores used since the point before, in the range [0, cores of the host]
	RSS int64         `json:"rss_bytes"` // resident size, in bytes
	// Own is the part of RSS that no other process may share, in bytes. How much of a program's file is
	// resident beside it is the kernel's choice, and differs between copies of the same program. 0 where
	// it was not read.
	Own int64 `json:"own_bytes,omitempty"`
}

// HostNoise is what a fixed piece of work took before and after a run, and how much
// processor time the hypervisor took away meanwhile.
type HostNoise struct {
	SpinBefore time.Duration `json:"spin_before_ns"`
	SpinAfter  time.Duration `json:"spin_after_ns"`
	Steal      float64       `json:"steal"` // share of the host's processor time, in the range [0,1]
	// Wall and Monotonic are how long the run took by the two clocks; they differ when
	// someone set the clock or the machine was suspended.
	Wall      time.Duration `json:"wall_ns"`
	Monotonic time.Duration `json:"monotonic_ns"`
	// MHzBefore and MHzAfter are the fastest processor's frequency right after the spins; 0 when not known.
	MHzBefore float64 `json:"mhz_before"`
	MHzAfter  float64 `json:"mhz_after"`
	// QuietBefore and QuietAfter say whether the run's own processes were idle when the host's speed was read.
	QuietBefore Quiet `json:"quiet_before,omitzero"`
	QuietAfter  Quiet `json:"quiet_after,omitzero"`
}

// Quiet is how the processes of a run came to rest.
type Quiet struct {
	Known  bool          `json:"known"`     // false where it was not asked for, or where the kernel does not say
	Idle   bool          `json:"idle"`      // they came to rest in time
	Waited time.Duration `json:"waited_ns"` // for that
	Busy   float64       `json:"busy"`      // cores that they used at last
}

// of lists the series of a role; none, and false, when any of them is not known or there is none.
func (u *Usage) of(role Role) ([]Series, bool) {
	var all []Series
	for _, s := range u.Series {
		if s.Role != role {
			continue
		}
		if !s.Known {
			return nil, false
		}
		all = append(all, s)
	}
	return all, len(all) > 0
}

// CPUOf sums the processor time within the measurement window over all series of a role, in
// seconds; false when any of them is not known or there is none.
func (u *Usage) CPUOf(role Role) (sum float64, known bool) {
	all, known := u.of(role)
	for _, s := range all {
		sum += s.CPU
	}
	return sum, known
}

// PeakRSSOf is the largest resident size that any series of a role reached, in
// bytes; false when any of them is not known or there is none.
func (u *Usage) PeakRSSOf(role Role) (peak int64, known bool) {
	all, known := u.of(role)
	for _, s := range all {
		peak = max(peak, s.PeakRSS)
	}
	return peak, known
}

// PeakOwnOf is the largest size of its own that any series of a role reached at a reading, in bytes;
// false when any of them is not known or there is none.
func (u *Usage) PeakOwnOf(role Role) (peak int64, known bool) {
	all, _ := u.of(role)
	for _, s := range all {
		for _, p := range s.Points {
			peak = max(peak, p.Own)
		}
	}
	return peak, peak > 0
}

// PeakTotalRSSOf is the largest resident size that all series of a role had together at one
// reading, in bytes; false when any of them is not known or there is none.
func (u *Usage) PeakTotalRSSOf(role Role) (peak int64, known bool) {
	totals := map[time.Duration]int64{}
	all, _ := u.of(role)
	for _, s := range all {
		for _, p := range s.Points {
			totals[p.At] += p.RSS
		}
	}
	for _, total := range totals {
		peak = max(peak, total)
	}
	return peak, len(totals) > 0
}
