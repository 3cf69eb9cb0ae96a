package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/harness/reference"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/internal/needs"
	"github.com/nameplate-dev/nameplate/reports/schema"
)

// asCommand makes the test's own program behave as the command, for tests that need a process of it.
const asCommand = "NAMEPLATE_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	reference.Hook()
	if os.Getenv(asCommand) == "1" {
		os.Exit(Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	if os.Getenv("NAMEPLATE_HEADROOM") == "" { // a script that tests it has set it
		_ = os.Setenv("NAMEPLATE_HEADROOM", "false") // a search takes up to ten seconds a phase
	}
	// These tests mostly wait for what they measure: more of them than there are cores run side by side.
	effort.SideBySide(6)
	testscript.Main(leakless{m}, map[string]func(){"nameplate": main})
}

// leakless runs tests that leave no goroutine behind.
type leakless struct{ *testing.M }

func (l leakless) Run() int {
	code := l.M.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func TestScripts(t *testing.T) {
	t.Parallel()
	node, err := filepath.Abs("../../../fixtures/systems/node")
	require.NoError(t, err)
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Setup: func(env *testscript.Env) error {
		env.Setenv("NODE_SYSTEM", node)
		env.Setenv("NAMEPLATE_HEADROOM", "false")
		return nil
	}, Cmds: map[string]func(*testscript.TestScript, bool, []string){
		"status":   status,
		"archived": archived,
		"keeps":    keeps,
		"promised": promised,
	}})
}

// status runs a command that must end with the given status: status N command [args...].
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command [args...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		var ok bool
		if got, ok = exitStatus(err); !ok {
			ts.Fatalf("%s: %v", args[1], err)
		}
	}
	if got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
}

// promised fails the script when something that is absent was promised to be here: promised NAME.
func promised(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: promised NAME")
	}
	is, err := needs.Promised(args[0], "")
	ts.Check(err)
	if is {
		ts.Fatalf("no %s, which %s promises", args[0], needs.Variable)
	}
}

// keeps checks the last standard output against a published schema: keeps verify|compare|trend.
func keeps(ts *testscript.TestScript, neg bool, args []string) {
	texts := map[string][]byte{
		"verify": schema.JSON, "compare": schema.CompareJSON, "trend": schema.TrendJSON, "runs": schema.RunsJSON,
	}
	if neg || len(args) != 1 || texts[args[0]] == nil {
		ts.Fatalf("usage: keeps verify|compare|trend|runs")
	}
	loaded, err := jsonschema.UnmarshalJSON(bytes.NewReader(texts[args[0]]))
	ts.Check(err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	ts.Check(c.AddResource("schema.json", loaded))
	s, err := c.Compile("schema.json")
	ts.Check(err)
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(ts.ReadFile("stdout")))
	ts.Check(err)
	ts.Check(s.Validate(document))
}
