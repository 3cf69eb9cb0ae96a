package harness

import (
	"context"
	"errors"
	"net/http"
	"os"
	"regexp"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/reference"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/harness/target"
)

// System is what is put to the test. [Handler], [Binary], [URL] and [Reference] make the usual ones.
type System = run.System

// loopbackPort is where a command listens.
const loopbackPort = "http://127.0.0.1:${port}"

// URL is a system that runs already, e.g. "http://127.0.0.1:8080". Hosts other than this machine
// have to stand in [Options.IOwn].
func URL(base string) System {
	return target.URL{System: suite.System{Kind: suite.SystemURL, URL: base}}
}

// Binary is a program that is started for every run. It must listen on 127.0.0.1 at the port that
// the variable PORT names; ${port}, ${workers}, ${memory_mib} and ${rate} in its arguments stand
// for those of the phase. It is ready once it answers at "/" with a status below 500.
func Binary(path string, args ...string) System {
	return target.Command{System: suite.System{
		Kind: suite.SystemCommand, Command: append([]string{path}, args...), URL: loopbackPort,
		Env: []suite.Pair{{Name: "PORT", Value: "${port}"}},
	}}
}

// Handler is an HTTP handler of the test's own. It serves from a process of its own, which is the test's
// program started again for every run: there the test runs as here until it comes to [Verify], which
// then serves until it is told to end, and skips the rest of the test. So every run is independent,
// and the handler shares neither processor time nor memory with the generator. What the
// test does before Verify is done there, too.
func Handler(h http.Handler) System { return handler{h} }

// handler is not started itself; see [handler.in].
type handler struct{ http.Handler }

// Start refuses: only a test can start its own program up to the place where the handler is.
func (handler) Start(context.Context, run.Spec) (run.Instance, error) {
	return nil, errors.New(
		"a handler is measured in a test, with Verify; allowed here: Binary, or URL of a server of your own",
	)
}

// in is the handler as a command: the test's own program, up to the test of that name.
func (handler) in(program, test string) System {
	path := strings.Split(test, "/")
	for i, name := range path {
		path[i] = "^" + regexp.QuoteMeta(name) + "$"
	}
	pattern := strings.Join(path, "/")
	args := []string{program, "-test.run=" + pattern}
	if strings.HasPrefix(test, "Benchmark") {
		args = []string{program, "-test.run=^$", "-test.bench=" + pattern, "-test.benchtime=1x"}
	}
	return target.Command{System: suite.System{
		Kind: suite.SystemCommand, Command: append(args, "-test.timeout=0"), URL: loopbackPort, ReadyLine: servingLine,
		Env: []suite.Pair{{Name: serveTest, Value: test}, {Name: servePort, Value: "${port}"}},
	}}
}

// Reference is the reference cluster, with as many workers as a phase has. Its processes are the test's program,
// started again: [Hook] must be called in TestMain.
func Reference() System { return reference.Cluster{} }

// Hook must be called first in TestMain of every package whose tests measure [Reference], or phases with stores.
// In a process that was started for one of these it plays that process's part and exits; elsewhere it returns at once.
func Hook() { reference.Hook() }

// systemOf is the system that is started; nil stands for that of the suite.
func systemOf(s *Suite, given System, test string) (System, error) {
	switch t := given.(type) {
	case handler:
		if test == "" {
			return t, nil
		}
		program, err := os.Executable()
		return t.in(program, test), err
	case nil:
		if !s.parsed.System.Traits().Reference {
			return nil, nil
		}
		return nil, errors.New(
			"the suite names no system of its own; allowed: one of Handler, Binary, URL and Reference",
		)
	}
	return given, nil
}
