// Package request makes the requests of a suite's http workloads: weighted, with values
// from a seed, from the rows of a CSV file and from earlier answers.
//
// It starts nothing and times nothing; harness/load sends what it makes.
package request

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/nameplate-dev/nameplate/harness/load"
	"github.com/nameplate-dev/nameplate/harness/secret"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Limits of the files that a workload may name, in bytes.
const (
	MaxBody = 16 << 20
	MaxRows = 64 << 20
)

// Program is an http workload, ready to make requests.
type Program struct {
	requests []prepared
	total    int // of the weights
	columns  []string
	rows     [][]string
	captures map[string]bool
	getenv   func(string) string
	dir      string
	secrets  *secret.Set
}

// prepared is one kind of request.
type prepared struct {
	suite.HTTPRequest
	path, body template
	headers    []template
	file       []byte
	fixed      bool // the same every time
}

// Compile reads the files that a workload names, from dir, and refuses a field that
// nothing fills. The environment fills ${env.NAME}, and a file from dir ${file.NAME}; both are added
// to the secrets.
func Compile(w suite.Workload, dir string, getenv func(string) string, secrets *secret.Set) (*Program, error) {
	p := &Program{captures: map[string]bool{}, getenv: getenv, dir: dir, secrets: secrets}
	fail := func(err error) (*Program, error) { return nil, fmt.Errorf("workload %s: %w", w.Name, err) }
	if w.Rows != "" {
		if err := p.readRows(beside(dir, w.Rows)); err != nil {
			return fail(err)
		}
	}
	for _, r := range w.Requests {
		for _, c := range r.Capture {
			p.captures[c.Name] = true
		}
	}
	for _, r := range w.Requests {
		q, err := p.prepare(r, dir)
		if err != nil {
			return fail(fmt.Errorf("request %s: %w", r.Name, err))
		}
		p.requests, p.total = append(p.requests, q), p.total+q.Weight
	}
	return p, nil
}

func beside(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

func (p *Program) prepare(r suite.HTTPRequest, dir string) (q prepared, err error) {
	q = prepared{HTTPRequest: r, fixed: plain(r.Path) && plain(r.Body)}
	q.Weight = max(1, r.Weight)
	if q.Method == "" {
		q.Method = http.MethodGet
	}
	if r.Body != "" && r.File != "" {
		return q, fmt.Errorf("has both body and body_file; allowed: one of them")
	}
	if q.path, err = p.parse("path", r.Path, inPath); err != nil {
		return q, err
	}
	escape := asIs
	for _, h := range r.Headers {
		t, err := p.parse("header "+h.Name, h.Value, asIs)
		if err != nil {
			return q, err
		}
		q.headers, q.fixed = append(q.headers, t), q.fixed && plain(h.Value)
		if strings.EqualFold(h.Name, "Content-Type") && strings.Contains(h.Value, "json") {
			escape = inJSON
		}
	}
	if q.body, err = p.parse("body", r.Body, escape); err != nil {
		return q, err
	}
	if r.File != "" {
		q.file, err = readFile(beside(dir, r.File), MaxBody)
	}
	return q, err
}

// inJSON makes a value safe between the quotes of a JSON text.
func inJSON(s string) string {
	quoted, _ := json.Marshal(s) // a string always has a JSON form
	return string(quoted[1 : len(quoted)-1])
}

func readFile(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%s has more than %d bytes", path, most)
	}
	return data, err
}

func (p *Program) readRows(path string) error {
	data, err := readFile(path, MaxRows)
	if err != nil {
		return fmt.Errorf("rows: %w", err)
	}
	if p.columns, p.rows, err = table(data); err != nil {
		return fmt.Errorf("rows: %s: %w", path, err)
	}
	return nil
}

// table reads a CSV file with a header line; a byte order mark before it, which spreadsheets write, is none of the
// first column's name.
func table(data []byte) (columns []string, rows [][]string, err error) {
	all, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff")))).ReadAll()
	if err != nil {
		return nil, nil, err
	}
	if len(all) < 2 {
		return nil, nil, fmt.Errorf("it has %d lines; allowed: a header line and at least one row", len(all))
	}
	columns = all[0]
	for i, name := range columns {
		if slices.Contains(columns[:i], name) {
			return nil, nil, fmt.Errorf("it has the column %q twice; allowed: each name once", name)
		}
	}
	return columns, all[1:], nil
}

// state holds what was captured last; several goroutines use it at once.
type state struct {
	sync.RWMutex
	captured map[string]string
}

func (s *state) put(name, value string) {
	s.Lock()
	defer s.Unlock()
	s.captured[name] = value
}

func (s *state) get(name string) (string, error) {
	s.RLock()
	defer s.RUnlock()
	v, ok := s.captured[name]
	if !ok {
		return "", fmt.Errorf("capture %s is used before a request has made it", name)
	}
	return v, nil
}

// Source makes the requests of one run.
type Source struct {
	program *Program
	values  values
	checks  []func(int, http.Header, []byte) error
	fixed   []*load.Request
}

// Source starts over with a seed; salt is what ${salt} stands for.
func (p *Program) Source(seed uint64, salt string) *Source {
	s := &Source{program: p, values: values{
		random: rand.New(rand.NewPCG(seed, 0x6e616d65)), salt: salt, state: &state{captured: map[string]string{}},
	}}
	for _, q := range p.requests {
		s.checks = append(s.checks, checker(q.Expect, q.Capture, s.values.state))
	}
	s.fixed = make([]*load.Request, len(p.requests))
	return s
}

// Prepare sends every request that captures something once, in the order of the suite, so
// that what later requests use is there. A capture that finds nothing is an error.
func (s *Source) Prepare(ctx context.Context, base string, secured *tls.Config) error {
	transport := &http.Transport{DisableCompression: true, TLSClientConfig: secured}
	defer transport.CloseIdleConnections()
	for i, q := range s.program.requests {
		if len(q.Capture) == 0 {
			continue
		}
		if err := s.once(ctx, transport, strings.TrimSuffix(base, "/"), i); err != nil {
			return fmt.Errorf("request %s, sent once for what it captures: %w", q.Name, err)
		}
	}
	return nil
}

func (s *Source) once(ctx context.Context, t http.RoundTripper, base string, i int) error {
	r, err := s.request(i)
	if err != nil {
		return err
	}
	m, err := http.NewRequestWithContext(ctx, r.Method, base+r.Path, strings.NewReader(string(r.Body)))
	if err != nil {
		return err
	}
	m.Header = r.Header.Clone()
	answer, err := t.RoundTrip(m)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, load.MaxAnswer+1))
	switch {
	case err != nil:
		return err
	case len(body) > load.MaxAnswer:
		return fmt.Errorf("the answer is larger than %d bytes", load.MaxAnswer)
	}
	return r.Check(answer.StatusCode, answer.Header, body)
}

// Next is the next request, chosen by weight; nil when one uses what was never captured,
// which the generator counts as failed.
func (s *Source) Next() *load.Request {
	n := s.values.random.IntN(s.program.total)
	for i, q := range s.program.requests {
		if n -= q.Weight; n < 0 {
			r, err := s.request(i)
			if err != nil {
				return nil
			}
			return r
		}
	}
	return nil
}

func (s *Source) request(i int) (*load.Request, error) {
	if s.fixed[i] != nil {
		return s.fixed[i], nil
	}
	q := &s.program.requests[i]
	v := &s.values
	v.seq++
	if len(s.program.rows) > 0 {
		v.row = s.program.rows[v.random.IntN(len(s.program.rows))]
	}
	r := &load.Request{Operation: q.Name, Method: q.Method, Header: http.Header{}, Body: q.file, Check: s.checks[i]}
	var err error
	if r.Path, err = q.path.make(v); err != nil {
		return nil, err
	}
	for j, h := range q.headers {
		text, err := h.make(v)
		if err != nil {
			return nil, err
		}
		r.Header.Add(q.Headers[j].Name, text)
	}
	if q.file == nil {
		body, err := q.body.make(v)
		if err != nil {
			return nil, err
		}
		r.Body = []byte(body)
	}
	if q.fixed {
		s.fixed[i] = r
	}
	return r, nil
}
