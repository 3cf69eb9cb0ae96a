package request

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// field is a ${…} in a text.
var field = regexp.MustCompile(`\$\{([^}]*)\}`)

const allowedFields = "${random:LOW-HIGH}, ${seq}, ${salt}, ${row.COLUMN}, ${capture.NAME}, ${env.NAME}, ${file.NAME}"

// maxSecret bounds the file of a secret, in bytes.
const maxSecret = 64 << 10

// values are what the fields of one request stand for.
type values struct {
	random *rand.Rand
	seq    uint64
	salt   string
	row    []string
	state  *state
}

// template is a text with fields; each part makes its piece of it.
type template []func(v *values) (string, error)

// plain reports whether the text is the same for every request.
func plain(text string) bool { return !field.MatchString(text) }

// parse makes a template; escape is applied to what the fields stand for, not to the text around them.
func (p *Program) parse(where, text string, escape func(string) string) (template, error) {
	var t template
	last := 0
	for _, m := range field.FindAllStringSubmatchIndex(text, -1) {
		before := text[last:m[0]]
		part, err := p.part(text[m[2]:m[3]])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
		t = append(t, func(*values) (string, error) { return before, nil }, func(v *values) (string, error) {
			s, err := part(v)
			return escape(s), err
		})
		last = m[1]
	}
	after := text[last:]
	return append(t, func(*values) (string, error) { return after, nil }), nil
}

func (p *Program) part(name string) (func(v *values) (string, error), error) {
	unknown := fmt.Errorf("unknown field ${%s}; allowed: %s", name, allowedFields)
	prefix, rest, _ := strings.Cut(name, ".")
	switch {
	case name == "seq":
		return func(v *values) (string, error) { return strconv.FormatUint(v.seq, 10), nil }, nil
	case name == "salt":
		return func(v *values) (string, error) { return v.salt, nil }, nil
	case strings.HasPrefix(name, "random:"):
		low, high, ok := bounds(strings.TrimPrefix(name, "random:"))
		if !ok {
			return nil, unknown
		}
		return func(v *values) (string, error) {
			return strconv.FormatInt(low+v.random.Int64N(high-low+1), 10), nil
		}, nil
	case prefix == "row":
		column := slices.Index(p.columns, rest)
		if column < 0 {
			return nil, fmt.Errorf("unknown field ${%s}; allowed: the columns of rows, which are %q", name, p.columns)
		}
		return func(v *values) (string, error) { return v.row[column], nil }, nil
	case prefix == "capture":
		if !p.captures[rest] {
			return nil, fmt.Errorf("unknown field ${%s}: no request captures %s", name, rest)
		}
		return func(v *values) (string, error) { return v.state.get(rest) }, nil
	case prefix == "env":
		value := p.getenv(rest)
		if value == "" {
			return nil, fmt.Errorf("field ${%s}: the environment has no variable %s", name, rest)
		}
		return func(*values) (string, error) { return value, nil }, p.secrets.Add(rest, value)
	case prefix == "file":
		text, err := readFile(beside(p.dir, rest), maxSecret)
		if err != nil {
			return nil, fmt.Errorf("field ${%s}: %w", name, err)
		}
		value := strings.TrimRight(string(text), "\r\n")
		return func(*values) (string, error) { return value, nil }, p.secrets.Add(rest, value)
	}
	return nil, unknown
}

// bounds reads LOW-HIGH, both in the range [0, 2^62).
func bounds(text string) (low, high int64, ok bool) {
	a, b, found := strings.Cut(text, "-")
	low, errLow := strconv.ParseInt(a, 10, 63)
	high, errHigh := strconv.ParseInt(b, 10, 63)
	return low, high, found && errLow == nil && errHigh == nil && low >= 0 && high >= low
}

func (t template) make(v *values) (string, error) {
	var b strings.Builder
	for _, part := range t {
		s, err := part(v)
		if err != nil {
			return "", err
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

// inPath makes a value safe in a path and in a query alike.
func inPath(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func asIs(s string) string { return s }
