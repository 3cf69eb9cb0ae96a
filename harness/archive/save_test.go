package archive

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/perf/benchfmt"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/internal/files"
)

// small is a run of one phase with one trial, with the built-in suite.
func small() *Run {
	warmup, judged := measure.NewWindow(0, 0), measure.NewWindow(0, 5e9)
	for range 10 {
		judged.Offered, judged.Sent = judged.Offered+1, judged.Sent+1
		judged.Succeeded, judged.Completed = judged.Succeeded+1, judged.Completed+1
		judged.Response.Record(2e6)
		judged.ScheduleLag.Record(1e4)
	}
	started := time.Date(2026, 11, 23, 20, 15, 0, 0, time.UTC)
	return &Run{
		Version: Version, ID: "x", Started: started,
		Suite:   SuiteRef{Name: "capacity", YAML: suite.BuiltinYAML(), SHA256: digest(suite.BuiltinYAML())},
		Host:    measure.Host{OS: "linux", Arch: "amd64", CPUModel: "Example\tCPU", Kernel: "6.1"},
		Options: Options{Runs: 6},
		Parsed:  suite.Builtin(),
		Phases: []Phase{{
			Number: 1, Workers: 1, Offered: 2.5,
			Providers: []Provider{{Store: suite.Postgres, Provider: "local", Product: "PostgreSQL", Version: "17.2"}},
			Trials: []Trial{
				{Number: 1, Started: started, Warmup: warmup, Window: judged},
				{Number: 2, Started: started, Warmup: warmup, Window: judged, Interrupted: true},
			},
		}},
	}
}

func TestAFullDiskIsNamedAndLeavesTheStateBefore(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("needs /dev/full")
	}
	dir := t.TempDir()
	require.NoError(t, Save(dir, small()))
	for _, name := range []string{suiteFile, "histograms/p1-r1.hlog", runFile, benchFile} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			if name != runFile && name != benchFile {
				require.NoError(t, os.Rename(path, path+".kept"))
				defer func() { require.NoError(t, os.Rename(path+".kept", path)) }()
			}
			require.NoError(t, os.Symlink("/dev/full", path+".tmp"))
			err := Save(dir, small())
			assert.EqualError(t, err, "save run: write "+path+": no space left on device")
			assert.NoFileExists(t, path+".tmp")
		})
	}
	_, err := Load(dir)
	assert.NoError(t, err, "the state before can be read")
}

// TestACrashAtAnyMomentLeavesAReadableRun stops a second Save before each of its files in turn.
func TestACrashAtAnyMomentLeavesAReadableRun(t *testing.T) {
	effort.NoGoroutines(t)
	type crash struct{}
	for stop := 0; ; stop++ {
		dir := t.TempDir()
		require.NoError(t, Save(dir, small()))
		later := small()
		later.Phases[0].Trials = append(later.Phases[0].Trials, Trial{
			Number: 3, Started: later.Started, Warmup: later.Phases[0].Trials[0].Warmup,
			Window: later.Phases[0].Trials[0].Window,
		})
		for i := range 2 { // were saved before
			loaded, err := Load(dir)
			require.NoError(t, err)
			later.Phases[0].Trials[i].Histograms = loaded.Phases[0].Trials[i].Histograms
		}
		written, crashed := 0, false
		func() {
			defer func() { crashed = recover() != nil }()
			err := saver{dir: dir, write: func(path string, data []byte) error {
				if written++; written > stop {
					require.NoError(t, os.WriteFile(path+".tmp", []byte("half"), 0o644))
					panic(crash{})
				}
				return files.Write(path, data)
			}}.save(later)
			require.NoError(t, err)
		}()
		loaded, err := Load(dir)
		require.NoError(t, err, "stopped at file %d", stop)
		assert.GreaterOrEqual(t, len(loaded.Phases[0].Trials), 2)
		if !crashed {
			assert.Len(t, loaded.Phases[0].Trials, 3)
			require.NoError(t, Save(dir, later), "what a crash left behind is written over")
			return
		}
	}
}

func TestBenchmarksAreInGosFormat(t *testing.T) {
	var text bytes.Buffer
	r := small()
	r.Phases[0].Trials[0].Usage = &measure.Usage{Series: []measure.Series{
		{Role: measure.RoleWorker, Known: true, CPU: 0.01, PeakRSS: 5 << 20},
		{Role: measure.RolePrimary, Known: true, CPU: 0.005},
		{Role: measure.RoleGenerator},
	}}
	writeBench(&text, r)
	reader := benchfmt.NewReader(&text, "bench.txt")
	var results []*benchfmt.Result
	for reader.Scan() {
		switch record := reader.Result().(type) {
		case *benchfmt.Result:
			results = append(results, record.Clone())
		case *benchfmt.SyntaxError:
			t.Fatal(record)
		}
	}
	require.NoError(t, reader.Err())
	require.Len(t, results, 1, "an interrupted trial is left out")
	got := results[0]
	assert.Equal(t, "Phase/phase=1/workers=1/rate=2.5", string(got.Name))
	assert.Equal(t, 10, got.Iters)
	assert.Equal(t, "Example CPU", got.GetConfig("cpu"))
	assert.Equal(t, "unknown", got.GetConfig("governor"))
	assert.Equal(t, "local PostgreSQL 17.2", got.GetConfig("provider-postgres"))
	assert.Equal(t, "none", got.GetConfig("provider-redis"))
	assert.Equal(t, "local", got.GetConfig("provider"))
	for unit, want := range map[string]float64{"req/s": 2, "error-%": 0, "B-rss/worker": 5 << 20} {
		value, ok := got.Value(unit)
		assert.True(t, ok, unit)
		assert.InDelta(t, want, value, 1e-9, unit)
	}
	p99, ok := got.Value("p99-sec") // benchfmt reads ns as seconds
	assert.True(t, ok)
	assert.InEpsilon(t, 0.002, p99, 0.001)
	cpu, ok := got.Value("cpu-sec/req")
	assert.True(t, ok)
	assert.InDelta(t, 0.0015, cpu, 1e-9)
	_, ok = got.Value("gen-cpu-sec/req")
	assert.False(t, ok, "what was not measured is left out")
	better := reader.Units()
	assert.Equal(t, "higher", better.Get("req/s", "better").Value)
	assert.Equal(t, "lower", better.Get("p99-sec", "better").Value)
}

func FuzzLoad(f *testing.F) {
	data, err := json.Marshal(small())
	require.NoError(f, err)
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte(`{"version":1}`))
	f.Add([]byte(`{"version":7}`))
	f.Add([]byte(`{"version":1,"phases":[{"phase":1,"workers":1,"offered":1,"trials":[{"run":1,"interrupted":true,"usage":{"series":[{}]}}]}]}`))
	f.Add(
		[]byte(
			`{"version":1,"phases":[{"phase":1,"workers":1,"offered":1,"trials":[{"run":1,"window":{},"warmup":{}}]}]}`,
		),
	)
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := decode(data)
		if err != nil {
			return
		}
		r.Parsed = suite.Builtin()
		if r.Judge() != nil {
			return
		}
		writeBench(&bytes.Buffer{}, r)
		_, err = json.Marshal(r)
		require.NoError(t, err, "what was read can be written")
	})
}
