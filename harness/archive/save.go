package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/internal/files"
)

// The files of an archive.
const (
	runFile   = "run.json"
	suiteFile = "suite.yaml"
	benchFile = "bench.txt"
	logFolder = "histograms"
)

// Save writes the run into dir: suite.yaml, the histograms and profiles of every trial, run.json
// and bench.txt. Each file is written beside and renamed, run.json after everything
// that it names, so that whatever stops the program leaves the state before or the
// state after. Save may be called again as trials come in: a trial's histograms are
// written once, and its windows must not change afterwards. It fills in each trial's
// Histograms. Two calls for one folder must not overlap.
func Save(dir string, r *Run) error {
	return saver{dir: dir, write: files.Write}.save(r)
}

// saver writes one archive.
type saver struct {
	dir   string
	write func(path string, data []byte) error // [files.Write]
}

func (s saver) save(r *Run) error {
	if err := os.MkdirAll(filepath.Join(s.dir, logFolder), 0o755); err != nil {
		return fmt.Errorf("save run: %w", err)
	}
	if err := s.suite(r); err != nil {
		return fmt.Errorf("save run: %w", err)
	}
	for p := range r.Phases {
		for _, k := range r.Phases[p].kinds() {
			if err := s.kind(r.Phases[p].Number, k); err != nil {
				return fmt.Errorf("save run: %w", err)
			}
		}
	}
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return fmt.Errorf("save run: encode %s: %w", runFile, err)
	}
	if err := s.put(runFile, append(data, '\n')); err != nil {
		return fmt.Errorf("save run: %w", err)
	}
	var bench bytes.Buffer
	writeBench(&bench, r)
	if err := s.put(benchFile, bench.Bytes()); err != nil {
		return fmt.Errorf("save run: %w", err)
	}
	return nil
}

// suite writes the suite file unless it is there already.
func (s saver) suite(r *Run) error {
	there, err := os.ReadFile(filepath.Join(s.dir, suiteFile))
	if err == nil && bytes.Equal(there, r.Suite.YAML) {
		return nil
	}
	return s.put(suiteFile, r.Suite.YAML)
}

// kind writes the histograms and profiles of the trials of one kind.
func (s saver) kind(phase int, k kind) error {
	for _, t := range k.trials {
		if err := errors.Join(s.histograms(phase, k.letter, t), s.profiles(t)); err != nil {
			return err
		}
	}
	return nil
}

// histograms writes a trial's histograms unless they are there already. A trial whose
// windows were never recorded has none.
func (s saver) histograms(phase int, kind string, t *Trial) error {
	if t.Warmup == nil || t.Window == nil {
		return nil
	}
	name := path.Join(logFolder, fmt.Sprintf("p%d-%s%d.hlog", phase, kind, t.Number))
	if t.Histograms.File == name {
		info, err := os.Stat(filepath.Join(s.dir, filepath.FromSlash(name)))
		if err == nil && info.Size() == t.Histograms.Bytes {
			return nil
		}
	}
	var log bytes.Buffer
	if err := measure.WriteLog(&log, t.Started, t.Warmup, t.Window); err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	if err := s.put(name, log.Bytes()); err != nil {
		return err
	}
	t.Histograms = Histograms{File: name, Bytes: int64(log.Len()), SHA256: digest(log.Bytes())}
	return nil
}

func (s saver) put(name string, data []byte) error {
	return s.write(filepath.Join(s.dir, filepath.FromSlash(name)), data)
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
