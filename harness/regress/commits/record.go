package commits

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"github.com/nameplate-dev/nameplate/harness/regress/bisect"
	"github.com/nameplate-dev/nameplate/harness/run"
)

// recordFile is the name of the record in its folder.
const recordFile = "bisect.json"

// recordVersion is the version of the record's form.
const recordVersion = 1

// record is what the folder keeps: what is searched for, and what was measured.
type record struct {
	Version  int               `json:"version"`
	Search   search            `json:"search"`
	Pairs    []pair            `json:"pairs"` // in the order in which they were made
	Broken   map[string]string `json:"broken"`
	Finished *bisect.Finding   `json:"finished,omitempty"`
}

// search is what has to be the same for a search to go on.
type search struct {
	Good     string  `json:"good"` // commits, in full
	Bad      string  `json:"bad"`
	Claim    string  `json:"claim"`
	Least    float64 `json:"least"`
	Risk     float64 `json:"risk"`
	Most     int     `json:"most"`
	Duration string  `json:"duration"`
	Warmup   string  `json:"warmup"`
	Turn     string  `json:"turn"`
	Stores   string  `json:"stores"`
}

// pair is what the good commit and another one measured, next to one another.
type pair struct {
	Commit string  `json:"commit"`
	Good   float64 `json:"good"`
	Other  float64 `json:"other"`
}

// readRecord reads the record of the same search from a folder; a new one where there is none, or on restart.
func readRecord(dir string, wanted search, restart bool) (*record, error) {
	fresh := &record{Version: recordVersion, Search: wanted, Broken: map[string]string{}}
	file := filepath.Join(dir, recordFile)
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, os.ErrNotExist) || restart:
		return fresh, nil
	case err != nil:
		return nil, &run.EnvironmentError{Where: "read the record of the search", Err: err}
	}
	r := &record{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: %w; --restart begins anew", file, err)
	}
	if r.Version != recordVersion {
		return nil, fmt.Errorf("%s: version %d; allowed: %d, or --restart", file, r.Version, recordVersion)
	}
	had, want := reflect.ValueOf(r.Search), reflect.ValueOf(wanted)
	for i := range want.NumField() {
		if had.Field(i).Interface() != want.Field(i).Interface() {
			return nil, fmt.Errorf("%s is of another search: its %s is %v, not %v; "+
				"allowed: the same, another --out, or --restart",
				file, want.Type().Field(i).Tag.Get("json"), had.Field(i), want.Field(i))
		}
	}
	if r.Broken == nil {
		r.Broken = map[string]string{}
	}
	return r, nil
}
