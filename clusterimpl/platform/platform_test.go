package platform_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/platformtest"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/traffic"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
)

var spec = platformtest.Dataset

func TestEveryRequestIsAnsweredRightFromMemory(t *testing.T) {
	url := platformtest.Start(t, platform.Config{Dataset: spec})
	s, err := traffic.New(traffic.Config{Dataset: spec, Mix: platformtest.Mix, Seed: 3, Salt: "memory"})
	require.NoError(t, err)
	require.NoError(t, s.Prepare(t.Context(), url))
	for range 800 {
		r := s.Next()
		status, header, body := platformtest.Ask(t, r.Method, url+r.Path, r.Header, r.Body)
		require.NoError(t, r.Check(status, header, body), "%s %s", r.Method, r.Path)
	}
}

func TestSQLiteAndRedisConform(t *testing.T) {
	platformtest.Run(t, platformtest.SQLite(t, spec), "redis://"+miniredis.RunT(t).Addr(), "np:test:")
}

func TestSQLiteAloneConforms(t *testing.T) {
	platformtest.Run(t, platformtest.SQLite(t, spec), "", "")
}

// withoutNearCaches is a Redis in which nobody is given the lease of the near cache, so that all accounts come from it.
func withoutNearCaches(t *testing.T) *miniredis.Miniredis {
	t.Helper()
	redis := miniredis.RunT(t)
	require.NoError(t, redis.Set("p:near", "nobody:1"))
	return redis
}

// onStores is a platform on a SQLite file of its own and a Redis.
func onStores(t *testing.T, redis *miniredis.Miniredis) platform.Config {
	t.Helper()
	return platform.Config{
		DatabaseURL: platformtest.SQLite(t, spec), RedisURL: "redis://" + redis.Addr(), RedisPrefix: "p:",
		Dataset: spec,
	}
}

// book books a transfer on account 9.
func book(t *testing.T, url string) {
	t.Helper()
	status, _, body := platformtest.Ask(t, http.MethodPost, url+"/api/accounts/9/transactions", nil,
		[]byte(`{"id":"00000000-0000-8000-8000-000000000001","amount_cents":5,"memo":""}`))
	require.Equal(t, http.StatusCreated, status, "%s", body)
}

func TestASlowReaderDoesNotPutAnOldAccountBack(t *testing.T) {
	redis := withoutNearCaches(t)
	config := onStores(t, redis)
	url := platformtest.Start(t, config)
	book(t, url)
	mark, err := redis.Get("p:account:9")
	require.NoError(t, err)
	assert.Empty(t, mark, "a mark stands where a reader could put the old account")
	platformtest.Ask(t, http.MethodGet, url+"/api/accounts/9", nil, nil)
	mark, _ = redis.Get("p:account:9")
	assert.Empty(t, mark, "a reader does not replace it")
	redis.FastForward(10 * time.Second)
	other := platformtest.Start(t, config) // that cannot have the account in memory
	_, _, body := platformtest.Ask(t, http.MethodGet, other+"/api/accounts/9", nil, nil)
	cached, err := redis.Get("p:account:9")
	require.NoError(t, err)
	assert.Equal(t, string(body), cached)
	assert.GreaterOrEqual(t, redis.TTL("p:account:9"), 30*time.Second)
	assert.LessOrEqual(t, redis.TTL("p:account:9"), time.Minute)
}

func TestWithoutRedisReadsGoToSQLAndSessionsAnswer503(t *testing.T) {
	redis := miniredis.RunT(t)
	url := platformtest.Start(t, platform.Config{
		DatabaseURL: platformtest.SQLite(t, spec), RedisURL: "redis://" + redis.Addr(), Dataset: spec,
	})
	redis.Close()
	status, _, _ := platformtest.Ask(t, http.MethodGet, url+"/api/accounts/1", nil, nil)
	assert.Equal(t, http.StatusOK, status)
	status, header, _ := platformtest.Ask(t, http.MethodGet, url+"/api/session",
		http.Header{"Authorization": {"Bearer " + strings.Repeat("a", 32)}}, nil)
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Equal(t, "1", header.Get("Retry-After"))
}

func TestAnAccountCachedBeforeAnOutageIsNotServedAfterATransferInIt(t *testing.T) {
	redis := withoutNearCaches(t)
	url := platformtest.Start(t, onStores(t, redis))
	platformtest.Ask(t, http.MethodGet, url+"/api/accounts/9", nil, nil)
	old, err := redis.Get("p:account:9")
	require.NoError(t, err)
	require.NotEmpty(t, old)
	redis.SetError("LOADING")
	book(t, url)
	redis.SetError("")
	still, err := redis.Get("p:account:9")
	require.NoError(t, err)
	require.Equal(t, old, still, "Redis has kept it through the outage")
	platformtest.Ask(t, http.MethodGet, url+"/api/accounts/1", nil, nil) // of anything
	mark, err := redis.Get("p:account:9")
	require.NoError(t, err)
	assert.Empty(t, mark, "the mark is made up for")
	_, _, body := platformtest.Ask(t, http.MethodGet, url+"/api/accounts/9", nil, nil)
	assert.Contains(t, string(body), `"version":1`)
}

func TestWithoutADatabaseItAnswers503AndNamesNoSecret(t *testing.T) {
	url := platformtest.Start(t, platform.Config{
		DatabaseURL: "postgres://u:hunter2@127.0.0.1:1/db?sslmode=disable", Dataset: spec,
	})
	status, header, body := platformtest.Ask(t, http.MethodGet, url+"/api/accounts/1", nil, nil)
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Equal(t, "1", header.Get("Retry-After"))
	assert.NotContains(t, string(body), "hunter2")
	for _, c := range []platform.Config{
		{DatabaseURL: "postgres://u:hunter2@127.0.0.1:x/db", Dataset: spec},
		{DatabaseURL: "mysql://u:hunter2@h", Dataset: spec},
		{RedisURL: "redis://u:hunter2@h:x", Dataset: spec}, {DatabaseURL: "sqlite:/no/such/hunter3.db", Dataset: spec},
		{Dataset: dataset.Spec{}},
	} {
		_, err := platform.New(t.Context(), c)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

func TestWrongRequestsAreRefusedWithFieldAndWhatIsAllowed(t *testing.T) {
	url := platformtest.Start(t, platform.Config{Dataset: spec})
	const transfers, id = "/api/accounts/1/transactions", `"id":"00000000-0000-8000-8000-000000000001"`
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"no such path", "GET", "/nothing", "", 404, `"error"`},
		{"a method that is not known", "DELETE", "/api/accounts/1", "", 405, `"allowed":"GET"`},
		{"an id that is no number", "GET", "/api/accounts/x", "", 400, `"field":"id"`},
		{"a limit of 0", "GET", transfers + "?limit=0", "", 400, `1 to 100`},
		{"a limit of 101", "GET", transfers + "?limit=101", "", 400, `"field":"limit"`},
		{"no body", "POST", transfers, "", 400, `"field":"body"`},
		{"an unknown field", "POST", transfers, `{"iid":1}`, 400, `iid`},
		{"something after the object", "POST", transfers, `{} {}`, 400, `after`},
		{"a text for a number", "POST", transfers, `{"amount_cents":"1"}`, 400, `"field":"amount_cents"`},
		{"an id that is no UUID", "POST", transfers, `{"id":"1","amount_cents":1}`, 422, `"field":"id"`},
		{"an amount of 0", "POST", transfers, `{` + id + `,"amount_cents":0}`, 422, `"field":"amount_cents"`},
		{"a memo over two lines", "POST", transfers, `{` + id + `,"amount_cents":1,"memo":"a\nb"}`, 422,
			`"field":"memo"`},
		{"a long memo", "POST", transfers, `{` + id + `,"amount_cents":1,"memo":"` + strings.Repeat("m", 141) + `"}`,
			422, `140`},
		{"a large body", "POST", "/api/classify", `{"text":"` + strings.Repeat("m", 70_000) + `"}`, 413,
			`"field":"body"`},
		{"an empty text", "POST", "/api/classify", `{"text":""}`, 422, `"field":"text"`},
		{
			"a factor that is not known", "POST", "/api/risk",
			`{"positions":[{"factor":"x","value":1}],"confidence":0.9,"horizon_months":1}`, 422, `positions[0].factor`,
		},
		{"another header", "POST", "/api/import", "a,b\n", 400, `"line":1`},
		{
			"too large a file", "POST", "/api/import", "zip_code,latitude,longitude,city,state,county\n" +
				strings.Repeat("00501,1,1,C,NY,"+strings.Repeat("c", 90)+"\n", 90_000), 413, `8388608`,
		},
		{"a wrong secret", "POST", "/api/login", `{"user":"user1","secret":"00"}`, 401, `wrong`},
		{"a user who is not there", "POST", "/api/login", `{"user":"user201","secret":"` + spec.User(201).Secret + `"}`,
			401, `wrong`},
		{"another spelling of a user", "POST", "/api/login", `{"user":"user01","secret":"` + spec.User(1).Secret + `"}`,
			401, `wrong`},
		{"no session", "GET", "/api/session", "", 401, `Authorization`},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, header, body := platformtest.Ask(t, c.method, url+c.path, nil, []byte(c.body))
			assert.Equal(t, c.status, status)
			assert.Contains(t, string(body), c.want)
			assert.Equal(t, "application/json", header.Get("Content-Type"))
		})
	}
}

func TestTheShapesOfAnswersAreTheDocumentedOnes(t *testing.T) {
	url := platformtest.Start(t, platform.Config{Dataset: spec, Now: func() time.Time {
		return time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	}})
	for _, c := range []struct{ method, path, body, want string }{
		{"GET", "/api/accounts/1", "",
			`^\{"id":1,"owner":"[^"]+","currency":"[A-Z]{3}","opened":"\d{4}-\d\d-\d\d","balance_cents":-?\d+,"version":0\}\n$`},
		{"GET", "/api/accounts/1/transactions?limit=1", "",
			`^\{"account":1,"transactions":\[\{"id":"[0-9a-f-]{36}","amount_cents":-?\d+,"kind":"\w+","memo":"[^"]+","booked":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"\}\]\}\n$`},
		{"POST", "/api/accounts/1/transactions",
			`{"id":"00000000-0000-8000-8000-000000000001","amount_cents":1,"memo":"m"}`,
			`^\{"id":"00000000-0000-8000-8000-000000000001","account":1,"amount_cents":1,"memo":"m","balance_cents":-?\d+,"version":1,"booked":"2026-01-02T03:04:05Z"\}\n$`},
		{"POST", "/api/risk",
			`{"positions":[{"factor":"construction","value":100000}],"confidence":0.975,"horizon_months":1}`,
			`^\{"value":100000,"confidence":0.975,"horizon_months":1,"observations":119,"historical":\{"var":[\d.]+,"es":[\d.]+\},"normal":\{"var":[\d.]+,"es":[\d.]+\},"cornish_fisher":\{"var":[\d.]+\}\}\n$`},
		{"POST", "/api/classify", `{"text":"supermarket"}`,
			`^\{"label":"groceries","probability":0\.\d+,"ranking":\[\{"label":"groceries","probability":0\.\d+\},\{[^}]+\},\{[^}]+\}\]\}\n$`},
		{"POST", "/api/login", `{"user":"user1","secret":"` + spec.User(1).Secret + `"}`,
			`^\{"user":"user1","token":"[0-9a-f]{32}","expires_in":1800\}\n$`},
		{"POST", "/api/import", "zip_code,latitude,longitude,city,state,county\n00501,1,2,C,NY,\n1,1,1,C,NY,\n",
			`^\{"rows":2,"accepted":1,"rejected":1,"errors":\[\{"line":3,"column":"zip_code","value":"1","reason":"not five digits"\}\],"states":\{"NY":1\},"bounds":\{"south":1,"north":1,"west":2,"east":2\}\}\n$`},
	} {
		_, _, body := platformtest.Ask(t, c.method, url+c.path, nil, []byte(c.body))
		assert.Regexp(t, c.want, string(body), c.path)
	}
}

func TestAClusterReadsItsAccountsAheadOnce(t *testing.T) {
	redis := miniredis.RunT(t)
	platformtest.ReadAhead(t, onStores(t, redis))
	assert.Equal(t, []string{"p:near"}, redis.Keys(), "Redis was not asked for an account")
}
