package draft

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// unknown stands for the address of a system of which none is known that may be loaded.
const unknown = "http://127.0.0.1:8080"

// ofCommand is where a command listens that is told its port.
const ofCommand = "http://127.0.0.1:${port}"

// Where says where the system is, in the user's words.
type Where struct {
	// http://HOST:PORT or https://HOST:PORT, with a path that replaces the described one where it has one; "" for what
	// the description says
	URL     string
	Command string   // started for each run; "" for a system that runs already
	IOwn    []string // hosts other than loopback that may be loaded
}

// System is where the drafted suite finds the system.
type System struct {
	URL     string
	Command []string // program and arguments; empty for a system that runs already
	IOwn    []string
	Ready   string   // path that answers once it is ready; "" for /
	Notes   []string // said above it
}

// Place combines what the user says with the base address of a description, which may be
// empty, relative or beyond reach. The prefix is what every path of the description starts with.
func (w Where) Place(described string) (s System, prefix string, err error) {
	found, foundOK := base(described)
	prefix = found.path
	switch given, ok := base(w.URL); {
	case w.URL == "" && w.Command != "":
		s.URL = ofCommand
	case w.URL == "" && foundOK && spoken(found.scheme) && suite.Loopback(found.host):
		s.URL = found.scheme + "://" + found.authority
	case w.URL == "":
		s.URL = unknown
		s.Notes = append(s.Notes, "TODO: the address of the system: "+unknown+" is a guess. Its requests go there.")
		if found.authority != "" {
			s.Notes = append(s.Notes,
				"The description names "+Line(found.scheme+"://"+found.authority)+", which is not loaded unasked.")
		}
	case !ok || !spoken(given.scheme):
		return System{}, "", fmt.Errorf(
			"%q is no address of a system; allowed: http://HOST:PORT or https://HOST:PORT, with or without a path",
			w.URL,
		)
	case w.Command == "" && strings.Contains(w.URL, "${port}"):
		return System{}, "", fmt.Errorf("%q: ${port} stands for the port of a command; allowed: with --command", w.URL)
	case w.Command != "" && !suite.Loopback(given.host):
		return System{}, "", fmt.Errorf("%q: a command is not reached there; allowed: a loopback address", w.URL)
	default:
		s.URL = given.scheme + "://" + given.authority
		if given.path != "" || strings.HasSuffix(w.URL, "/") {
			prefix = given.path
		}
		s.own(given.host, w.IOwn)
	}
	if s.Command, err = words(w.Command); err != nil {
		return System{}, "", err
	}
	return s, Path(prefix), nil
}

// own notes who may load a host that is not this machine.
func (s *System) own(host string, owned []string) {
	switch {
	case suite.Loopback(host):
	case slices.Contains(owned, host):
		s.IOwn = []string{host}
	default:
		s.Notes = append(s.Notes,
			Line(fmt.Sprintf("%s is not this machine: add i_own: [%s] once you may load it.", host, host)))
	}
}

// spoken reports whether a suite's system can be spoken to by a scheme.
func spoken(scheme string) bool { return scheme == "http" || scheme == "https" }

// address is a base address in parts.
type address struct{ scheme, authority, host, path string }

// base reads a base address; false if it has no host. Credentials in it are dropped.
func base(text string) (address, bool) {
	marked := strings.ReplaceAll(text, ":${port}", ":1") // a field is no port to the parser
	u, err := url.Parse(marked)
	if err != nil || u.Opaque != "" {
		return address{}, false
	}
	a := address{
		scheme: strings.ToLower(u.Scheme), authority: strings.TrimSuffix(u.Host, ":"), host: u.Hostname(),
		path: strings.TrimRight(u.EscapedPath(), "/"),
	}
	if marked != text {
		a.authority = strings.TrimSuffix(u.Host, ":1") + ":${port}"
	}
	if a.path != "" && !strings.HasPrefix(a.path, "/") {
		a.path = "/" + a.path
	}
	if a.host == "" || strings.ContainsAny(a.authority, " \t\"'\\<>") || !printable(a.authority) {
		return address{path: a.path}, false
	}
	return a, true
}

// words are a command's program and arguments; one that needs a shell gets one.
func words(command string) ([]string, error) {
	if command == "" {
		return nil, nil
	}
	for _, field := range fields.FindAllString(command, -1) {
		if name := strings.TrimSuffix(strings.TrimPrefix(field, "${"), "}"); !slices.Contains(suite.Variables, name) {
			return nil, fmt.Errorf("the command has the unknown field %s; allowed: ${…} of %s", field,
				strings.Join(suite.Variables, ", "))
		}
	}
	if !printable(command) || len(command) > maxValue || strings.TrimSpace(command) == "" {
		return nil, fmt.Errorf("the command is no single line of text; allowed: up to %d characters", maxValue)
	}
	if strings.ContainsAny(fields.ReplaceAllString(command, ""), "'\"\\|&;<>()$`*?[]#~=!{}") {
		return []string{"sh", "-c", command}, nil
	}
	return strings.Fields(command), nil
}
