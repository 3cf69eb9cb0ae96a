package suite

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/invopop/jsonschema"

	"github.com/nameplate-dev/nameplate/harness/suite/internal/form"
)

// HTTP is the kind of workload whose requests the suite itself describes.
const HTTP Kind = "http"

// Limits of a system.
const (
	MinReadyWithin = 100 * time.Millisecond
	MaxReadyWithin = 10 * time.Minute
	MaxStopWithin  = 20 * time.Second // below what the pipeline grants a system's end
)

// System says what is put to the test. The zero value stands for the reference cluster.
type System struct {
	Kind        SystemKind
	Command     []string      // program and arguments, with ${…}
	Dir         string        // working directory, from the suite's folder; "" for that folder
	Env         []Pair        // variables beside those of this process, with ${…}
	URL         string        // http://HOST:PORT, of a command with ${port}
	Ready       string        // path that answers below 500 once the system is ready; "/" when the file names none
	ReadyLine   string        // text of a printed line that says so instead; "" for none
	ReadyWithin time.Duration // from the start; 0 for 30 s, of a system that runs already 2.5 s
	StopWithin  time.Duration // from SIGTERM to SIGKILL; 0 for 10 s
	IOwn        []string      // hosts other than loopback that may be loaded
	TLS         TLS           // of an https URL; zero: this machine's authorities, HTTP/1.1, no certificate
}

// TLS is how an https URL is spoken to. Certificates are always verified.
type TLS struct {
	CA          string // file with the authorities' certificates (PEM), from the suite's folder; "" for this machine's
	Certificate string // file with the client's certificate (PEM); "" for none
	Key         string // file with its key (PEM)
	ServerName  string // name that the certificate must be for; "" for the URL's host
	HTTP2       bool   // HTTP/2 is spoken, and a connection without it fails
}

// Pair is a name with its text.
type Pair struct{ Name, Value string }

// HTTPRequest is one kind of request of an http workload.
type HTTPRequest struct {
	Name    string
	Weight  int // share of the requests, relative to the other weights; at least 1
	Method  string
	Path    string // with its query; with ${…}
	Headers []Pair // with ${…}
	Body    string // with ${…}
	File    string // holds the body, from the suite's folder; sent as it is
	Expect  Expect
	Capture []Pair // names, each with the path of a JSON value in the answer, e.g. data.token
}

// Expect is what an answer must be; the zero value accepts any 2xx.
type Expect struct {
	Status  int    // 0: any 2xx
	Headers []Pair // each must hold the text
	JSON    []Pair // paths, each with the text of the value
	SHA256  string // of the body, in hexadecimal; "" for any
	Size    Size   // the most that the body may have; 0 for what the generator takes
}

// Variables are what ${…} may name in a command's argv, environment and URL.
var Variables = []string{"workers", "memory_mib", "port", "rate", "postgres_url", "redis_url"}

var (
	systemFormat = form.Object[System]{
		Name: "the system", About: "What is put to the test; the built-in reference cluster when it is left out.",
		Fields: []form.Field[System]{
			form.Must("kind", "How it comes to be measured.",
				form.Choice("a kind of system", SystemKinds()...), func(s *System) *SystemKind { return &s.Kind }),
			form.May("command", "Program and arguments.", form.ListOf[string]("a list of texts", 1, rawText("a text")),
				func(s *System) *[]string { return &s.Command }),
			form.May("dir", "Working directory, from the suite's folder.",
				rawText("a folder"), func(s *System) *string { return &s.Dir }),
			form.May("env", "Variables of the environment.",
				form.Codec[[]Pair](pairsFormat{"variables"}), func(s *System) *[]Pair { return &s.Env }),
			form.May("url", "Base of its addresses.",
				form.Pattern("a base URL", `^https?://[^/\s?#@]+/?$`,
					"http://HOST:PORT or https://HOST:PORT, without a path"),
				func(s *System) *string { return &s.URL }),
			form.May("tls", "How to connect to an https URL.", tlsFormat, func(s *System) *TLS { return &s.TLS }),
			form.May("ready", "Path that answers, with a status below 500, once the system is ready.",
				httpPath(), func(s *System) *string { return &s.Ready }),
			form.May("ready_line", "Text of a printed line that says that the system is ready.",
				rawText("a text"), func(s *System) *string { return &s.ReadyLine }),
			form.May("ready_within", "Most time from the start until it is ready; 30 s when it is left out, "+
				"2.5 s of a system that runs already.",
				duration(MinReadyWithin, MaxReadyWithin),
				func(s *System) *time.Duration { return &s.ReadyWithin }),
			form.May("stop_within", "Time from SIGTERM until it is killed.",
				duration(time.Millisecond, MaxStopWithin), func(s *System) *time.Duration { return &s.StopWithin }),
			form.May("i_own", "Hosts other than loopback that you may load.",
				form.ListOf[string]("a list of hosts", 1, rawText("a host")),
				func(s *System) *[]string { return &s.IOwn }),
		},
	}

	tlsFormat = form.Object[TLS]{
		Name: "the TLS settings", About: "How to connect to an https URL. Certificates are always verified.",
		Fields: []form.Field[TLS]{
			form.May("ca", "File with the authorities' certificates (PEM), from the suite's folder; this machine's "+
				"when it is left out.",
				rawText("a file"), func(t *TLS) *string { return &t.CA }),
			form.May("certificate", "File with the client's certificate (PEM).",
				rawText("a file"), func(t *TLS) *string { return &t.Certificate }),
			form.May("key", "File with its key (PEM).", rawText("a file"), func(t *TLS) *string { return &t.Key }),
			form.May(
				"server_name", "Name that the server's certificate must be for; the URL's host when it is left out.",
				rawText("a host name"), func(t *TLS) *string { return &t.ServerName },
			),
			form.May("http2", "HTTP/2 is spoken, one request at a time on each connection.",
				form.Truth(), func(t *TLS) *bool { return &t.HTTP2 }),
		},
	}

	requestFormat = form.Object[HTTPRequest]{
		Name: "a request", About: "One kind of request.",
		Fields: []form.Field[HTTPRequest]{
			form.Must("name", "Short name for reports.", name(), func(q *HTTPRequest) *string { return &q.Name }),
			form.May("weight", "Share relative to the other weights; 1 when it is left out.",
				form.Whole(1, 1_000_000), func(q *HTTPRequest) *int { return &q.Weight }),
			form.May("method", "GET when it is left out.",
				form.Choice("a method", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
				func(q *HTTPRequest) *string { return &q.Method }),
			form.Must("path", "Path with its query.", httpPath(), func(q *HTTPRequest) *string { return &q.Path }),
			form.May("headers", "Header fields.",
				form.Codec[[]Pair](pairsFormat{"header fields"}), func(q *HTTPRequest) *[]Pair { return &q.Headers }),
			form.May("body", "Body.", rawText("a text"), func(q *HTTPRequest) *string { return &q.Body }),
			form.May("body_file", "File that holds the body, from the suite's folder.",
				rawText("a file"), func(q *HTTPRequest) *string { return &q.File }),
			form.May("expect", "What the answer must be; any 2xx when it is left out.",
				expectFormat, func(q *HTTPRequest) *Expect { return &q.Expect }),
			form.May("capture", "Names, each with the path of a value in the JSON answer, for ${capture.NAME}.",
				form.Codec[[]Pair](pairsFormat{"captures"}), func(q *HTTPRequest) *[]Pair { return &q.Capture }),
		},
	}

	expectFormat = form.Object[Expect]{
		Name: "the expectation",
		Fields: []form.Field[Expect]{
			form.May("status", "Status.", form.Whole(200, 599), func(e *Expect) *int { return &e.Status }),
			form.May("headers", "Header fields, each with a text that it holds.",
				form.Codec[[]Pair](pairsFormat{"header fields"}), func(e *Expect) *[]Pair { return &e.Headers }),
			form.May("json", "Paths, each with the value found there.",
				form.Codec[[]Pair](pairsFormat{"JSON paths"}), func(e *Expect) *[]Pair { return &e.JSON }),
			form.May("sha256", "Hash of the body.",
				form.Pattern("a SHA-256 hash", `^[0-9a-f]{64}$`, "64 hexadecimal digits in small letters"),
				func(e *Expect) *string { return &e.SHA256 }),
			form.May("size", "Most bytes of the body.", size(0, 16*MiB), func(e *Expect) *Size { return &e.Size }),
		},
	}
)

func httpPath() form.Codec[string] {
	return form.Pattern("a path", `^/[^\s#]*$`, "a path that starts with /, e.g. /items?limit=20")
}

// rawText is a text that is kept as it stands.
func rawText(what string) form.Codec[string] {
	return form.Scalar[string]{
		What: what, Allowed: "a text of 1 character or more", Text: form.TextOf,
		Parse: func(text string) (string, error) {
			if text == "" {
				return "", form.BadValue("is empty", "a text of 1 character or more")
			}
			return text, nil
		},
		JSON: jsonschema.Schema{Type: "string", MinLength: form.Count(1)},
	}
}

// pairsFormat is a mapping of free names to texts, numbers or truth values.
type pairsFormat struct{ what string }

func (f pairsFormat) Read(r *form.Reader, path string, n ast.Node) ([]Pair, bool) {
	if !r.Bare(n) {
		return nil, false
	}
	before := r.Found()
	pairs, ok := r.Pairs(n)
	if !ok {
		r.Unfit(path, n, "a mapping of "+f.what, "names, each with a text")
		return nil, false
	}
	var all []Pair
	for _, p := range pairs {
		text, ok := form.MeasureOf(p.Value)
		if b, is := p.Value.(*ast.BoolNode); is {
			text, ok = b.GetToken().Value, true
		}
		if !ok {
			r.Report(p.ValueAt(), fmt.Sprintf("%s must be a text, not %s", form.Quote(p.Key), form.KindOf(p.Value)),
				"names, each with a text")
			continue
		}
		all = append(all, Pair{p.Key, text})
	}
	return all, r.Found() == before
}

func (pairsFormat) Schema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "object", AdditionalProperties: &jsonschema.Schema{
		OneOf: []*jsonschema.Schema{{Type: "string"}, {Type: "number"}, {Type: "boolean"}},
	}}
}

// variable is a ${…} in a text.
var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

// checkSystem holds a system's keys against its kind, and the phases against the system.
func (r reader) checkSystem(s *Suite) {
	at, ok := r.At("system.kind")
	if !ok {
		return
	}
	traits := s.System.Traits()
	allowed := fmt.Sprintf("kind: %s with %s", s.System.Kind, strings.Join(traits.Keys, ", "))
	if len(traits.Keys) == 0 {
		allowed = fmt.Sprintf("kind: %s alone", s.System.Kind)
	}
	for _, f := range systemFormat.Fields {
		given := r.Given("system.%s", f.Key)
		switch {
		case !given && slices.Contains(traits.Needs, f.Key):
			r.Report(at, fmt.Sprintf("a %s system lacks %s", s.System.Kind, f.Key), allowed)
		case given && f.Key != "kind" && !slices.Contains(traits.Keys, f.Key):
			r.Report(at, fmt.Sprintf("a %s system has no %s", s.System.Kind, f.Key), allowed)
		}
	}
	if traits.Reference {
		return
	}
	r.checkVariables(s)
	r.checkTLS(s)
	for i := range s.Phases {
		if at, ok := r.At("phases[%d].disturb", i); ok && s.Phases[i].System != SystemReference {
			r.Report(at, fmt.Sprintf("a %s system cannot be disturbed", s.System.Kind),
				"disturb with the reference system")
		}
	}
}

// checkTLS holds the TLS settings against the URL and one another.
func (r reader) checkTLS(s *Suite) {
	at, given := r.At("system.tls")
	if !given {
		return
	}
	switch t := s.System.TLS; {
	case !strings.HasPrefix(s.System.URL, "https://"):
		r.Report(at, "tls: the URL is not https", "tls with an https URL")
	case (t.Certificate == "") != (t.Key == ""):
		r.Report(at, "tls: certificate and key: one was given without the other", "both or none")
	}
}

// checkVariables reports a ${…} that a phase has no value for, and a host that may not be loaded.
func (r reader) checkVariables(s *Suite) {
	at, _ := r.At("system.kind")
	texts := append([]string{s.System.URL}, s.System.Command...)
	for _, p := range s.System.Env {
		texts = append(texts, p.Value)
	}
	for _, text := range texts {
		for _, m := range variable.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(Variables, m[1]) {
				r.Report(at, "system: unknown field "+form.Quote(m[0])+form.DidYouMean(m[1], Variables),
					"${…} of "+strings.Join(Variables, ", "))
			}
		}
	}
	at, ok := r.At("system.url")
	host := HostOf(strings.ReplaceAll(s.System.URL, "${port}", "1"))
	switch {
	case !ok:
	case host == "":
		r.Report(at, "url: "+form.Quote(s.System.URL)+" names no host", "http://HOST:PORT")
	case s.System.Traits().Started && !Loopback(host):
		r.Report(at, fmt.Sprintf("url: a command is not reached at %s", host),
			"a loopback address, e.g. http://127.0.0.1:${port}")
	}
}

// HostOf is the host of a base URL without its port; "" when it names none.
func HostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Loopback reports whether a host is this machine's own loopback, by its name alone.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
