package logging_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/logging"
)

func TestDebugNamesNamespaces(t *testing.T) {
	for _, tt := range []struct {
		debug, namespace string
		shown            bool
	}{
		{"", "cluster:ipc", false},
		{"cluster:ipc", "cluster:ipc", true},
		{"cluster:ipc", "cluster:health", false},
		{"cluster:*", "cluster:health", true},
		{"cluster:*", "platform", false},
		{"*", "platform", true},
		{"cluster:*,-cluster:ipc", "cluster:ipc", false},
		{"cluster:*,-cluster:ipc", "cluster:health", true},
		{"-cluster:ipc cluster:*", "cluster:ipc", false},
		{"*:health", "cluster:health", true},
		{"c*:h*h", "cluster:health", true},
		{"c*x*", "cluster:health", false},
		{"cluster", "cluster:health", false},
	} {
		t.Run(fmt.Sprintf("DEBUG=%q %s", tt.debug, tt.namespace), func(t *testing.T) {
			var out bytes.Buffer
			logging.New(&out, false, tt.debug).With("worker", 3).For(tt.namespace).With("a", 1).Debug("detail")
			assert.Equal(t, tt.shown, strings.Contains(out.String(), "detail"), out.String())
		})
	}
}

func TestWarningsAppearWithoutDebug(t *testing.T) {
	var out bytes.Buffer
	logging.New(&out, true, "").With("worker", 3).For(logging.Cluster).Warn("gone", "pid", 7)
	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	assert.Equal(t, "WARN", line["level"])
	assert.Equal(t, "gone", line["msg"])
	assert.Equal(t, "cluster:main", line["ns"])
	assert.EqualValues(t, 3, line["worker"])
	assert.EqualValues(t, 7, line["pid"])
}

func TestATailKeepsTheLastLines(t *testing.T) {
	tail := logging.NewTail(2)
	fmt.Fprint(tail, "one\ntw")
	fmt.Fprint(tail, "o\nthree\nfo")
	fmt.Fprint(tail, strings.Repeat("u", 1000))
	assert.Equal(t, "two\nthree\nfo"+strings.Repeat("u", 398), tail.String())
	fmt.Fprint(tail, "\n")
	assert.Equal(t, "three\nfo"+strings.Repeat("u", 398), tail.String())
}
