package platform_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/platformtest"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/traffic"
)

func TestACalibratedRequestUsesWhatItWasAskedFor(t *testing.T) {
	url := platformtest.Start(t, platform.Config{Dataset: spec})
	for _, c := range []struct{ cpu, wait time.Duration }{
		{0, 0}, {2 * time.Millisecond, 0}, {0, time.Millisecond}, {time.Millisecond, time.Millisecond},
	} {
		r := traffic.NewCalibrated(c.cpu, c.wait)
		status, header, body := platformtest.Ask(t, r.Method, url+r.Path, nil, nil)
		assert.NoError(t, r.Check(status, header, body))
	}
}

func TestACalibratedRequestIsBounded(t *testing.T) {
	url := platformtest.Start(t, platform.Config{Dataset: spec})
	for query, want := range map[string]string{
		"cpu_us=x": "0 to 1000000", "cpu_us=1000001": "0 to 1000000", "cpu_us=-1": "cpu_us",
		"wait_us=10000001": "0 to 10000000",
	} {
		status, _, body := platformtest.Ask(t, http.MethodGet, url+"/api/calibrated?"+query, nil, nil)
		assert.Equal(t, http.StatusUnprocessableEntity, status, query)
		assert.Contains(t, string(body), want)
	}
}

func TestACalibratedAnswerThatUsedLessIsWrong(t *testing.T) {
	r := traffic.NewCalibrated(7*time.Millisecond, 0)
	for body, ok := range map[string]bool{
		`{"cpu_us":7000,"wait_us":0,"used_us":7003}`:  true,
		`{"cpu_us":7000,"wait_us":0,"used_us":6999}`:  false,
		`{"cpu_us":7000,"wait_us":0,"used_us":70000}`: false,
		`{"cpu_us":6000,"wait_us":0,"used_us":7000}`:  false,
		`{"cpu_us":7000,"wait_us":5,"used_us":7000}`:  false,
		`{}`: false, `no`: false,
	} {
		assert.Equal(t, ok, r.Check(http.StatusOK, nil, []byte(body)) == nil, body)
	}
	assert.Error(t, r.Check(http.StatusServiceUnavailable, nil, nil))
}
