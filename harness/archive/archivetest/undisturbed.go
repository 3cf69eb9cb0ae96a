package archivetest

import (
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/measure"
)

// undisturbedCores is more than any suite of a test documents.
const undisturbedCores = 64

// Undisturbed judges a measured run as if its host had been large and its own: the verdict then follows from what the
// system did. What was measured of the system and of the generator stays. On a busy host a run may end before
// its plan is done, since no further trial could decide anything: the trials it has are repeated in turn, up
// to the number that is planned.
func Undisturbed(r *archive.Run) error {
	r.Host.Cores, r.Host.OnlineCores = undisturbedCores, undisturbedCores
	for i := range r.Phases {
		phase := &r.Phases[i]
		measured := phase.Trials
		phase.Trials = nil
		for n := 0; n < r.Options.Runs && len(measured) > 0; n++ {
			trial := measured[n%len(measured)]
			trial.Number, trial.Faults = n+1, nil
			trial.Noise = measure.HostNoise{SpinBefore: time.Millisecond, SpinAfter: time.Millisecond}
			if trial.Usage != nil {
				usage := *trial.Usage
				usage.Others, usage.OthersBefore = measure.Others{}, measure.Others{}
				usage.OthersAfter = measure.Others{}
				trial.Usage = &usage
			}
			phase.Trials = append(phase.Trials, trial)
		}
	}
	return r.Judge()
}
