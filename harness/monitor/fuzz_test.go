package monitor

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzAnswer reads two answers of a cluster that may say anything.
func FuzzAnswer(f *testing.F) {
	f.Add(`{"status":"healthy","workers":[{"worker":1,"pid":7,"requests":100,"response_ms":{"p99":3}}]}`,
		`{"status":"degraded","workers":[{"worker":1,"pid":7,"requests":300}]}`)
	f.Add(`{"status":"\u001b[2J","workers":[{"worker":1,"state":"\n\u009b"}]}`, `{"status":""}`)
	f.Add(`{"status":"x","workers":[{"response_ms":{"p99":-10}}]}`,
		`{"status":"x","workers":[{"response_ms":{"p99":1}},{"worker":-1,"requests":18446744073709551615}]}`)
	f.Add(`{"status":1}`, `{"status":"x","workers":[{"requests":-1}]}`)
	f.Fuzz(func(t *testing.T, first, second string) {
		at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		m := New("http://127.0.0.1", time.Minute, func() time.Time { at = at.Add(time.Second); return at })
		var h History
		for _, body := range []string{first, second} {
			a, ok := decode([]byte(body))
			if !ok {
				continue
			}
			sample := Sample{At: at}
			m.compare(&sample, a)
			h.Add(sample)
			_, err := json.Marshal(sample)
			require.NoError(t, err)
			for _, sparks := range []bool{false, true} {
				text := h.Text(sample, sparks)
				assert.Equal(t, 1+len(sample.Workers), strings.Count(text, "\n"), "%q", text)
				assert.False(
					t, strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }), "%q",
					text,
				)
			}
			for _, w := range sample.Workers {
				assert.GreaterOrEqual(t, w.Requests, 0.0)
			}
		}
	})
}
