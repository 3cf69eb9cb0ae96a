package secret

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const value = `p@ss "word"+/1`

func set(t *testing.T) *Set {
	t.Helper()
	s := &Set{}
	require.NoError(t, s.Add("TOKEN", value))
	require.NoError(t, s.Add("KEY", value+"-longer"))
	return s
}

func TestSecretsAreHiddenInEveryForm(t *testing.T) {
	s := set(t)
	for _, form := range []string{
		value, url.QueryEscape(value), url.PathEscape(value), `p@ss \"word\"+/1`,
		base64.StdEncoding.EncodeToString([]byte(value)), base64.RawURLEncoding.EncodeToString([]byte(value)),
	} {
		assert.Equal(t, "a [secret TOKEN] b", s.Hide("a "+form+" b"))
	}
	assert.Equal(t, "[secret KEY]", s.Hide(value+"-longer"), "the longer one, where one holds the other")
	assert.Equal(t, "nothing", s.Hide("nothing"))
	var none *Set
	assert.Equal(t, value, none.Hide(value))
	assert.ErrorContains(t, s.Add("PIN", "123"), "secret PIN has 3 bytes; allowed: 4 or more")
}

func TestErrorsKeepWhatTheyWrap(t *testing.T) {
	cause := errors.New("cause")
	err := set(t).Error(fmt.Errorf("%s: %w", value, cause))
	assert.EqualError(t, err, "[secret TOKEN]: cause")
	assert.ErrorIs(t, err, cause)
	assert.NoError(t, set(t).Error(nil))
	assert.Same(t, cause, set(t).Error(cause))
}

func TestAWriterHidesSecretsThatComeInPieces(t *testing.T) {
	for _, size := range []int{1, 3, 7, 1000} {
		for _, end := range []string{"\n", " "} {
			var out bytes.Buffer
			w := set(t).Writer(&out)
			text := strings.Repeat("before "+value+" after"+end, 200)
			for i := 0; i < len(text); i += size {
				n, err := w.Write([]byte(text[i:min(i+size, len(text))]))
				require.NoError(t, err)
				require.Equal(t, min(size, len(text)-i), n)
			}
			require.NoError(t, w.Close())
			assert.Equal(t, strings.Repeat("before [secret TOKEN] after"+end, 200), out.String(), "%d bytes at a time",
				size)
		}
	}
	var out bytes.Buffer
	w := (*Set)(nil).Writer(&out)
	_, err := w.Write([]byte(value))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	assert.Equal(t, value, out.String())
}
