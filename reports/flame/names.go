package flame

import (
	"strings"

	"github.com/nameplate-dev/nameplate/reports/figures"
)

// longestName is how many characters of a function's name are shown.
const longestName = 160

// clean is a function's name as it is shown in full.
func clean(name string) string { return figures.Shorten(figures.Clean(name), longestName) }

// Shorten gives each name a short form: without the path before its package, unless another name would then look the
// same. Such names keep as many elements of their paths as tell them apart.
func Shorten(all map[string]bool) map[string]string {
	short, kept := make(map[string]string, len(all)), make(map[string]int, len(all))
	for name := range all {
		kept[name] = 1
	}
	for again := true; again; {
		again = false
		same := map[string][]string{}
		for name, n := range kept {
			short[name] = tail(clean(name), n)
			same[short[name]] = append(same[short[name]], name)
		}
		for _, alike := range same {
			for _, name := range alike {
				if len(alike) > 1 && short[name] != clean(name) {
					kept[name]++
					again = true
				}
			}
		}
	}
	return short
}

// tail is a name with the last elements of its package's path, of which there are at least one.
func tail(name string, elements int) string {
	path, rest := split(name)
	at := len(path)
	for range elements {
		at = strings.LastIndex(path[:max(0, at)], "/")
		if at < 0 {
			return name
		}
	}
	return path[at+1:] + rest
}

// split divides a name where its package's path can end at the latest: before type arguments and receivers, in which
// there can be other paths.
func split(name string) (path, rest string) {
	if at := strings.IndexAny(name, "[("); at >= 0 {
		return name[:at], name[at:]
	}
	return name, ""
}

// packageOf is the import path of a function's package.
func packageOf(name string) string {
	path, _ := split(name)
	slash := strings.LastIndex(path, "/") + 1
	last, _, _ := strings.Cut(path[slash:], ".")
	return path[:slash] + last
}

// kind is whose code a function is.
type kind int

// The kinds, in the order of the legend.
const (
	ofModule kind = iota
	ofOthers
	ofStandard
	ofRuntime
	ofSystem
	ofNobody
)

// kinds are how functions of a kind look. The hues are tints of the palette of Okabe and Ito.
var kinds = [...]struct{ name, fill string }{
	{"this module", "#f6c56f"}, {"other modules", "#a3d3ef"}, {"standard library", "#a5dcc6"},
	{"Go runtime", "#d6dae0"}, {"system calls", "#e6b9d5"}, {"", "#eceff2"},
}

// systemCalls are functions of the runtime that do little but a system call.
var systemCalls = map[string]bool{
	"runtime.futex": true, "runtime.epollwait": true, "runtime.usleep": true, "runtime.madvise": true,
	"runtime.tgkill": true, "runtime.write1": true, "runtime.osyield": true,
}

// kindOf says whose code a function is. module is the import path of the program's own code.
func kindOf(name, module string) kind {
	pkg := packageOf(name)
	first, _, _ := strings.Cut(pkg, "/")
	within := func(prefix string) bool { return pkg == prefix || strings.HasPrefix(pkg, prefix+"/") }
	switch {
	case name == unnamed:
		return ofOthers
	case pkg == "main" || within(module):
		return ofModule
	case within("syscall"), within("internal/runtime/syscall"), within("golang.org/x/sys"), systemCalls[name]:
		return ofSystem
	case within("runtime"), within("internal/runtime"):
		return ofRuntime
	case !strings.Contains(first, "."):
		return ofStandard
	}
	return ofOthers
}
