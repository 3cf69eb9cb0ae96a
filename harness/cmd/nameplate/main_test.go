package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl"
	"github.com/nameplate-dev/nameplate/fixtures"
)

// asCommand makes the test's own program behave as the command, for tests that need a process of it.
const asCommand = "NAMEPLATE_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	clusterimpl.Hook()
	fixtures.Hook()
	if os.Getenv(asCommand) == "1" {
		os.Exit(Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	testscript.Main(m, map[string]func(){"nameplate": main})
}

func TestScripts(t *testing.T) {
	node, err := filepath.Abs("../../../fixtures/systems/node")
	require.NoError(t, err)
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Setup: func(env *testscript.Env) error {
		env.Setenv("NODE_SYSTEM", node)
		return nil
	}, Cmds: map[string]func(*testscript.TestScript, bool, []string){
		"status":   status,
		"archived": archived,
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
