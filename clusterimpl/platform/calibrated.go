package platform

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
)

// Bounds of a calibrated request.
const (
	maxCalibratedCPU  = time.Second
	maxCalibratedWait = 10 * time.Second
)

// calibrated waits for the time wait_us, then burns the processor time cpu_us, both in
// microseconds.
func (p *Platform) calibrated(w http.ResponseWriter, r *http.Request) error {
	cpu, err := microseconds(r, "cpu_us", maxCalibratedCPU)
	if err != nil {
		return err
	}
	wait, err := microseconds(r, "wait_us", maxCalibratedWait)
	if err != nil {
		return err
	}
	if wait > 0 {
		select {
		case <-time.After(wait):
		case <-r.Context().Done():
			return r.Context().Err()
		}
	}
	var used time.Duration
	if cpu > 0 {
		used = burn(cpu)
	}
	return answer(w, http.StatusOK,
		wire.Calibrated{CPU: cpu.Microseconds(), Wait: wait.Microseconds(), Used: used.Microseconds()})
}

// microseconds reads a time from the query; without it the time is 0.
func microseconds(r *http.Request, key string, most time.Duration) (time.Duration, error) {
	text := r.URL.Query().Get(key)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || time.Duration(n)*time.Microsecond > most {
		return 0, refuse(key, fmt.Sprintf("%s is not a number of microseconds in range", key),
			fmt.Sprintf("0 to %d", most.Microseconds()))
	}
	return time.Duration(n) * time.Microsecond, nil
}
