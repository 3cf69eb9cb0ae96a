package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// The files of an archive.
const (
	runFile   = "run.json"
	suiteFile = "suite.yaml"
	benchFile = "bench.txt"
	logFolder = "histograms"
)

// Save writes the run into dir: suite.yaml, the histograms of every trial, run.json
// and bench.txt. Each file is written beside and renamed, run.json after everything
// that it names, so that whatever stops the program leaves the state before or the
// state after. Save may be called again as trials come in: a trial's histograms are
// written once, and its windows must not change afterwards. It fills in each trial's
// Histograms. Two calls for one folder must not overlap.
func Save(dir string, r *Run) error {
	return saver{dir: dir, create: create}.save(r)
}

// saver writes one archive.
type saver struct {
	dir    string
	create createFunc
}

// createFunc opens a file for writing, emptied.
type createFunc func(path string) (*os.File, error)

func create(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
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
	if err := s.write(runFile, append(data, '\n')); err != nil {
		return fmt.Errorf("save run: %w", err)
	}
	var bench bytes.Buffer
	writeBench(&bench, r)
	if err := s.write(benchFile, bench.Bytes()); err != nil {
		return fmt.Errorf("save run: %w", err)
	}
	return syncFolder(s.dir)
}

// suite writes the suite file unless it is there already.
func (s saver) suite(r *Run) error {
	there, err := os.ReadFile(filepath.Join(s.dir, suiteFile))
	if err == nil && bytes.Equal(there, r.Suite.YAML) {
		return nil
	}
	return s.write(suiteFile, r.Suite.YAML)
}

// kind writes the histograms of the trials of one kind.
func (s saver) kind(phase int, k kind) error {
	for _, t := range k.trials {
		if err := s.histograms(phase, k.letter, t); err != nil {
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
	if err := s.write(name, log.Bytes()); err != nil {
		return err
	}
	t.Histograms = Histograms{File: name, Bytes: int64(log.Len()), SHA256: digest(log.Bytes())}
	return syncFolder(filepath.Join(s.dir, logFolder))
}

func (s saver) write(name string, data []byte) error {
	return write(filepath.Join(s.dir, filepath.FromSlash(name)), s.create, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// write puts what fill writes into the file at path, in one step: the file is the old
// one or the complete new one, on disk, at any moment.
func write(path string, create createFunc, fill func(io.Writer) error) error {
	beside := path + ".tmp"
	f, err := create(beside)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, cause(err))
	}
	err = fill(f)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(beside, path)
	}
	if err != nil {
		_ = os.Remove(beside) // what is left of it is of no use, and the error is already told
		return fmt.Errorf("write %s: %w", path, cause(err))
	}
	return nil
}

// cause strips the temporary file's name from an error.
func cause(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	if e := (*os.LinkError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

// syncFolder makes renames within a folder last.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, cause(err))
	}
	defer f.Close()
	// Some file systems cannot sync a folder, and lose nothing but a rename by it.
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) {
		return fmt.Errorf("sync %s: %w", dir, cause(err))
	}
	return nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
