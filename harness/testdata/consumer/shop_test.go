package shop

import (
	"net/http"
	"testing"

	"github.com/nameplate-dev/nameplate/harness"
)

func TestTheShopKeepsItsPromises(t *testing.T) {
	suite, err := harness.ReadSuite("shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	harness.Verify(t, suite, harness.Handler(New()))
}

// New is the handler under test.
func New() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{id}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"id": "` + r.PathValue("id") + `"}`))
	})
	return mux
}
