package openapi

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/nameplate-dev/nameplate/harness/draft"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// chooseServer is the address of the server to take, one of this machine first, and what there
// is to say of it. It is empty when the document names none.
func chooseServer(servers openapi3.Servers) (chosen string, notes []string) {
	var all []string
	for _, s := range servers {
		if s != nil {
			all = append(all, filled(s))
		}
	}
	if len(all) == 0 {
		return "", nil
	}
	chosen = all[0]
	for _, text := range all {
		if u, err := url.Parse(text); err == nil && u.Scheme == "http" && suite.Loopback(u.Hostname()) {
			chosen = text
			break
		}
	}
	if len(all) > 1 {
		notes = append(notes,
			fmt.Sprintf("The document names %d servers: %s.", len(all), draft.Line(strings.Join(all, ", "))))
	}
	return chosen, notes
}

// filled is a server's address with the defaults of its variables.
func filled(s *openapi3.Server) string {
	text := s.URL
	for name, v := range s.Variables {
		if v == nil {
			continue
		}
		value := v.Default
		if value == "" && len(v.Enum) > 0 {
			value = v.Enum[0]
		}
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}
