package probe

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSpinTakesTime(t *testing.T) {
	assert.Positive(t, Spin())
}

func TestStealIsTheShareOfAllTicksBetweenTwoReadings(t *testing.T) {
	for _, row := range []struct {
		name           string
		earlier, later StealReading
		want           float64
	}{
		{"a tenth was taken", StealReading{1000, 50}, StealReading{2000, 150}, 0.1},
		{"nothing was taken", StealReading{1000, 50}, StealReading{2000, 50}, 0},
		{"no time has passed", StealReading{1000, 50}, StealReading{1000, 50}, 0},
		{"the counter went back, as after a migration", StealReading{1000, 50}, StealReading{2000, 40}, 0},
		{"more was taken than there was", StealReading{1000, 50}, StealReading{1010, 90}, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.InDelta(t, row.want, row.later.Since(row.earlier), 1e-12)
		})
	}
}

func TestStealIsReadFromThisHost(t *testing.T) {
	reading, ok := Steal()
	assert.Equal(t, runtime.GOOS == "linux", ok)
	if ok {
		assert.Positive(t, reading.total)
	}
}

func TestHostStatSplitsStolenTime(t *testing.T) {
	for name, row := range map[string]struct {
		text string
		want StealReading
		ok   bool
	}{
		"all fields":                  {"cpu  100 20 30 400 50 6 7 8 9 10\ncpu0 1\n", StealReading{621, 8}, true},
		"an old kernel without steal": {"cpu 100 20 30 400\n", StealReading{total: 550}, true},
		"nothing":                     {"", StealReading{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, "stat", row.text)
			got, ok := readSteal(dir)
			assert.Equal(t, row.ok, ok)
			assert.Equal(t, StealReading{tick * row.want.total, tick * row.want.steal}, got)
		})
	}
	assert.Equal(t, 2, countCores("cpu 1 2 3 4\ncpu0 1\ncpu1 1\nintr 3\n"))
}

func TestProcessStat(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       processStat
		ok         bool
	}{
		{
			"a plain name", "7 (worker) S 3 7 7 0 -1 4194560 1 2 0 0 120 30 4 6 20 -5 9 0 8800 1000 200\n",
			processStat{parent: 3, own: 150, children: 10, started: 8800, nice: -5}, true,
		},
		{
			"a name with spaces and parentheses", "7 (a) S 1 (b c) R 3 7 7 0 -1 0 0 0 0 0 1 2 3 4 20 0 1 0 55 0 0\n",
			processStat{parent: 3, own: 3, children: 7, started: 55}, true,
		},
		{"cut off", "7 (worker) S 3 7 7 0 -1 4194560 1 2 0 0 120", processStat{}, false},
		{"words for numbers", "7 (worker) S x 7 7 0 -1 0 0 0 0 0 1 2 3 4 20 0 1 0 55 0 0\n", processStat{}, false},
		{"nothing", "", processStat{}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, ok := parseStat([]byte(row.text))
			require.Equal(t, row.ok, ok)
			if ok {
				assert.Equal(t, row.want, got)
			}
		})
	}
}

func TestProcessMemory(t *testing.T) {
	got, ok := parseStatus(
		[]byte(
			"Name:\tx\nVmPeak:\t  9 kB\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\nRssAnon:\t 700 kB\nRssFile:\t 300 kB\n" +
				"RssShmem:\t 24 kB\n",
		),
	)
	require.True(t, ok)
	assert.Equal(t, processMemory{resident: 1 << 20, peak: 2 << 20, shared: 324 << 10}, got)

	_, ok = parseStatus([]byte("Name:\tx\nState:\tZ (zombie)\n"))
	assert.False(t, ok, "an ended process has no memory")
}

func TestHostMemoryInUseIsWhatIsNotAvailable(t *testing.T) {
	total, used, ok := parseMemory([]byte("MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 600 kB\n"))
	require.True(t, ok)
	assert.EqualValues(t, 1000<<10, total)
	assert.EqualValues(t, 400<<10, used)

	_, _, ok = parseMemory([]byte("MemTotal: 1000 kB\n"))
	assert.False(t, ok)
}

func FuzzProcfs(f *testing.F) {
	f.Add([]byte("7 (a b) S 3 7 7 0 -1 0 0 0 0 0 1 2 3 4 20 0 1 0 55 0 0\n"))
	f.Add([]byte("VmHWM:\t 2048 kB\nVmRSS: 99999999999999999999 kB\n"))
	f.Add([]byte("cpu  1 2 3 4 5 6 7 8\ncpu0 1\n"))
	f.Add([]byte("MemTotal: 10 kB\nMemAvailable: 20 kB\n12.34 5"))
	f.Add([]byte(") ) )"))
	f.Fuzz(func(t *testing.T, data []byte) {
		parseStat(data)
		parseUptime(data)
		countCores(string(data))
		countList(string(data))
		if m, ok := parseStatus(data); ok {
			assert.GreaterOrEqual(t, m.resident, int64(0))
		}
		if total, used, ok := parseMemory(data); ok {
			assert.LessOrEqual(t, used, total)
		}
	})
}
