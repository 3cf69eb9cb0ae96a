// Package secret keeps secrets out of what is printed and archived.
//
// A text that holds a secret gets its name in its place, whichever of the usual forms it takes: as it
// is, escaped for a URL or for JSON, or in base64. A form that it does not know, such as a hash or a secret
// in the middle of something encoded, passes.
package secret

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
)

// Least is the fewest bytes that a secret may have: shorter ones stand in any text.
const Least = 4

// Set are the secrets of a run. The nil set has none. Once all are added it may be used by several
// goroutines at once.
type Set struct {
	forms    map[string]string // each form of each secret, with what stands in its place
	replacer *strings.Replacer
	longest  int
}

// Add adds a secret by its name.
func (s *Set) Add(name, value string) error {
	if len(value) < Least {
		return fmt.Errorf(
			"secret %s has %d bytes; allowed: %d or more, since a shorter one cannot be kept out of reports", name,
			len(value), Least,
		)
	}
	quoted, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("secret %s: %w", name, err)
	}
	if s.forms == nil {
		s.forms = map[string]string{}
	}
	raw := []byte(value)
	forms := []string{
		value, url.QueryEscape(value), url.PathEscape(value), strings.ReplaceAll(url.QueryEscape(value), "+", "%20"),
		string(quoted[1 : len(quoted)-1]), base64.StdEncoding.EncodeToString(raw),
		base64.URLEncoding.EncodeToString(raw), base64.RawStdEncoding.EncodeToString(raw),
		base64.RawURLEncoding.EncodeToString(raw),
	}
	for _, line := range strings.Split(value, "\n") { // a log takes it line by line
		if len(line) >= Least {
			forms = append(forms, line)
		}
	}
	for _, form := range forms {
		s.forms[form] = "[secret " + name + "]"
		s.longest = max(s.longest, len(form))
	}
	s.replacer = s.pairs()
	return nil
}

// Hide is a text without the secrets.
func (s *Set) Hide(text string) string {
	if s == nil || len(s.forms) == 0 {
		return text
	}
	return s.replacer.Replace(text)
}

// pairs replaces the longest form first, where one holds another.
func (s *Set) pairs() *strings.Replacer {
	var forms []string
	for form := range s.forms {
		forms = append(forms, form)
	}
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	var all []string
	for _, form := range forms {
		all = append(all, form, s.forms[form])
	}
	return strings.NewReplacer(all...)
}

// Error is an error whose text has none of the secrets; it wraps the one given.
func (s *Set) Error(err error) error {
	if err == nil || s.Hide(err.Error()) == err.Error() {
		return err
	}
	return &hidden{s.Hide(err.Error()), err}
}

type hidden struct {
	text string
	err  error
}

func (h *hidden) Error() string { return h.text }
func (h *hidden) Unwrap() error { return h.err }

// Writer hides the secrets in what is written to it, also where one comes in pieces. Close writes what was
// held back, and leaves w open.
func (s *Set) Writer(w io.Writer) io.WriteCloser {
	if s == nil || len(s.forms) == 0 {
		return nopCloser{w}
	}
	return &writer{set: s, to: w}
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// writer holds back the end of what was written, in which a secret may have begun: from the last line
// break on, or the length of the longest form where a line is longer than that.
type writer struct {
	set  *Set
	to   io.Writer
	held string
}

func (w *writer) Write(p []byte) (int, error) {
	w.held += string(p)
	cut := max(strings.LastIndexByte(w.held, '\n')+1, 0)
	if rest := len(w.held) - cut; rest > 64*w.set.longest { // a line without an end
		hidden := w.set.Hide(w.held)
		cut = len(hidden) - w.set.longest
		_, err := io.WriteString(w.to, hidden[:cut])
		w.held = hidden[cut:]
		return len(p), err
	}
	if cut == 0 {
		return len(p), nil
	}
	_, err := io.WriteString(w.to, w.set.Hide(w.held[:cut]))
	w.held = w.held[cut:]
	return len(p), err
}

// Close writes what was held back.
func (w *writer) Close() error {
	_, err := io.WriteString(w.to, w.set.Hide(w.held))
	w.held = ""
	return err
}
