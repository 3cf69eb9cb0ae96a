package harness

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// renames are the files that may rename by themselves, and what: all others write by internal/files.
var renames = map[string]string{
	"internal/files/files.go":    "the file that was written",
	"harness/archive/id.go":      "a link, which has no content to write",
	"harness/archive/journal.go": "a file that stays open and locked, and is there for as long as its writer is",
}

// TestFilesAreWrittenInOnePlace fails when a package has its own way to write a file in one step: one of them would
// forget to sync, or leave its temporary file behind. The fixtures move what stores have written.
func TestFilesAreWrittenInOnePlace(t *testing.T) {
	seen := map[string]bool{}
	for _, file := range sources(t) {
		path := filepath.ToSlash(file.path)
		if !strings.Contains(file.text, "os.Rename(") || within(path, "fixtures") {
			continue
		}
		seen[path] = true
		assert.Contains(t, renames, path, "it renames by itself; internal/files writes a file in one step")
	}
	for path := range renames {
		assert.True(t, seen[path], "%s renames nothing any more", path)
	}
}
