// Package platformtest holds what every combination of stores under the platform must do.
package platformtest

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // registers the driver

	"github.com/nameplate-dev/nameplate/clusterimpl/platform"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/near"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/traffic"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
)

// Dataset is what the stores must hold for [Run].
var Dataset = dataset.Spec{Seed: 11, Accounts: 200, Transactions: 4000}

// Mix has every operation.
var Mix = []traffic.Share{
	{Operation: traffic.Account, Share: 30}, {Operation: traffic.Transactions, Share: 20},
	{Operation: traffic.Transfer, Share: 15}, {Operation: traffic.Import, Share: 2},
	{Operation: traffic.Risk, Share: 8}, {Operation: traffic.Classify, Share: 10},
	{Operation: traffic.Login, Share: 5}, {Operation: traffic.Session, Share: 10},
}

// Unhurried is a timeout of stores for tests in which a slow machine must not look like stores that do not answer.
const Unhurried = 2 * time.Minute

// Start makes a platform and a server in front of it, which end with the test.
func Start(t testing.TB, c platform.Config) (url string) {
	t.Helper()
	p, err := platform.New(context.Background(), c)
	require.NoError(t, err)
	server := httptest.NewServer(p)
	t.Cleanup(func() {
		server.Close()
		assert.NoError(t, p.Close())
	})
	return server.URL
}

// Ask sends one request.
func Ask(t testing.TB, method, url string, header http.Header, body []byte) (int, http.Header, []byte) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: Unhurried}
	m, err := http.NewRequest(method, url, bytes.NewReader(body))
	require.NoError(t, err)
	for name, values := range header {
		m.Header[name] = values
	}
	r, err := client.Do(m)
	require.NoError(t, err)
	defer r.Body.Close()
	got, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return r.StatusCode, r.Header, got
}

// Run drives two workers over stores that hold [Dataset]: every answer is right, whichever
// of them gives it. Empty URLs are not for Run: workers without stores do not share
// anything.
func Run(t *testing.T, databaseURL, redisURL, prefix string) {
	config := platform.Config{
		DatabaseURL: databaseURL, RedisURL: redisURL, RedisPrefix: prefix, Dataset: Dataset, Workers: 2,
		StoreTimeout: Unhurried,
	}
	urls := [2]string{Start(t, config), Start(t, config)}

	t.Run("every request of the mix is answered right", func(t *testing.T) {
		s, err := traffic.New(traffic.Config{
			Dataset: Dataset, Mix: Mix, Seed: 5, Salt: fmt.Sprint(t.Name(), time.Now().UnixNano()),
		})
		require.NoError(t, err)
		require.NoError(t, s.Prepare(t.Context(), urls[0]))
		for i := range 400 {
			r := s.Next()
			url := urls[i%2]
			if redisURL == "" {
				url = urls[0] // its sessions are its own
			}
			status, header, body := Ask(t, r.Method, url+r.Path, r.Header, r.Body)
			require.NoError(t, r.Check(status, header, body), "%s %s", r.Method, r.Path)
		}
	})

	t.Run("a transfer is seen by the other worker at once", func(t *testing.T) {
		path := "/api/accounts/7"
		before := map[string]bool{}
		for i := range 10 {
			_, _, body := Ask(t, http.MethodGet, urls[1]+path, nil, nil) // fills the cache
			require.False(t, before[string(body)], "transfer %d left %s", i, body)
			before[string(body)] = true
			transfer := fmt.Appendf(nil, `{"id":"%08x-0000-8000-8000-%012x","amount_cents":5,"memo":"m"}`, i,
				time.Now().UnixNano()&0xffffffffffff)
			status, _, first := Ask(t, http.MethodPost, urls[0]+path+"/transactions", nil, transfer)
			require.Equal(t, http.StatusCreated, status, "%s", first)
			status, _, again := Ask(t, http.MethodPost, urls[1]+path+"/transactions", nil, transfer)
			require.Equal(t, http.StatusOK, status)
			require.Equal(t, string(first), string(again), "a replay is answered as before")
			other := bytes.Replace(transfer, []byte(`:5,`), []byte(`:6,`), 1)
			status, _, refused := Ask(t, http.MethodPost, urls[1]+path+"/transactions", nil, other)
			require.Equal(t, http.StatusConflict, status, "%s", refused)
		}
	})

	t.Run("an id of the data set is taken, an account beyond it unknown", func(t *testing.T) {
		old := Dataset.TransactionsOf(3)[0]
		status, _, _ := Ask(t, http.MethodPost, urls[0]+"/api/accounts/3/transactions", nil,
			fmt.Appendf(nil, `{"id":%q,"amount_cents":%d,"memo":%q}`, old.ID, old.AmountCents, old.Memo))
		assert.Equal(t, http.StatusConflict, status)
		for _, path := range []string{"/api/accounts/201", "/api/accounts/0", "/api/accounts/201/transactions"} {
			status, _, body := Ask(t, http.MethodGet, urls[0]+path, nil, nil)
			assert.Equal(t, http.StatusNotFound, status, "%s: %s", path, body)
		}
		status, _, _ = Ask(t, http.MethodPost, urls[0]+"/api/accounts/201/transactions", nil,
			[]byte(`{"id":"00000000-0000-8000-8000-0000000000ff","amount_cents":5,"memo":""}`))
		assert.Equal(t, http.StatusNotFound, status)
	})
}

// ReadAhead starts two workers of a cluster over stores that hold its data set, of which nothing was written, and
// checks that one of them reads all accounts into the near cache that they share.
func ReadAhead(t *testing.T, c platform.Config) {
	t.Helper()
	c.Near = near.New(c.Dataset.Accounts, 64)
	Start(t, c)
	Start(t, c)
	for account := range c.Dataset.EachAccount() {
		var body []byte
		require.Eventually(t, func() (there bool) {
			body, there = c.Near.Accounts.Get(near.Key{uint64(account.ID)}, c.Near.Trusted(), time.Now(), nil)
			return there
		}, time.Minute, time.Millisecond)
		want, err := json.Marshal(wire.AccountOf(account))
		require.NoError(t, err)
		require.Equal(t, string(want)+"\n", string(body))
	}
	assert.False(t, c.Near.Claim(c.Near.Trusted()), "it is done once")
}

// SQLite makes a SQLite file with a data set and returns its URL.
func SQLite(t testing.TB, spec dataset.Spec) (url string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "platform.db")
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(wal)")
	require.NoError(t, err)
	defer db.Close()
	tx, err := db.Begin()
	require.NoError(t, err)
	for _, statement := range dataset.DDL(dataset.SQLite) {
		_, err := tx.Exec(statement)
		require.NoError(t, err)
	}
	for a := range spec.EachAccount() {
		_, err := tx.Exec(`insert into accounts values (?,?,?,?,?,?)`, a.ID, a.Owner, a.Currency,
			a.Opened.Format(time.DateOnly), a.BalanceCents, a.Version)
		require.NoError(t, err)
	}
	for x := range spec.EachTransaction() {
		_, err := tx.Exec(`insert into transactions (id, account, amount_cents, kind, memo, booked) `+
			`values (?,?,?,?,?,?)`,
			x.ID, x.Account, x.AmountCents, x.Kind, x.Memo, x.Booked.Format(time.RFC3339))
		require.NoError(t, err)
	}
	require.NoError(t, tx.Commit())
	return "sqlite:" + path
}
