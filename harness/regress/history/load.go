package history

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/nameplate-dev/nameplate/harness/regress/trend"
)

// Loaded is a history as it was found.
type Loaded struct {
	Series []trend.Series
	Left   []string             // figures that are left out, since they are 0 at times
	Known  []trend.Acknowledged // changes that are known
}

// Load reads a history: a folder with a bench file per data point (see [Read]), a CSV file (see [ImportCSV]), or
// the data.js of github-action-benchmark (see [ImportBenchmarkAction]).
func Load(path string) (l Loaded, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return l, fmt.Errorf("read the history: %w", err)
	case !info.IsDir():
		l.Series, err = importFile(path)
		return l, err
	}
	if l.Series, l.Left, err = Read(path); err != nil {
		return l, err
	}
	l.Known, err = Acknowledged(path)
	return l, err
}

func importFile(file string) ([]trend.Series, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	defer f.Close()
	if filepath.Ext(file) == ".js" {
		return ImportBenchmarkAction(file, f)
	}
	return ImportCSV(file, f)
}

// ReadPairs reads the bench files of runs that two builds made in turn: BASE-1.txt, HEAD-1.txt, BASE-2.txt and so on,
// where names are what the sides are called in their names.
func ReadPairs(dir string, names [2]string) (base, head [][]byte, err error) {
	var sides [2][][]byte
	for pair := 1; ; pair++ {
		for side, name := range names {
			text, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%s-%d.txt", name, pair)))
			switch {
			case errors.Is(err, os.ErrNotExist) && side == 0 && pair > 1:
				return sides[0], sides[1], nil
			case err != nil:
				return nil, nil, err
			}
			sides[side] = append(sides[side], text)
		}
	}
}
