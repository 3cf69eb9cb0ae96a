// Package config reads the environment of a cluster.
//
// One table, [Variables], names every variable with its default, what is allowed and
// what it means; parsing, validation, help and documentation all come from it.
package config

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/detect"
)

// Config is what the environment says.
type Config struct {
	ClusterMode  bool
	ModeReason   string // why the mode is what it is, where that was left to the host; else ""
	Workers      int    // 1 without clustering, whatever CLUSTER_WORKERS says
	Distribution Distribution
	Memory       int64 // limit per worker, in bytes
	Host         string
	Port         int           // 0 takes a free one
	RespawnLimit int           // deaths of workers within the policy's window
	HealthCheck  time.Duration // between two probes of a worker, and how long one may take
	GC           time.Duration // between two explicit collections; 0 for none
	Control      string        // path of the socket that takes commands; "" for the default, NoControl for none
	Debug        string        // namespaces to log in detail
	LogFormat    LogFormat
	Profile      string // folder that takes a profile of each process; "" for none

	DatabaseURL  string
	RedisURL     string
	RedisPrefix  string
	Seed         uint64 // of the data set
	Accounts     int
	Transactions int
	Slowdown     time.Duration // processor time burnt per request
	Leak         int           // bytes that are never given back, per request
}

// Distribution says how connections come to the workers.
type Distribution string

// The ways there are.
const (
	Auto      Distribution = "auto"      // the first of the following that the system has
	Journal   Distribution = "journal"   // the primary accepts, hands each connection to a worker, and can hand it on
	Handover  Distribution = "handover"  // the primary accepts and hands each connection to a worker
	Inherited Distribution = "inherited" // all workers accept from one listening socket
)

// NoControl is the value of Config.Control without a socket.
const NoControl = "none"

// LogFormat says how log lines are written.
type LogFormat string

// The formats there are.
const (
	Text LogFormat = "text"
	JSON LogFormat = "json"
)

// maxWorkers is the most worker processes a cluster may have.
const maxWorkers = 256

// Variable is one documented variable of the environment.
type Variable struct {
	Name    string
	Default string // what holds when it is unset or empty
	Allowed string
	Meaning string
	set     setter
}

// Variables are the documented variables, in the order of the help text.
var Variables = []Variable{
	{"CLUSTER_MODE", "true", "true, false or auto",
		"a primary with worker processes, or one process that serves by itself; auto is true on a plain host, with a " +
			"worker for each usable core unless CLUSTER_WORKERS says otherwise, and false on Fly.io, Kubernetes, " +
			"ECS and Swarm", setMode},
	{"CLUSTER_WORKERS", "4", "1 to 256", "number of worker processes, one core's worth each",
		setInt(func(c *Config) *int { return &c.Workers }, 1, maxWorkers)},
	{"CLUSTER_DISTRIBUTION", "auto", "auto, journal, handover or inherited", "how connections come to the workers",
		setOneOf(func(c *Config) *Distribution { return &c.Distribution }, Auto, Journal, Handover, Inherited)},
	{"MEMORY_LIMIT", "4096", "16 to 1048576, or with the unit MB or GB", "memory limit per worker, in MiB", setMemory},
	{"HOST", "127.0.0.1", "an IP address or a host name", "address to listen on", setHost},
	{"PORT", "3001", "0 to 65535; 0 takes a free one", "port to listen on",
		setInt(func(c *Config) *int { return &c.Port }, 0, 65535)},
	{"RESPAWN_LIMIT", "15", "0 to 10000", "deaths of workers within a minute after which none is replaced any more",
		setInt(func(c *Config) *int { return &c.RespawnLimit }, 0, 10000)},
	{"HEALTH_CHECK_INTERVAL", "15s", "100ms to 1h",
		"time between two probes of a worker, and the longest time one may take",
		setDuration(func(c *Config) *time.Duration { return &c.HealthCheck }, 100*time.Millisecond, time.Hour, false)},
	{"GC_INTERVAL", "60s", "100ms to 24h, or 0 for never", "time between two explicit garbage collections",
		setDuration(func(c *Config) *time.Duration { return &c.GC }, 100*time.Millisecond, 24*time.Hour, true)},
	{
		"CLUSTER_CONTROL", "", "empty, none, or an absolute path of up to 100 bytes",
		"unix socket for reload and scale; empty opens one in a folder of this user's when the cluster runs in " +
			"the foreground", setControl,
	},
	{"DEBUG", "", "namespaces separated by commas, e.g. cluster:*,-cluster:ipc", "what to log in detail", setDebug},
	{"LOG_FORMAT", "text", "text or json", "format of the log on standard error",
		setOneOf(func(c *Config) *LogFormat { return &c.LogFormat }, Text, JSON)},
	{"CLUSTER_PROFILE", "", "empty, or the absolute path of a folder",
		"folder in which each process leaves a profile of its processor time when it ends", setProfile},
	{"DATABASE_URL", "", "empty, postgres://… or sqlite:/absolute/path",
		"where the accounts are; empty keeps them in memory",
		setURL(func(c *Config) *string { return &c.DatabaseURL }, "postgres://", "postgresql://", "sqlite:/")},
	{"REDIS_URL", "", "empty, redis://…, rediss://… or unix://…",
		"where cache and sessions are; empty keeps them in memory",
		setURL(func(c *Config) *string { return &c.RedisURL }, "redis://", "rediss://", "unix://")},
	{"REDIS_PREFIX", "", "up to 64 printable characters without spaces", "put before every key in Redis", setPrefix},
	{"PLATFORM_SEED", "1", "0 to 18446744073709551615", "seed of the data set", setSeed},
	{"PLATFORM_ACCOUNTS", "1000", "1 to 10000000", "accounts in the data set",
		setInt(func(c *Config) *int { return &c.Accounts }, 1, 10_000_000)},
	{"PLATFORM_TRANSACTIONS", "10000", "0 to 1000000000", "transactions in the data set, over all accounts",
		setInt(func(c *Config) *int { return &c.Transactions }, 0, 1_000_000_000)},
	{"PLATFORM_LEAK", "0", "0 to 16777216", "bytes kept for ever per request, to test the memory limit",
		setInt(func(c *Config) *int { return &c.Leak }, 0, 16<<20)},
	{"PLATFORM_SLOWDOWN", "0", "0 to 1m, e.g. 2ms",
		"extra processor time burnt per request, to test what measures the cluster",
		setDuration(func(c *Config) *time.Duration { return &c.Slowdown }, 0, time.Minute, true)},
}

// Error lists every variable whose value is refused.
type Error struct {
	Problems []Problem
}

// Problem is one refused value.
type Problem struct {
	Name    string
	Value   string
	Allowed string
}

func (p Problem) String() string {
	return fmt.Sprintf("%s=%q is not allowed: want %s", p.Name, p.Value, p.Allowed)
}

func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Parse reads NAME=value pairs; the last of a name holds, others than [Variables] are
// left alone. The error is an [*Error] with everything that is wrong.
func Parse(environ []string) (Config, error) {
	values := map[string]string{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	var c Config
	var problems []Problem
	for _, v := range Variables {
		value := cmp.Or(values[v.Name], v.Default)
		if !v.set(&c, value) {
			problems = append(problems, Problem{v.Name, masked(value), v.Allowed})
		}
	}
	if len(problems) > 0 {
		return Config{}, &Error{problems}
	}
	if c.ModeReason != "" {
		c.suit(detect.Decide(detect.Host{Env: func(name string) string { return values[name] }, Root: os.DirFS("/")}),
			values["CLUSTER_WORKERS"] != "")
	}
	if !c.ClusterMode {
		c.Workers = 1
	}
	return c, nil
}

// suit sets the mode, and the number of workers where that was not set, to what suits the host.
func (c *Config) suit(d detect.Decision, workersSet bool) {
	c.ClusterMode, c.ModeReason = d.Cluster, d.Reason
	if !workersSet {
		c.Workers = min(d.Workers, maxWorkers)
	}
}

// Merge returns base without the documented variables, and then set: a variable that
// happens to be in the caller's own environment does not leak into a cluster.
func Merge(base, set []string) []string {
	merged := slices.DeleteFunc(slices.Clone(base), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.ContainsFunc(Variables, func(v Variable) bool { return v.Name == name })
	})
	return append(merged, set...)
}
