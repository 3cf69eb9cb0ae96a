package traffic

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

// FuzzNearly checks answers that may be anything: what passes is the wanted value, and that alone.
func FuzzNearly(f *testing.F) {
	const want = `{"a":[1.5,"x",{"c":true}],"b":null}`
	for _, body := range []string{
		want, `{"b": null, "a": [1.5000000001, "x", {"c": true}]}`, `{"a":[1.6,"x",{"c":true}],"b":null}`,
		`{"a":[1.5,"x"],"b":null}`,
		`{"a":[1.5,"x",{"c":{}}],"b":{}}`, `{"a":[1.5,"x",{"c":true}]}`, want + want, "", "[", "<html>",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		ok := nearly([]byte(want))
		if ok(http.StatusOK, nil, body) != nil {
			return
		}
		var got struct {
			A []any
			B any
		}
		assert.NoError(t, json.Unmarshal(body, &got))
		assert.Len(t, got.A, 3)
		assert.InDelta(t, 1.5, got.A[0], 1e-8)
		assert.Equal(t, []any{"x", map[string]any{"c": true}}, got.A[1:])
		assert.Nil(t, got.B)
		assert.Error(t, ok(http.StatusOK, nil, append(append([]byte(nil), body...), body...)),
			"one value and nothing else")
		assert.Error(t, ok(http.StatusAccepted, nil, body))
	})
}
