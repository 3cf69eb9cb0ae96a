package loadtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/draft/targets"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// target says what is measured: a URL, a command, or the reference cluster.
func (o Options) target(p *plan) error {
	switch {
	case len(o.Target) == 0:
		return o.reference(p)
	case isURL(o.Target[0]):
		if err := o.remote(p); err != nil {
			return err
		}
	default:
		o.started(p)
	}
	paths := o.Path
	if p.path != "" {
		paths = []string{p.path}
	}
	if len(paths) == 0 {
		paths = []string{"/"}
	}
	o.ask(p, paths)
	if o.Stores != "" {
		return errors.New("--stores: only the reference cluster is given stores by a flag; " +
			"allowed: without a URL or a command, or a suite")
	}
	return nil
}

// started measures a command that is started for each run.
func (o Options) started(p *plan) {
	p.Kind, p.Command, p.URL, p.Title = suite.SystemCommand, o.Target, o.URL, "Load test of "+o.Target[0]
}

// listed measures what a target file names, or a command by the requests of such a file.
func (o Options) listed(p *plan, file *targets.Targets) error {
	for _, f := range []struct {
		name  string
		given bool
	}{
		{"--path", len(o.Path) > 0}, {"--method", strings.ToUpper(o.Method) != "GET"}, {"--body", o.Body != ""},
		{"--stores", o.Stores != ""},
	} {
		if f.given {
			return fmt.Errorf("%s: the requests are those of --targets; allowed: one of them", f.name)
		}
	}
	p.Requests = slices.Clone(file.Requests)
	if len(o.Target) > 0 && !isURL(o.Target[0]) {
		o.started(p)
		return nil
	}
	if len(o.Target) > 0 {
		return fmt.Errorf("load: %q beside --targets, which names the system at %s; allowed: one of them, or a "+
			"command after --", o.Target[0], file.Base)
	}
	o.Target = []string{file.Base}
	return o.remote(p)
}

func isURL(text string) bool {
	return strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://")
}

// remote measures a system that runs already.
func (o Options) remote(p *plan) error {
	if len(o.Target) > 1 {
		return fmt.Errorf("load: %q after the URL; allowed: one URL, or a command", o.Target[1])
	}
	scheme, rest, _ := strings.Cut(o.Target[0], "://")
	host, path, _ := strings.Cut(rest, "/")
	p.Kind, p.URL, p.Title = suite.SystemURL, scheme+"://"+host, "Load test of "+host
	if path != "" {
		if len(o.Path) > 0 {
			return errors.New("load: the URL has a path and --path names others; allowed: one of them")
		}
		p.path = "/" + path
	}
	if o.FindMax && o.UpTo == "" {
		return errors.New("--find-max: a system that runs already is loaded no higher than you say; " +
			"allowed: with --up-to RATE")
	}
	return nil
}

// reference measures the reference cluster with the mix of the built-in suite.
func (o Options) reference(p *plan) error {
	for name, given := range map[string]bool{
		"--path": len(o.Path) > 0, "--header": len(o.Header) > 0, "--env": len(o.Env) > 0, "--body": o.Body != "",
	} {
		if given {
			return fmt.Errorf("%s: the reference cluster has requests of its own; allowed: with a URL or a command",
				name)
		}
	}
	name := "memory-cluster"
	if p.Stores = o.Stores != ""; p.Stores {
		name = "stores"
	}
	w, ok := suite.Builtin().Workload(name)
	if !ok {
		return fmt.Errorf("the built-in suite has no workload %s", name)
	}
	p.Kind, p.Title, p.Mix = suite.SystemReference, "Load test of the reference cluster", w.Mix
	if o.Workers == 0 {
		p.Workers = 4
	}
	return nil
}
