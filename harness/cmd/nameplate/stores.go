package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/nameplate-dev/nameplate/fixtures"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
	"github.com/nameplate-dev/nameplate/harness/exitcode"
)

// storesCommand shows what stores this machine offers.
type storesCommand struct {
	Measure bool `help:"Start each of them, and say how long that takes." default:"true" negatable:""`
	JSON    bool `help:"Print one JSON object and nothing else."`
}

// offer is a store as it is printed; times that were not measured are null.
type offer struct {
	Store    string   `json:"store"`
	Provider string   `json:"provider"`
	Product  string   `json:"product,omitempty"`
	Version  string   `json:"version,omitempty"`
	Image    string   `json:"image,omitempty"`
	Offered  bool     `json:"offered"`
	Reason   string   `json:"reason,omitempty"` // why it is not offered
	Start    *float64 `json:"start_ms"`         // from nothing to the first answer
	Warm     *float64 `json:"warm_ms"`          // from a template to the first query of the data set
	Differs  []string `json:"differs"`          // from the real product
}

// Run looks for every provider of every store; it ends with 4 when a store has none.
func (k storesCommand) Run(c console) error {
	var all []offer
	has := map[fixtures.Kind]bool{}
	for _, o := range fixtures.Offers(c.ctx, c.getenv) {
		if k.Measure {
			o = o.Measure(c.ctx, fixtures.Request{Env: c.getenv, Dataset: dataset.Spec{Seed: 1, Accounts: 1000, Transactions: 5000}})
		}
		has[o.Kind] = has[o.Kind] || o.Reason == ""
		all = append(all, offer{
			Store: string(o.Kind), Provider: o.Provider, Product: o.Product, Version: o.Version, Image: o.Image,
			Offered: o.Reason == "", Reason: o.Reason, Start: elapsed(o.StartTime), Warm: elapsed(o.WarmTime),
			Differs: append([]string{}, fixtures.Differences(o.Kind, o.Provider)...),
		})
	}
	var err error
	if k.JSON {
		err = indented(c.stdout, struct {
			Stores []offer `json:"stores"`
		}{all})
	} else {
		err = storesText(c.stdout, all)
	}
	switch {
	case err != nil:
		return fmt.Errorf("print the stores: %w", err)
	case slices.ContainsFunc(fixtures.Kinds, func(kind fixtures.Kind) bool { return !has[kind] }):
		return exitWith(exitcode.Environment)
	}
	return nil
}

// elapsed is a time in milliseconds; nil when it was not measured.
func elapsed(d time.Duration) *float64 {
	if d <= 0 {
		return nil
	}
	ms := float64(d.Microseconds()) / 1000
	return &ms
}

func storesText(out io.Writer, all []offer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STORE\tPROVIDER\tWHAT\tSTART\tFROM TEMPLATE\tREMARK")
	for _, o := range all {
		what, remark := o.Product+" "+o.Version, o.Image
		if !o.Offered {
			what, remark = "not offered", o.Reason
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", o.Store, o.Provider, what, inMilliseconds(o.Start), inMilliseconds(o.Warm), remark)
	}
	return w.Flush()
}

func inMilliseconds(ms *float64) string {
	if ms == nil {
		return ""
	}
	return fmt.Sprintf("%.0f ms", *ms)
}
