// Package needs decides what becomes of a test that needs what a machine may lack, such as a store from a
// provider, or Node.js: it skips and names what is absent, or fails where the machine was promised to have it.
//
// The promise stands in NAMEPLATE_REQUIRE: names, separated by commas, each with its providers where it has
// any, e.g. "postgres=local+containers,redis=local+containers,node".
package needs

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// Variable names what must not be absent.
const Variable = "NAMEPLATE_REQUIRE"

// providers are those that a test may miss, by what they provide; nothing else has providers.
var providers = map[string][]string{
	"postgres": {"external", "containers", "local", "embedded"},
	"redis":    {"external", "containers", "local", "embedded"},
}

// plain are the other things that a test may miss.
var plain = []string{"node", "git", "chromium", "filters", "mount", "cgroups", "journal"}

// Required is what was promised to be there.
type Required map[string][]string

// Parse reads what stands in [Variable], and refuses what has no meaning.
func Parse(text string) (Required, error) {
	required := Required{}
	if strings.TrimSpace(text) == "" {
		return required, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		name, list, given := strings.Cut(strings.TrimSpace(part), "=")
		known, has := providers[name]
		switch {
		case !has && !slices.Contains(plain, name):
			return nil, fmt.Errorf("%s: there is no %q; allowed: %s", Variable, name, allowed())
		case !has && given:
			return nil, fmt.Errorf("%s: %s has no providers; allowed: %s", Variable, name, allowed())
		case !has:
			required[name] = nil
			continue
		}
		for provider := range strings.SplitSeq(list, "+") {
			if !slices.Contains(known, provider) {
				return nil, fmt.Errorf("%s: %s has no provider %q; allowed: %s", Variable, name, provider, allowed())
			}
			required[name] = append(required[name], provider)
		}
	}
	return required, nil
}

// Has reports whether something was promised; provider is "" for what has none.
func (r Required) Has(name, provider string) bool {
	list, ok := r[name]
	return ok && (provider == "" || slices.Contains(list, provider))
}

func allowed() string {
	return "postgres and redis with " + strings.Join(providers["postgres"], ", ") +
		", e.g. postgres=local+containers; and " + strings.Join(plain, ", ")
}

// Promised reports whether the environment promises something; provider is "" for what has none.
func Promised(name, provider string) (bool, error) {
	required, err := Parse(os.Getenv(Variable))
	return required.Has(name, provider), err
}

// Absent ends a test that cannot be made, since something is absent for the given reason: the test skips, or
// fails if it was promised. Provider is "" for what has none.
func Absent(t testing.TB, name, provider, reason string) {
	t.Helper()
	if known, has := providers[name]; has != (provider != "") || has && !slices.Contains(known, provider) ||
		!has && !slices.Contains(plain, name) {
		t.Fatalf("a test names %q from %q as absent; allowed: %s", name, provider, allowed())
	}
	promised, err := Promised(name, provider)
	if err != nil {
		t.Fatal(err)
	}
	what := name
	if provider != "" {
		what += " from provider " + provider
	}
	if promised {
		t.Fatalf("no %s, which %s promises: %s", what, Variable, reason)
	}
	t.Skipf("no %s: %s", what, reason)
}
