package platform_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fuzzBody posts any body: the answer is JSON, and the fault is never the platform's own.
func fuzzBody(f *testing.F, path string, seeds ...string) {
	p, err := platform.New(f.Context(), platform.Config{Dataset: spec})
	require.NoError(f, err)
	f.Cleanup(func() { _ = p.Close() })
	for _, seed := range append(seeds, ``, `{}`, `null`, `[1]`, `{"`, "\xff", `{} x`) {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body)))
		assert.Less(t, w.Code, 500, "%s", w.Body)
		assert.True(t, json.Valid(w.Body.Bytes()), "%s", w.Body)
	})
}

func FuzzTransfer(f *testing.F) {
	fuzzBody(f, "/api/accounts/1/transactions",
		`{"id":"00000000-0000-8000-8000-000000000001","amount_cents":1,"memo":"m"}`, `{"amount_cents":9e99}`)
}

func FuzzLogin(f *testing.F) {
	fuzzBody(f, "/api/login", `{"user":"user1","secret":"00"}`, `{"user":"user99999999999999999999","secret":""}`)
}

func FuzzRisk(f *testing.F) {
	fuzzBody(f, "/api/risk",
		`{"positions":[{"factor":"construction","value":1e12}],"confidence":0.975,"horizon_months":12}`)
}

func FuzzClassifyBody(f *testing.F) {
	fuzzBody(f, "/api/classify", `{"text":"rent"}`, `{"text":"\ud800"}`)
}

func FuzzImportBody(f *testing.F) {
	fuzzBody(f, "/api/import", "zip_code,latitude,longitude,city,state,county\n00501,1,1,C,NY,\n")
}
