package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/regress/compare"
)

func TestPairsAloneAreAsManyAsAskedFor(t *testing.T) {
	six := 6
	for name, row := range map[string]struct {
		command compareCommand
		want    compare.Sampling
	}{
		"nothing is said": {
			compareCommand{}, compare.Sampling{Unit: "cpu-ns/req", Least: 8, Within: 0.03, Budget: 10 * time.Minute},
		},
		"pairs alone": {compareCommand{Pairs: &six}, compare.Sampling{Unit: "cpu-ns/req", Least: 6}},
		"pairs for a time": {compareCommand{Pairs: &six, Budget: time.Minute},
			compare.Sampling{Unit: "cpu-ns/req", Least: 6, Budget: time.Minute}},
		"pairs and a width": {compareCommand{Pairs: &six, Within: "2%", Budget: time.Minute},
			compare.Sampling{Unit: "cpu-ns/req", Least: 6, Within: 0.02, Budget: time.Minute}},
		"no width": {compareCommand{Within: "0%"}, compare.Sampling{Unit: "cpu-ns/req", Least: 8}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := row.command.sampling()
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
		})
	}
}
