package archive

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// Profile is a profile of the processor time of one process, in the format of pprof.
type Profile struct {
	Role   measure.Role `json:"role"`   // of the process
	File   string       `json:"file"`   // beside run.json, with forward slashes
	Bytes  int64        `json:"bytes"`  // its length; filled in by Save
	SHA256 string       `json:"sha256"` // of its bytes, hexadecimal; filled in by Save
	Data   []byte       `json:"-"`      // the file's bytes
}

// profiles writes a trial's profiles unless they are there already.
func (s saver) profiles(t *Trial) error {
	for i := range t.Profiles {
		p := &t.Profiles[i]
		p.Bytes, p.SHA256 = int64(len(p.Data)), digest(p.Data)
		file := filepath.Join(s.dir, filepath.FromSlash(p.File))
		if info, err := os.Stat(file); err == nil && info.Size() == p.Bytes {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := s.put(path.Clean(p.File), p.Data); err != nil {
			return err
		}
	}
	return nil
}

// loadProfiles reads a trial's profiles; what is in them is not looked at.
func (t *Trial) loadProfiles(dir fs.FS) error {
	for i := range t.Profiles {
		p := &t.Profiles[i]
		data, err := read(dir, p.File)
		if err != nil {
			return err
		}
		if sum := digest(data); sum != p.SHA256 {
			return fmt.Errorf("%s: %w: its SHA-256 is %s, %s names %s", p.File, ErrGarbled, sum, runFile, p.SHA256)
		}
		p.Data = data
	}
	return nil
}
