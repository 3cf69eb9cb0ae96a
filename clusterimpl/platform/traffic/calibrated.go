package traffic

import (
	"fmt"
	"net/http"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
)

// Calibrated is the operation of a calibrated request.
const Calibrated = "calibrated"

// NewCalibrated makes the request that waits for one time and then burns another of
// processor time. It is checked to have used at least that, and not grossly more: a thread's
// clock runs on while the hypervisor has taken its processor away.
func NewCalibrated(cpu, wait time.Duration) *Request {
	asked, idle := cpu.Microseconds(), wait.Microseconds()
	most := asked + asked/10 + 5000
	return &Request{
		Operation: Calibrated, Method: http.MethodGet,
		Path: fmt.Sprintf("/api/calibrated?cpu_us=%d&wait_us=%d", asked, idle),
		Check: func(status int, _ http.Header, body []byte) error {
			if err := wantStatus(status, http.StatusOK, body); err != nil {
				return err
			}
			var got wire.Calibrated
			if err := decode(body, &got); err != nil {
				return err
			}
			if got.CPU != asked || got.Wait != idle {
				return fmt.Errorf("it was asked for %d µs of processor time after %d µs, and answers for %d after %d",
					asked, idle, got.CPU, got.Wait)
			}
			if got.Used < asked || got.Used > most {
				return fmt.Errorf("it used %d µs of processor time, want %d to %d", got.Used, asked, most)
			}
			return nil
		},
	}
}
