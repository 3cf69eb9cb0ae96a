package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/draft"
	"github.com/nameplate-dev/nameplate/harness/draft/har"
	"github.com/nameplate-dev/nameplate/harness/draft/live"
	"github.com/nameplate-dev/nameplate/harness/draft/openapi"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/files"
)

// initCommand writes the first suite of a system of the user's own.
type initCommand struct {
	From string   `arg:"" help:"A URL, or the file of an OpenAPI 3 document (JSON or YAML) or of a HAR recording." placeholder:"SOURCE" name:"source"`
	Path []string `arg:"" optional:"" help:"Of a URL: paths to ask for. Of a file: only what starts with one of these." placeholder:"PATH"`

	Kind    string   `help:"What the source is: url, openapi or har; recognised when it is left out." name:"from" placeholder:"KIND"`
	URL     string   `help:"Where the system is, instead of what the source says." name:"url" placeholder:"http://HOST:PORT"`
	Command string   `help:"Let the suite start this command for each run, e.g. 'node server.js'." placeholder:"COMMAND"`
	Writes  bool     `help:"Send requests that change state (POST, PUT, PATCH, DELETE), too; else they are written as comments."`
	All     bool     `help:"Of a recording: static assets, too."`
	Offline bool     `help:"Of a URL: ask nothing."`
	IOwn    []string `help:"A host other than this machine that you may load." placeholder:"HOST" name:"i-own"`
	Output  string   `help:"File to write instead of standard output." short:"o" placeholder:"FILE" type:"path"`
	Force   bool     `help:"Overwrite the file."`
}

// Run drafts the suite and writes it.
func (k initCommand) Run(c console) error {
	if err := k.check(); err != nil {
		return usageError{err}
	}
	d, err := k.draft(c)
	if err != nil {
		return err
	}
	text, err := d.Suite()
	if err != nil {
		return usageError{err}
	}
	if k.Output == "" {
		_, err = c.stdout.Write(text)
		return err
	}
	if err := files.Write(k.Output, text); err != nil {
		return &run.EnvironmentError{Where: "write the suite", Err: err}
	}
	fmt.Fprintf(c.stderr, "%s is written; look for TODO in it, then nameplate verify %s\n", k.Output, k.Output)
	return nil
}

// check refuses what is wrong before anything is asked or read.
func (k initCommand) check() error {
	if !slices.Contains([]string{"", draft.KindURL, draft.KindOpenAPI, draft.KindHAR}, k.Kind) {
		return fmt.Errorf("--from: %q is unknown; allowed: %s, %s, %s", k.Kind, draft.KindURL, draft.KindOpenAPI,
			draft.KindHAR)
	}
	if _, err := os.Lstat(k.Output); k.Output != "" && err == nil && !k.Force {
		return fmt.Errorf("%s is there already; allowed: another name, or --force", k.Output)
	}
	for _, p := range k.Path {
		if !strings.HasPrefix(p, "/") {
			return fmt.Errorf("%q is no path; allowed: a path that starts with /", p)
		}
	}
	return nil
}

// draft reads the source as what it is.
func (k initCommand) draft(c console) (draft.Draft, error) {
	if k.Kind == draft.KindURL ||
		k.Kind == "" && (strings.HasPrefix(k.From, "http://") || strings.HasPrefix(k.From, "https://")) {
		return k.fromURL(c)
	}
	data, err := readSource(k.From)
	if err != nil {
		return draft.Draft{}, usageError{err}
	}
	kind := k.Kind
	if kind == "" {
		if kind, err = draft.Sniff(data); err != nil {
			return draft.Draft{}, usageError{fmt.Errorf("%s %w", k.From, err)}
		}
	}
	name := filepath.Base(k.From)
	where := draft.Where{URL: k.URL, Command: k.Command, IOwn: k.IOwn}
	var d draft.Draft
	if kind == draft.KindHAR {
		d, err = har.Read(name, data, har.Options{Where: where, Writes: k.Writes, All: k.All, Paths: k.Path})
	} else {
		d, err = openapi.Read(name, data, openapi.Options{Where: where, Writes: k.Writes, Paths: k.Path})
	}
	if err != nil {
		return draft.Draft{}, usageError{err}
	}
	return d, nil
}

// draft.KindURL asks a system that runs, or takes its address as it is.
func (k initCommand) fromURL(c console) (draft.Draft, error) {
	fail := func(err error) (draft.Draft, error) { return draft.Draft{}, usageError{err} }
	asked, _, err := draft.Where{URL: k.From, IOwn: k.IOwn}.Place("")
	if err != nil {
		return fail(err)
	}
	host := suite.HostOf(asked.URL)
	if !k.Offline && !suite.Loopback(host) && len(asked.IOwn) == 0 {
		return fail(
			fmt.Errorf("%s is not this machine; say that you may ask it with --i-own %s, or use --offline", host, host),
		)
	}
	place := asked
	switch {
	case k.Command != "":
		place, _, err = draft.Where{URL: k.URL, Command: k.Command}.Place("")
	case k.URL != "":
		err = errors.New("--url: the source is a URL itself; allowed: with a file, or with --command")
	}
	if err != nil {
		return fail(err)
	}
	o := live.Options{Base: asked.URL, Paths: k.Path, Offline: k.Offline}
	if u, err := url.Parse(k.From); err == nil && u.RequestURI() != "/" {
		o.Paths = append([]string{u.RequestURI()}, k.Path...)
	}
	d, err := live.Read(c.ctx, place, o)
	switch {
	case err != nil && c.ctx.Err() != nil:
		return draft.Draft{}, run.ErrInterrupted
	case err != nil:
		return draft.Draft{}, &run.EnvironmentError{
			Where: "ask the system", Err: fmt.Errorf("%w; start it, or use --offline", err),
		}
	}
	return d, nil
}
