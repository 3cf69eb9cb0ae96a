package config_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/config"
	"github.com/nameplate-dev/nameplate/internal/golden"
)

func TestDefaultsAreTheDocumentedOnes(t *testing.T) {
	c, err := config.Parse(nil)
	require.NoError(t, err)
	assert.Equal(t, config.Config{
		ClusterMode: true, Workers: 4, Distribution: config.Auto, Memory: 4096 << 20, Host: "127.0.0.1", Port: 3001,
		RespawnLimit: 15, HealthCheck: 15 * time.Second, GC: time.Minute, LogFormat: config.Text,
		Seed: 1, Accounts: 1000, Transactions: 10_000,
	}, c)
}

func TestEveryVariableIsRead(t *testing.T) {
	c, err := config.Parse([]string{
		"CLUSTER_MODE=true", "CLUSTER_WORKERS=256", "CLUSTER_DISTRIBUTION=inherited", "MEMORY_LIMIT=2GB", "HOST=::1",
		"PORT=0", "RESPAWN_LIMIT=3", "HEALTH_CHECK_INTERVAL=2s", "GC_INTERVAL=0", "DEBUG=cluster:*,-cluster:ipc",
		"LOG_FORMAT=json", "DATABASE_URL=sqlite:/tmp/x.db", "REDIS_URL=redis://h:1/0", "REDIS_PREFIX=np:ab12:",
		"PLATFORM_SEED=18446744073709551615", "PLATFORM_ACCOUNTS=7", "PLATFORM_TRANSACTIONS=0", "PLATFORM_SLOWDOWN=2ms",
	})
	require.NoError(t, err)
	assert.Equal(t, config.Config{
		ClusterMode: true, Workers: 256, Distribution: config.Inherited, Memory: 2 << 30, Host: "::1", Port: 0,
		RespawnLimit: 3, HealthCheck: 2 * time.Second, GC: 0, Debug: "cluster:*,-cluster:ipc", LogFormat: config.JSON,
		DatabaseURL: "sqlite:/tmp/x.db", RedisURL: "redis://h:1/0", RedisPrefix: "np:ab12:",
		Seed: 1<<64 - 1, Accounts: 7, Transactions: 0, Slowdown: 2 * time.Millisecond,
	}, c)
}

func TestAModeThatIsLeftToTheHost(t *testing.T) {
	pod, err := config.Parse([]string{"CLUSTER_MODE=auto", "CLUSTER_WORKERS=3", "KUBERNETES_SERVICE_HOST=10.0.0.1"})
	require.NoError(t, err)
	assert.False(t, pod.ClusterMode)
	assert.Equal(t, 1, pod.Workers)
	assert.Equal(t, "KUBERNETES_SERVICE_HOST is set: Kubernetes scales by pods", pod.ModeReason)

	host, err := config.Parse([]string{"CLUSTER_MODE=auto"})
	require.NoError(t, err)
	assert.True(t, host.ClusterMode)
	assert.Positive(t, host.Workers)
	assert.Contains(t, host.ModeReason, "a plain host with ")

	host, err = config.Parse([]string{"CLUSTER_MODE=auto", "CLUSTER_WORKERS=3"})
	require.NoError(t, err)
	assert.Equal(t, 3, host.Workers, "what is set holds")
}

func TestValues(t *testing.T) {
	for _, tt := range []struct {
		name    string
		env     string
		allowed bool
	}{
		{"a mode is true or false", "CLUSTER_MODE=yes", false},
		{"at least one worker", "CLUSTER_WORKERS=0", false},
		{"at most 256 workers", "CLUSTER_WORKERS=257", false},
		{"a number of workers is whole", "CLUSTER_WORKERS=4.5", false},
		{"empty means the default", "CLUSTER_WORKERS=", true},
		{"memory in MiB", "MEMORY_LIMIT=512", true},
		{"memory with MB", "MEMORY_LIMIT=512MB", true},
		{"memory with a space", "MEMORY_LIMIT=512 mb", true},
		{"memory with an unknown unit", "MEMORY_LIMIT=512kB", false},
		{"negative memory", "MEMORY_LIMIT=-512", false},
		{"memory that no process can live in", "MEMORY_LIMIT=1", false},
		{"memory that overflows", "MEMORY_LIMIT=99999999999999GB", false},
		{"a port out of range", "PORT=65536", false},
		{"a port by name", "PORT=http", false},
		{"no respawns at all", "RESPAWN_LIMIT=0", true},
		{"an interval without unit", "HEALTH_CHECK_INTERVAL=15", false},
		{"an interval of zero", "HEALTH_CHECK_INTERVAL=0s", false},
		{"never collect", "GC_INTERVAL=0", true},
		{"collect all the time", "GC_INTERVAL=1us", false},
		{"a negative interval", "GC_INTERVAL=-1s", false},
		{"an unknown log format", "LOG_FORMAT=xml", false},
		{"a log format in capitals", "LOG_FORMAT=JSON", false},
		{"a store that is not known", "DATABASE_URL=mysql://h/db", false},
		{"a relative path to SQLite", "DATABASE_URL=sqlite:x.db", false},
		{"PostgreSQL with a search path", "DATABASE_URL=postgres://u@h/db?search_path=np_1", true},
		{"a prefix with a space", "REDIS_PREFIX=a b", false},
		{"a negative seed", "PLATFORM_SEED=-1", false},
		{"a slowdown below zero", "PLATFORM_SLOWDOWN=-2ms", false},
		{"a host that is a URL", "HOST=http://x", false},
		{"a distribution that does not exist", "CLUSTER_DISTRIBUTION=random", false},
		{"variables of others are left alone", "CLUSTER_NAME=?", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Parse([]string{tt.env})
			if tt.allowed {
				require.NoError(t, err)
				return
			}
			name, value, _ := strings.Cut(tt.env, "=")
			var refused *config.Error
			require.ErrorAs(t, err, &refused)
			require.Len(t, refused.Problems, 1)
			assert.Equal(t, name, refused.Problems[0].Name)
			assert.Equal(t, value, refused.Problems[0].Value)
			assert.NotEmpty(t, refused.Problems[0].Allowed)
		})
	}
}

func TestAllRefusedValuesAreNamedAtOnce(t *testing.T) {
	_, err := config.Parse([]string{"PORT=x", "CLUSTER_WORKERS=0", "LOG_FORMAT=xml"})
	assert.EqualError(t, err, `CLUSTER_WORKERS="0" is not allowed: want 1 to 256
PORT="x" is not allowed: want 0 to 65535; 0 takes a free one
LOG_FORMAT="xml" is not allowed: want text or json`)
}

func TestAPasswordIsNotShown(t *testing.T) {
	_, err := config.Parse([]string{"DATABASE_URL=mysql://me:geheim@host/db"})
	assert.ErrorContains(t, err, `DATABASE_URL="mysql://me:***@host/db"`)
	assert.NotContains(t, err.Error(), "geheim")
}

func TestASingleProcessHasOneWorker(t *testing.T) {
	c, err := config.Parse([]string{"CLUSTER_MODE=false", "CLUSTER_WORKERS=8"})
	require.NoError(t, err)
	assert.Equal(t, 1, c.Workers)
}

func TestTheCallersOwnEnvironmentDoesNotLeak(t *testing.T) {
	got := config.Merge([]string{"PATH=/bin", "CLUSTER_WORKERS=9", "DEBUG=*"}, []string{"PORT=0"})
	assert.Equal(t, []string{"PATH=/bin", "PORT=0"}, got)
}

func TestHelpAndTableNameEveryVariable(t *testing.T) {
	var help bytes.Buffer
	require.NoError(t, config.Help(&help))
	for _, v := range config.Variables {
		assert.Contains(t, help.String(), v.Name)
		assert.Contains(t, config.Markdown(), "| `"+v.Name+"` |")
		assert.NotEmpty(t, v.Allowed)
		assert.NotEmpty(t, v.Meaning)
	}
}

func FuzzParse(f *testing.F) {
	for i := range config.Variables {
		f.Add(i, "1")
		f.Add(i, "9999999999999999999GB")
		f.Add(i, "redis://u:p@h")
	}
	f.Fuzz(func(t *testing.T, i int, value string) {
		if i < 0 || i >= len(config.Variables) {
			t.Skip()
		}
		c, err := config.Parse([]string{config.Variables[i].Name + "=" + value})
		var refused *config.Error
		if err != nil && !errors.As(err, &refused) {
			t.Fatalf("error of another kind: %v", err)
		}
		if err == nil && (c.Workers < 1 || c.Workers > 256 || c.Memory < 16<<20 || c.Port < 0 || c.Port > 65535) {
			t.Fatalf("accepted out of range: %+v", c)
		}
	})
}

// TestThePageOfTheClusterHasTheTable rewrites the table with -update.
func TestThePageOfTheClusterHasTheTable(t *testing.T) {
	const file = "../../docs/cluster.md"
	page, err := os.ReadFile(file)
	require.NoError(t, err)
	begin := strings.Index(string(page), "| Variable | Default |")
	require.Positive(t, begin)
	end := begin + strings.Index(string(page[begin:]), "\n\n") + 1
	golden.Equal(t, file, []byte(string(page[:begin])+config.Markdown()+string(page[end:])))
}
