package faults

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// answers are the same for every request.
type answers struct {
	status int
	text   string
}

func (a answers) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Body: io.NopCloser(strings.NewReader(a.text))}, nil
}

// FuzzHealth asks a cluster that answers anything: what is found to be right has all that is read of it.
func FuzzHealth(f *testing.F) {
	f.Add(200, `{"status":"healthy","cluster":{"mode":true,"workers":2,"active":2,
		"memory":{"total":"2048MB","used":"1MB"}}}`)
	f.Add(503, `{"status":"unhealthy","cluster":{"mode":true,"workers":2,"active":-1,"memory":{}}}`)
	f.Add(200, `{"workers":[{},{"pid":1,"state":"ready","uptime_s":1,"restarts":0,"requests":1,"cpu":{"seconds":1},
		"memory":{"rss_bytes":1},"response_ms":{"p50":1,"p99":1}}]}`)
	f.Add(200, `{"workers":[null,null]}`)
	before := client.Transport
	f.Cleanup(func() { client.Transport = before })
	f.Fuzz(func(t *testing.T, status int, text string) {
		client.Transport = answers{status, text}
		cluster := &fault{
			Target: Target{Cluster: &clusterimpl.Cluster{}}, ctx: t.Context(),
			spec: run.DisturbSpec{Phase: suite.Phase{Workers: 2}},
		}
		if r, err := cluster.health(); err == nil {
			assert.Equal(t, codes[r.Status], status)
			assert.True(t, *r.Cluster.Active >= 0 && *r.Cluster.Active <= 2)
			assert.Regexp(t, megabytes, r.Cluster.Memory.Used)
		}
		if r, err := cluster.healthOfWorkers(); err == nil {
			require.Len(t, r.Workers, 2)
			assert.NotNil(t, r.Workers[1].Response.P99)
		}
	})
}
