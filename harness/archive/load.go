package archive

import (
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
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// What may be wrong with an archive; errors of [Load] wrap one of these.
var (
	ErrMissing    = errors.New("file is missing")
	ErrGarbled    = errors.New("file is truncated or garbled")
	ErrVersion    = errors.New("version cannot be read")
	ErrAltered    = errors.New("file is not the one that the run was made with")
	ErrImpossible = errors.New("values are impossible")
)

// Load reads a run from its folder, from the run.json in it, or through a link that
// [Latest] made.
func Load(name string) (*Run, error) {
	dir, err := locate(name)
	if err != nil {
		return nil, fmt.Errorf("load run: %w", err)
	}
	r, err := load(os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("load run %s: %w", dir, err)
	}
	return r, nil
}

// LoadFrom reads a run from its folder dir in fsys. It reaches nothing outside of fsys.
func LoadFrom(fsys fs.FS, dir string) (*Run, error) {
	sub, err := fs.Sub(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("load run: %w", err)
	}
	r, err := load(sub)
	if err != nil {
		return nil, fmt.Errorf("load run %s: %w", dir, err)
	}
	return r, nil
}

// load reads a run from its folder.
func load(dir fs.FS) (*Run, error) {
	data, err := read(dir, runFile)
	if err != nil {
		return nil, err
	}
	r, err := decode(data)
	if err != nil {
		return nil, err
	}
	if err := r.loadSuite(dir); err != nil {
		return nil, err
	}
	for p := range r.Phases {
		for _, t := range r.Phases[p].all() {
			if err := errors.Join(t.loadHistograms(dir), t.loadProfiles(dir)); err != nil {
				return nil, fmt.Errorf("phase %d, run %d: %w", r.Phases[p].Number, t.Number, err)
			}
		}
	}
	return r, nil
}

// decode reads run.json, without what stands in other files.
func decode(data []byte) (*Run, error) {
	var head struct {
		Version *int `json:"version"`
	}
	if err := unmarshal(data, &head); err != nil {
		return nil, err
	}
	switch {
	case head.Version == nil:
		return nil, fmt.Errorf("%s has no version, this nameplate reads %d: %w", runFile, Version, ErrVersion)
	case *head.Version != Version:
		return nil, fmt.Errorf("%s has version %d, this nameplate reads %d: %w", runFile, *head.Version, Version,
			ErrVersion)
	}
	r := &Run{}
	if err := unmarshal(data, r); err != nil {
		return nil, err
	}
	r.rename()
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", runFile, ErrImpossible, err)
	}
	return r, nil
}

// unmarshal decodes JSON and says what is wrong with it.
func unmarshal(data []byte, into any) error {
	err := json.Unmarshal(data, into)
	if e := (*json.UnmarshalTypeError)(nil); errors.As(err, &e) {
		return fmt.Errorf("%s: %w: %s has the value %s, allowed is a %v", runFile, ErrImpossible, e.Field, e.Value,
			e.Type)
	}
	if e := (*json.SyntaxError)(nil); errors.As(err, &e) {
		return fmt.Errorf("%s: %w: at byte %d: %w", runFile, ErrGarbled, e.Offset, err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %w", runFile, ErrGarbled, err)
	}
	return nil
}

func (r *Run) loadSuite(dir fs.FS) error {
	data, err := read(dir, suiteFile)
	if err != nil {
		return err
	}
	if sum := digest(data); sum != r.Suite.SHA256 {
		return fmt.Errorf("%s: %w: its SHA-256 is %s, %s names %s", suiteFile, ErrAltered, sum, runFile, r.Suite.SHA256)
	}
	parsed, err := suite.Parse(suiteFile, data)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", suiteFile, ErrGarbled, err)
	}
	if r.Parsed, err = parsed.With(r.Options.override()); err != nil {
		return fmt.Errorf("%s: %w: its options do not fit the suite: %w", runFile, ErrImpossible, err)
	}
	r.Suite.YAML = data
	return nil
}

func (t *Trial) loadHistograms(dir fs.FS) error {
	if t.Warmup == nil || t.Window == nil {
		return nil // an interrupted trial; check has seen to that
	}
	name, err := locateIn(dir, t.Histograms.File)
	if err != nil {
		return err
	}
	file, err := dir.Open(name)
	if err != nil {
		return unread(t.Histograms.File, err)
	}
	defer file.Close()
	hash := sha256.New()
	data := io.TeeReader(file, hash) // not read as a whole: that of a day takes more than what it holds
	wrong := measure.ReadLog(data, t.Warmup, t.Window)
	if _, err := io.Copy(io.Discard, data); err != nil {
		return unread(t.Histograms.File, err)
	}
	if sum := hex.EncodeToString(hash.Sum(nil)); sum != t.Histograms.SHA256 {
		return fmt.Errorf("%s: %w: its SHA-256 is %s, %s names %s", t.Histograms.File, ErrGarbled, sum, runFile,
			t.Histograms.SHA256)
	}
	if wrong != nil {
		return fmt.Errorf("%s: %w: %w", t.Histograms.File, ErrGarbled, wrong)
	}
	for _, w := range []*measure.Window{t.Warmup, t.Window} {
		if n := w.Response.Count(); n != w.Sent {
			return fmt.Errorf("%s: %w: it holds %d response times of %d requests sent", t.Histograms.File,
				ErrImpossible, n, w.Sent)
		}
	}
	return nil
}

// read reads a file of the archive.
func read(dir fs.FS, name string) ([]byte, error) {
	file, err := locateIn(dir, name)
	if err != nil {
		return nil, err
	}
	data, err := fs.ReadFile(dir, file)
	if err != nil {
		return nil, unread(name, err)
	}
	return data, nil
}

// errNoFile says that a name stands for a folder, a pipe or a device.
var errNoFile = errors.New("it is no regular file")

// locateIn is the path of a file of the archive. The name may come from run.json: it must stay within the folder. It
// must be a regular file: to open a pipe would wait for its writer.
func locateIn(dir fs.FS, name string) (string, error) {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return "", fmt.Errorf("%s names the file %q: %w: allowed are files within its folder", runFile, name,
			ErrImpossible)
	}
	file := path.Clean(name)
	info, err := fs.Stat(dir, file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%s: %w", name, ErrMissing)
	case err != nil:
		return "", unread(name, err)
	case !info.Mode().IsRegular():
		return "", unread(name, errNoFile)
	}
	return file, nil
}

// unread says that a file cannot be read.
func unread(name string, err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		err = e.Err // the path is long, and name is in it
	}
	return fmt.Errorf("read %s: %w", name, err)
}

// rename gives what disturbances yielded today's names of its metrics.
func (r *Run) rename() {
	for _, p := range r.Phases {
		for _, t := range p.Trials {
			renameValues(t.Values)
		}
	}
}

func renameValues(values map[string]float64) {
	for name, v := range values {
		if m, ok := suite.MetricByName(name); ok && m.Name != name {
			delete(values, name)
			values[m.Name] = v
		}
	}
}
