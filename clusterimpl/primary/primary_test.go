package primary

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/clusterimpl/ipc"
)

func TestAWorkerThatIsReadyTooLateDoesNotCountAsReady(t *testing.T) {
	for _, tt := range []struct {
		name     string
		draining bool
		killed   bool
	}{
		{"the cluster drains", true, false},
		{"the worker was killed", false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, m := &primary{draining: tt.draining}, &member{slot: 1, killed: tt.killed}
			p.message(m, ipc.Message{Kind: ipc.Ready})
			assert.False(t, m.ready, "its end would count as a failed drain")
		})
	}
}
