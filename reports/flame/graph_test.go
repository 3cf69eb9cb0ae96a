package flame

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStacksOfAllProcessesAreOneGraph(t *testing.T) {
	g := New(0)
	require.NoError(t, g.AddProfile("workers", made(t, stack{"main > a", 2}, stack{"main > a > b", 3})))
	require.NoError(t, g.AddProfile("workers", made(t, stack{"main > a", 5}, stack{"main > a", 1})))
	require.NoError(t, g.AddProfile("primary", made(t, stack{"main > a", 7})))
	require.Len(t, g.Root.Below, 2)
	assert.Equal(t, 18.0, g.Root.All.Samples)
	workers := g.Root.Below[0]
	assert.Equal(t, "workers", workers.Function)
	assert.Equal(t, Spent{11, 11e7}, workers.All)
	a := workers.Below[0].Below[0]
	assert.Equal(t, Spent{11, 11e7}, a.All)
	assert.Equal(t, Spent{8, 8e7}, a.Self, "labels tell nothing apart")
	assert.Equal(t, Spent{3, 3e7}, a.Below[0].Self)
}

func TestARecursiveCallCountsOnce(t *testing.T) {
	g := graph(t, 0, stack{"main > a > b > a > a", 4}, stack{"main > b", 1})
	assert.Equal(t, []Function{
		{"a", Spent{4, 4e7}, Spent{4, 4e7}}, {"b", Spent{5, 5e7}, Spent{1, 1e7}}, {"main", Spent{5, 5e7}, Spent{}},
	}, g.Functions())
	assert.Empty(t, New(1).Functions())
}

func TestNamesAreShortAndTellFunctionsApart(t *testing.T) {
	for name, row := range map[string]struct{ names, want []string }{
		"the package's path goes":    {[]string{"net/http.(*conn).serve"}, []string{"http.(*conn).serve"}},
		"not within type arguments":  {[]string{"a/b.Map[go.shape/x.Y]"}, []string{"b.Map[go.shape/x.Y]"}},
		"nor within a receiver":      {[]string{"a/b.(*T[c/d.E]).M"}, []string{"b.(*T[c/d.E]).M"}},
		"two of one name":            {[]string{"a/x.F", "b/x.F"}, []string{"a/x.F", "b/x.F"}},
		"one that is short already":  {[]string{"x.F", "b/x.F"}, []string{"x.F", "b/x.F"}},
		"alike for longer":           {[]string{"c/a/x.F", "b/a/x.F", "x.G"}, []string{"c/a/x.F", "b/a/x.F", "x.G"}},
		"only those that are alike":  {[]string{"c/a/x.F", "d/a/y.F"}, []string{"x.F", "y.F"}},
		"control characters":         {[]string{"a/b\x1b.F\u202e"}, []string{"b.F"}},
		"names that look as if same": {[]string{"a/b.F", "a/b\x1b.F"}, []string{"a/b.F", "a/b.F"}},
		"slashes alone":              {[]string{"//"}, []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			all := map[string]bool{}
			for _, n := range row.names {
				all[n] = true
			}
			short := Shorten(all)
			for i, n := range row.names {
				assert.Equal(t, row.want[i], short[n])
			}
		})
	}
}

func TestWhoseCodeAFunctionIs(t *testing.T) {
	for name, want := range map[string]kind{
		"example.org/shop/web.price": ofModule, "main.main": ofModule, "example.org/shopping.F": ofOthers,
		"net/http.(*conn).serve": ofStandard, "runtime.mallocgc": ofRuntime,
		"internal/runtime/maps.(*Map).get": ofRuntime,
		"runtime/pprof.profileWriter":      ofRuntime, "runtime.futex": ofSystem, "syscall.Syscall6": ofSystem,
		"internal/runtime/syscall/linux.Syscall6": ofSystem, "golang.org/x/sys/unix.Shutdown": ofSystem,
		"gopkg.in/yaml%2ev3.Unmarshal": ofOthers, "(no name)": ofOthers,
		"sync.(*Once).Do[example.org/x.Y]": ofStandard,
	} {
		assert.Equal(t, want, kindOf(name, "example.org/shop"), name)
	}
}
