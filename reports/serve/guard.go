package serve

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// addressed returns what tells whether a request's Host is one of ours. A browser that was led here by somebody else's
// name says that name (DNS rebinding).
func addressed(host string) func(string) bool {
	return func(asked string) bool {
		if name, _, err := net.SplitHostPort(asked); err == nil {
			asked = name
		}
		asked = strings.TrimSuffix(strings.ToLower(asked), ".")
		if address, err := netip.ParseAddr(strings.Trim(asked, "[]")); err == nil {
			own, err := netip.ParseAddr(host)
			return address.IsLoopback() || err == nil && (own.IsUnspecified() || own == address)
		}
		return asked == "localhost" || host != "" && asked == strings.ToLower(host)
	}
}

// strict is the policy of all that is no page of ours: nothing in it runs, or reaches anything.
const strict = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"

// guard refuses what is not for us, and sets what holds of all answers.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", strict)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		switch {
		case !s.addressed(r.Host):
			http.Error(w, "This server answers to localhost and to the address that it listens on.",
				http.StatusMisdirectedRequest)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "This server only shows: allowed are GET and HEAD.", http.StatusMethodNotAllowed)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// policy sets the policy of a page of ours.
func policy(w http.ResponseWriter, of string) {
	w.Header().Set("Content-Security-Policy", of+"; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
}
