package reports

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/reports/page"
)

// How many runs of the folder are looked at.
const (
	mostRead    = 60 // for those of the same suite
	mostHistory = 29 // that the history shows before this run
	mostTried   = 3  // for one that can be read as a whole
)

// id is what the folder of a run is called, unless it was renamed; see [archive.NewID].
var id = regexp.MustCompile(`^\d{8}T\d{6}Z-[0-9a-f]{6}$`)

// timeLength is how many characters of an id are the time.
const timeLength = len("20060102T150405Z")

// earlierThan finds the runs before this one of the same suite, in the folder that holds dir. What cannot be read is
// passed over; nil where there is none.
func earlierThan(dir string, run *archive.Run) *page.Earlier {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil
	}
	return earlierIn(os.DirFS(filepath.Dir(dir)), filepath.Base(dir), run)
}

// earlierIn finds them beside the folder of the run, which is called name in parent.
func earlierIn(parent fs.FS, name string, run *archive.Run) *page.Earlier {
	e := &page.Earlier{}
	var folders []string // in the order of the history
	for _, folder := range beside(parent, name, run.ID) {
		if len(e.History) == mostHistory {
			break
		}
		other, err := archive.Summarize(parent, folder)
		if err != nil || other.ID == run.ID || other.Suite.Name != run.Suite.Name || len(other.Results) == 0 ||
			!other.Started.Before(run.Started) {
			continue
		}
		at, _ := slices.BinarySearchFunc(e.History, other,
			func(a, b *archive.Summary) int { return a.Started.Compare(b.Started) })
		e.History, folders = slices.Insert(e.History, at, other), slices.Insert(folders, at, folder)
	}
	for i := 1; i <= min(mostTried, len(folders)) && e.Previous == nil; i++ {
		previous, err := archive.LoadFrom(parent, folders[len(folders)-i])
		if err == nil && previous.Judge() == nil {
			e.Previous = previous
		}
	}
	if e.Previous == nil {
		return nil
	}
	return e
}

// beside are the names of the folders beside own in which runs before that of the given id may be, those with the
// newest names first. A link is none: it leads to a folder that is there by itself.
func beside(parent fs.FS, own, of string) []string {
	entries, err := fs.ReadDir(parent, ".")
	if err != nil {
		return nil
	}
	var all []string
	for _, e := range slices.Backward(entries) { // which are sorted by their names
		name := e.Name()
		later := id.MatchString(of) && id.MatchString(name) && name[:timeLength] > of[:timeLength]
		if !e.IsDir() || name == own || later {
			continue
		}
		if _, err := fs.Stat(parent, name+"/run.json"); err != nil {
			continue
		}
		if all = append(all, name); len(all) == mostRead {
			break
		}
	}
	return all
}
