package draft

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
)

func FuzzSniff(f *testing.F) {
	for _, text := range []string{
		"", "\ufeff ", `{"openapi": "3.1.0"}`, `{"swagger": "2.0"}`,
		`{"log": {"entries": []}}`, `{"a": 1}`, "{", "openapi: 3.0.0\n",
		"# c\n'swagger' : \"2.0\"\n", "a:\n  openapi: 3\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		switch kind, err := Sniff(data); {
		case err == nil:
			assert.Contains(t, []string{KindOpenAPI, KindHAR}, kind)
		default:
			assert.Empty(t, kind)
			assert.True(t, errors.Is(err, ErrNeither) || errors.Is(err, ErrSwagger) || errors.Is(err, ErrEmpty), "%v",
				err)
		}
	})
}
