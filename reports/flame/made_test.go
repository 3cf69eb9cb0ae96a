package flame

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/require"
)

// stack is a call path, the outermost function first, that was seen a number of times. Functions that are joined by a
// plus sign were inlined into the first of them.
type stack struct {
	path  string
	times int64
}

// made is a profile at 100 samples a second, packed.
func made(t testing.TB, stacks ...stack) []byte {
	t.Helper()
	p := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
		PeriodType: &profile.ValueType{Type: "cpu", Unit: "nanoseconds"}, Period: 10_000_000,
	}
	for i, s := range stacks {
		sample := &profile.Sample{
			Value: []int64{s.times, s.times * 10_000_000}, Label: map[string][]string{"request": {fmt.Sprint(i)}},
		}
		for _, at := range strings.Split(s.path, " > ") {
			l := &profile.Location{ID: uint64(len(p.Location) + 1)}
			for _, name := range strings.Split(at, " + ") {
				f := &profile.Function{ID: uint64(len(p.Function) + 1), Name: name}
				p.Function = append(p.Function, f)
				l.Line = append([]profile.Line{{Function: f}}, l.Line...)
			}
			if at == "" {
				l.Line = nil
			}
			p.Location = append(p.Location, l)
			sample.Location = append([]*profile.Location{l}, sample.Location...)
		}
		p.Sample = append(p.Sample, sample)
	}
	var b bytes.Buffer
	require.NoError(t, p.Write(&b))
	return b.Bytes()
}

// graph is a graph of workers that served a number of requests.
func graph(t testing.TB, requests float64, stacks ...stack) *Graph {
	t.Helper()
	g := New(requests)
	require.NoError(t, g.AddProfile("workers", made(t, stacks...)))
	return g
}

// shop are the stacks of a small service, whose hot function was seen a number of times.
func shop(hot int64) []stack {
	return []stack{
		{"shop/web.(*Server).Serve > net/http.HandlerFunc.ServeHTTP > shop/web.price + shop/web.total", hot},
		{"shop/web.(*Server).Serve > net/http.HandlerFunc.ServeHTTP > encoding/json.Marshal > runtime.mallocgc", 40},
		{"shop/web.(*Server).Serve > net/http.HandlerFunc.ServeHTTP > encoding/json.Marshal", 60},
		{"shop/web.(*Server).Serve > net.(*conn).Write > internal/poll.(*FD).Write > syscall.Syscall6", 90},
		{"runtime.mcall > runtime.park_m > runtime.schedule > runtime.futex", 50},
		{"runtime.gcBgMarkWorker > runtime.gcDrain", 30},
		{"example.org/db.(*Pool).sweep", 20},
		{"shop/web.rare", 1},
	}
}

// large are stacks of 3,000 functions, chosen by a seed.
func large(seed uint64) []Stack {
	r := rand.New(rand.NewPCG(seed, seed))
	name := func(n int) string {
		return fmt.Sprintf("github.com/example/service/internal/part%d/module%d.(*Type%d).Method%d",
			n%7, n%53, n%211, n)
	}
	var all []Stack
	for n := range 3000 {
		var frames []string
		for at, depth := n, 0; at > 0 && depth < 40; depth++ {
			frames = append([]string{name(at)}, frames...)
			at = (at - 1) / (1 + at%4)
		}
		times := float64(1 + r.IntN(50))
		all = append(all, Stack{frames, Spent{times, times * 1e7}})
	}
	return all
}

// elements are the elements of a drawing, by name; the test fails where it is no XML.
func elements(t testing.TB, text []byte) map[string]int {
	t.Helper()
	found := map[string]int{}
	for d := xml.NewDecoder(bytes.NewReader(text)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return found
		}
		require.NoError(t, err)
		if start, ok := token.(xml.StartElement); ok {
			found[start.Name.Local]++
		}
	}
}
