package figures

import (
	"regexp"
	"strconv"
	"time"
)

// Moment is what a disturbance did or saw, and when.
type Moment struct {
	At   time.Duration // since the load began
	Text string        // cleaned
}

// moment is how a line of a disturbance begins that tells its moment, e.g. "3.214 s: killed worker 2".
var moment = regexp.MustCompile(`^([0-9]{1,9}\.[0-9]{3}) s: (.+)$`)

// Moments are what the run's disturbance did and saw, with the moments; lines that tell none are left out.
func (r Run) Moments() []Moment {
	var all []Moment
	for _, line := range CleanAll(r.Disturbed) {
		parts := moment.FindStringSubmatch(line)
		if parts == nil {
			continue
		}
		if seconds, err := strconv.ParseFloat(parts[1], 64); err == nil {
			all = append(all, Moment{time.Duration(seconds * float64(time.Second)), parts[2]})
		}
	}
	return all
}
