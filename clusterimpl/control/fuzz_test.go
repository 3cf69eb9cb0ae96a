package control

import (
	"bytes"
	"encoding/json"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzServe sends any line: there is one reply, and only what could be read is carried out.
func FuzzServe(f *testing.F) {
	for _, seed := range []string{
		`{"do":"reload"}`, `{"do":"scale","workers":3}`, `{"do":"scale","workers":1e99}`, ``, `{`, `null`, "\xff",
		`{"id":-1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		line, _, _ = bytes.Cut(line, []byte("\n"))
		ours, theirs := net.Pipe()
		defer ours.Close()
		carried := false
		served := make(chan struct{})
		go func() {
			defer close(served)
			serve(t.Context(), theirs, func(_ Request, done func(error)) { carried = true; done(nil) })
		}()
		// one that is too long is not read to its end
		go func() { _, _ = ours.Write(append(line[:len(line):len(line)], '\n')) }()
		var reply Reply
		require.NoError(t, json.NewDecoder(ours).Decode(&reply))
		ours.Close()
		<-served
		assert.Equal(t, carried, reply.Error == "", "%q", line)
	})
}
