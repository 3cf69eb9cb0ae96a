package main

import (
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/fixtures"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
	"github.com/nameplate-dev/nameplate/internal/needs"
)

// TestBadStores runs the command with servers of PostgreSQL and Redis that are up, but cannot be used.
func TestBadStores(t *testing.T) {
	t.Parallel()
	for _, o := range fixtures.Offers(t.Context(), nil) {
		if o.Provider == fixtures.Local && o.Reason != "" {
			needs.Absent(t, string(o.Kind), o.Provider, o.Reason)
		}
	}
	set, err := fixtures.Up(t.Context(), fixtures.Request{
		Want: fixtures.Local, Need: fixtures.Kinds, Dataset: dataset.Spec{Seed: 1, Accounts: 10, Transactions: 10},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, set.Close()) })
	urls := map[string]*url.URL{}
	for _, pair := range set.Env() {
		name, value, _ := strings.Cut(pair, "=")
		if u, err := url.Parse(value); err == nil && u.Host != "" {
			urls[name] = u
		}
	}
	postgres, cache := urls["DATABASE_URL"], urls["REDIS_URL"]
	conn, err := pgx.Connect(t.Context(), postgres.String())
	require.NoError(t, err)
	for _, statement := range []string{
		`create role app login password 's3cret-app'`,
		`create role reader login password 's3cret-reader'`, `alter role reader set default_transaction_read_only = on`,
		`grant create on database postgres to reader`,
	} {
		_, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	require.NoError(t, conn.Close(t.Context()))
	testscript.Run(t, testscript.Params{Dir: "testdata/stores", Setup: func(env *testscript.Env) error {
		ours, _ := postgres.User.Password()
		env.Setenv("PG", postgres.Host)
		env.Setenv("PGSECRET", ours)
		env.Setenv("REDIS", cache.Host)
		return nil
	}, Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": status}})
}

// TestBadFolders runs the command with folders that cannot be written, or have no room.
func TestBadFolders(t *testing.T) {
	t.Parallel()
	mount := exec.Command("unshare", "--mount", "mount", "-t", "tmpfs", "none", t.TempDir())
	if out, err := mount.CombinedOutput(); err != nil {
		needs.Absent(t, "mount", "", "no right to mount: "+strings.TrimSpace(string(out)))
	}
	testscript.Run(t, testscript.Params{Dir: "testdata/folders",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": status}})
}
