package draft

import (
	"fmt"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/secret"
)

// Secret is a credential that was not copied into a suite.
type Secret struct {
	Name  string // of the variable that stands in its place
	Value string
	Where string // e.g. header Authorization
}

// Secrets are those that the fields ${env.NAME} of a suite's requests stand for.
type Secrets []Secret

// Hide keeps a credential under the name of a variable, and returns the field that stands in its place.
func (s *Secrets) Hide(one Secret) (string, error) {
	if len(one.Value) < secret.Least {
		return "", fmt.Errorf("%s has a credential of %d bytes; allowed: %d or more, since a shorter one cannot be "+
			"kept out of reports", one.Where, len(one.Value), secret.Least)
	}
	*s = append(*s, one)
	return "${env." + one.Name + "}", nil
}

// Credential divides the value of a secret header field: before its credential stands the scheme, if it has one.
func Credential(name, value string) (scheme, credential string) {
	before, after, ok := strings.Cut(value, " ")
	if !ok || !strings.HasSuffix(strings.ToLower(name), "authorization") {
		return "", value
	}
	return before + " ", after
}

// Env is an environment in which the credentials are, too.
func (s Secrets) Env(getenv func(string) string) func(string) string {
	return func(name string) string {
		for _, one := range s {
			if one.Name == name {
				return one.Value
			}
		}
		return getenv(name)
	}
}

// Kept says which credentials were not copied, a line for each; "" when there are none.
func (s Secrets) Kept() string {
	var b strings.Builder
	for _, one := range s {
		fmt.Fprintf(&b, "%s: the value is not in the suite, which has ${env.%s} in its place\n", one.Where, one.Name)
	}
	return b.String()
}
