package draft

import (
	"fmt"
	"strings"
)

// Secret is a credential that was not copied into a suite.
type Secret struct {
	Name  string // of the variable that stands in its place
	Value string
	Where string // e.g. header Authorization
}

// Secrets are those that the fields ${env.NAME} of a suite's requests stand for.
type Secrets []Secret

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
