package platform

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/fixtures/dataset"
)

// TestAPathIsAnsweredAsThePatternsSay asks for each path past the patterns and through them.
func TestAPathIsAnsweredAsThePatternsSay(t *testing.T) {
	p, err := New(t.Context(), Config{Dataset: dataset.Spec{Seed: 1, Accounts: 20, Transactions: 40}})
	require.NoError(t, err)
	defer p.Close()
	found := 0
	for _, path := range []string{
		"/api/accounts/1", "/api/accounts/01", "/api/accounts/21", "/api/accounts/1/transactions",
		"/api/accounts/1/transactions?limit=2", "/api/accounts/", "/api/accounts/x", "/api/accounts/-1",
		"/api/accounts/1x", "/api/accounts/1/", "/api/accounts/1/x", "/api/accounts/1/transactions/",
		"/api/accounts/99999999999999999999", "/api/accounts/%31", "/api/accounts/1%2F2", "/api/accounts/%7Bid%7D",
		"/api/accounts//1", "/api/session", "/api/session/", "/api/calibrated?ms=0", "/api/nothing", "/",
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete} {
			direct, through := httptest.NewRecorder(), httptest.NewRecorder()
			p.ServeHTTP(direct, httptest.NewRequest(method, path, nil))
			p.mux.ServeHTTP(through, httptest.NewRequest(method, path, nil))
			assert.Equal(t, through.Code, direct.Code, "%s %s", method, path)
			assert.Equal(t, through.Body.String(), direct.Body.String(), "%s %s", method, path)
			assert.Equal(t, through.Header(), direct.Header(), "%s %s", method, path)
		}
		if p.direct[pattern(path)] != nil {
			found++
		}
	}
	assert.Positive(t, found, "none was answered past the patterns")
}
