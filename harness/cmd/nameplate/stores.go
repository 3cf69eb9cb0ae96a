package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/nameplate-dev/nameplate/fixtures"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
	"github.com/nameplate-dev/nameplate/harness/exitcode"
	"github.com/nameplate-dev/nameplate/reports/schema"
	"github.com/nameplate-dev/nameplate/reports/text"
)

// storesCommand shows what stores this machine offers.
type storesCommand struct {
	Measure bool `help:"Start each of them, and say how long that takes." default:"true" negatable:""`
	JSON    bool `help:"Print one JSON object and nothing else."`
}

// Run looks for every provider of every store; it ends with 4 when a store has none.
func (k storesCommand) Run(c console) error {
	var all []schema.Store
	has := map[fixtures.Kind]bool{}
	for _, o := range fixtures.Offers(c.ctx, c.getenv) {
		if k.Measure {
			o = o.Measure(c.ctx,
				fixtures.Request{Env: c.getenv, Dataset: dataset.Spec{Seed: 1, Accounts: 1000, Transactions: 5000}})
		}
		has[o.Kind] = has[o.Kind] || o.Reason == ""
		all = append(all, schema.Store{
			Kind: string(o.Kind), Provider: o.Provider, Product: o.Product, Version: o.Version, Image: o.Image,
			Offered: o.Reason == "", Reason: o.Reason, Start: elapsed(o.StartTime), Warm: elapsed(o.WarmTime),
			Differs: append([]string{}, fixtures.Differences(o.Kind, o.Provider)...),
		})
	}
	var err error
	if k.JSON {
		err = indented(c.stdout, struct {
			Stores []schema.Store `json:"stores"`
		}{all})
	} else {
		err = text.Stores(c.stdout, all)
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
