package run

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// profiles are the profiles that the processes of one run leave.
type profiles struct {
	root string // the archive's folder
	name string // of their own folder within it; "" when none are wanted
}

// profiled makes the folder of the profiles of a run; of judged runs alone, and where they are wanted.
func (p *pipeline) profiled(phase suite.Phase, kind trialKind, number int) (profiles, error) {
	if !p.Options.Profiled || kind != kindJudged {
		return profiles{}, nil
	}
	root, err := filepath.Abs(p.dir)
	at := profiles{root, path.Join("profiles", fmt.Sprintf("p%d-%s%d", phase.Number, kind, number))}
	if err == nil {
		err = os.MkdirAll(at.folder(), 0o755)
	}
	if err != nil {
		return profiles{}, &EnvironmentError{"make the folder of profiles", err}
	}
	return at, nil
}

// folder is the absolute path of the folder; "" when no profiles are wanted.
func (s profiles) folder() string {
	if s.name == "" {
		return ""
	}
	return filepath.Join(s.root, filepath.FromSlash(s.name))
}

// read are the profiles that are there now, of processes that have all ended. Each file has the name of its process's
// role, a dash, and a name of the process's own. What a process began that was killed is removed.
func (s profiles) read() ([]archive.Profile, error) {
	if s.name == "" {
		return nil, nil
	}
	there, err := os.ReadDir(s.folder())
	if err != nil {
		return nil, err
	}
	var all []archive.Profile
	for _, f := range there {
		file := filepath.Join(s.folder(), f.Name())
		role, _, named := strings.Cut(f.Name(), "-")
		if !named || filepath.Ext(f.Name()) != ".pprof" {
			if err := os.RemoveAll(file); err != nil {
				return nil, err
			}
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		all = append(all, archive.Profile{Role: measure.Role(role), File: path.Join(s.name, f.Name()), Data: data})
	}
	return all, nil
}
