package hotspot

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stack is a call path, the innermost function first, that was seen a number of times.
type stack struct {
	path  string
	times int64
}

// made is a profile at 100 samples a second.
func made(t *testing.T, stacks ...stack) io.Reader {
	t.Helper()
	p := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
		PeriodType: &profile.ValueType{Type: "cpu", Unit: "nanoseconds"}, Period: 10_000_000,
	}
	for _, s := range stacks {
		sample := &profile.Sample{Value: []int64{s.times, s.times * 10_000_000}}
		for _, name := range strings.Split(s.path, " < ") {
			f := &profile.Function{ID: uint64(len(p.Function) + 1), Name: name}
			l := &profile.Location{ID: f.ID, Line: []profile.Line{{Function: f}}}
			p.Function, p.Location = append(p.Function, f), append(p.Location, l)
			sample.Location = append(sample.Location, l)
		}
		p.Sample = append(p.Sample, sample)
	}
	var b bytes.Buffer
	require.NoError(t, p.Write(&b))
	return &b
}

func TestChangesNameTheFunctionAndTheWayThere(t *testing.T) {
	base, err := Read("shop/", 1000, made(t, stack{"runtime.futex < shop/web.serve < main", 50}),
		made(t, stack{"shop/web.price < main", 50}))
	require.NoError(t, err)
	head, err := Read(
		"shop/", 2000, made(t, stack{"runtime.futex < shop/web.serve < main", 104}, stack{"shop/web.price < main", 300},
			stack{"runtime.gc", 9}),
	)
	require.NoError(t, err)
	assert.Equal(t, int64(100), base.Samples)
	assert.Equal(t, []Change{
		{Place{"shop/web.price", "shop/web.price"}, 500_000, 1_500_000},
	}, Changes(base, head, 10), "per request: the rest is as it was, or chance")

	turned := Changes(head, base, 10)
	require.Len(t, turned, 1)
	assert.Equal(t, 500_000.0, turned[0].Head)
	assert.Empty(t, Changes(base, base, 10))
	assert.Empty(t, Changes(base, head, 0))
}

func TestWhatIsNoProfileIsRefused(t *testing.T) {
	_, err := Read("shop/", 1000, strings.NewReader("hello"))
	assert.ErrorContains(t, err, "read profile 1")
	_, err = Read("shop/", 0, made(t))
	assert.ErrorContains(t, err, "0 requests")
	_, err = Read("shop/", 1)
	assert.ErrorContains(t, err, "there is none")
	heap := &profile.Profile{SampleType: []*profile.ValueType{{Type: "alloc_space", Unit: "bytes"}}}
	var b bytes.Buffer
	require.NoError(t, heap.Write(&b))
	_, err = Read("shop/", 1, &b)
	assert.ErrorContains(t, err, "no profile of processor time")
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("hello"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Read("shop/", 1, bytes.NewReader(text))
		if err == nil && p == nil {
			t.Fatal("neither a profile nor an error")
		}
	})
}
