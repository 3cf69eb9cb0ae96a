package loadtest

import (
	"errors"
	"fmt"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// times shares the duration out to the runs.
func (o Options) times(p *plan) error {
	if o.Runs < 1 || o.Runs > suite.MaxRuns {
		return fmt.Errorf("--runs: %d is out of range; allowed: from 1 to %d", o.Runs, suite.MaxRuns)
	}
	total, err := duration("--duration", o.Duration)
	if err != nil {
		return err
	}
	each := (total / time.Duration(o.Runs)).Truncate(time.Millisecond)
	if each < suite.MinDuration {
		return fmt.Errorf("--duration: %v leave %v to each of %d runs; allowed: at least %v a run, or --runs 1",
			total, each, o.Runs, suite.MinDuration)
	}
	p.Duration = suite.FormatDuration(each)
	for _, f := range []struct {
		name, text string
		into       *string
	}{{"--warmup", o.Warmup, &p.Warmup}, {"--timeout", o.Timeout, &p.Timeout}, {"--p99", o.P99, &p.P99}} {
		if f.text == "" {
			continue
		}
		d, err := duration(f.name, f.text)
		if err != nil {
			return err
		}
		*f.into = suite.FormatDuration(d)
	}
	return nil
}

// rates reads the rates, of which the unit may be left out, and the other bounds.
func (o Options) rates(p *plan) error {
	errs, err := suite.ParseShare(o.Errors)
	if err != nil {
		return fmt.Errorf("--errors: %w", err)
	}
	memory, err := suite.ParseSize(o.Memory)
	if err != nil {
		return fmt.Errorf("--memory: %w", err)
	}
	first, err := rateOf("--rate", o.Rate)
	if err != nil {
		return err
	}
	p.Errors, p.Memory = errs.String(), memory.String()
	p.Rate = first.String()
	if o.UpTo == "" {
		return nil
	}
	if p.upTo, err = rateOf("--up-to", o.UpTo); err != nil {
		return err
	}
	switch {
	case !o.FindMax:
		return errors.New("--up-to: bounds the search of --find-max; allowed: with --find-max")
	case p.upTo < first:
		return fmt.Errorf("--up-to: %v is below the first rate, %v; allowed: that or more", p.upTo, first)
	}
	return nil
}

// rateOf reads the rate of a flag; its unit may be left out.
func rateOf(name, text string) (suite.Rate, error) {
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		text += " req/s"
	}
	r, err := suite.ParseRate(text)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

// pairsOf splits texts into names and values.
func pairsOf(flag string, texts []string, at string) ([]suite.Pair, error) {
	var all []suite.Pair
	for _, text := range texts {
		name, value, ok := strings.Cut(text, at)
		name = strings.TrimSpace(name)
		if !ok || name == "" {
			return nil, fmt.Errorf("%s: %q has no name; allowed: NAME%sVALUE", flag, text, at)
		}
		if slices.ContainsFunc(all, func(p suite.Pair) bool { return strings.EqualFold(p.Name, name) }) {
			name = textproto.CanonicalMIMEHeaderKey(name)
			return nil, fmt.Errorf("%s: %s is given twice; allowed: each name once", flag, name)
		}
		all = append(all, suite.Pair{Name: name, Value: strings.TrimSpace(value)})
	}
	return all, nil
}

// duration reads the time of a flag.
func duration(name, text string) (time.Duration, error) {
	d, err := suite.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return d, nil
}
