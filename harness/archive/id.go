package archive

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/internal/files"
)

// latest is the name of the link to the newest run.
const latest = "latest"

// NewID makes the id of a run from the time and three random bytes, e.g.
// 20261123T201500Z-3f9a1c. Ids sort by time, to the second. When random gives too
// little, the nanoseconds of now stand in for it.
func NewID(now time.Time, random io.Reader) string {
	var b [3]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		ns := now.Nanosecond()
		b = [3]byte{byte(ns >> 16), byte(ns >> 8), byte(ns)}
	}
	return now.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(b[:])
}

// Latest makes the link "latest" in dir lead to the run with the given id, in one step:
// a symbolic link, or a text file with the id where links cannot be made.
func Latest(dir, id string) error {
	if err := validName(id); err != nil {
		return fmt.Errorf("link the latest run: %w", err)
	}
	link := filepath.Join(dir, latest)
	beside := link + ".tmp"
	if err := os.Remove(beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("link the latest run: %w", err)
	}
	if err := os.Symlink(id, beside); err != nil {
		if err := files.Write(link, []byte(id+"\n")); err != nil {
			return fmt.Errorf("link the latest run: %w", err)
		}
		return nil
	}
	if err := os.Rename(beside, link); err != nil {
		return errors.Join(fmt.Errorf("link the latest run: %w", err), os.Remove(beside))
	}
	return nil
}

// validName refuses an id that is not a plain file name.
func validName(id string) error {
	if id == "" || id == "." || id == ".." || strings.ContainsAny(id, "/\\\x00\n") {
		return fmt.Errorf("id %q is not the name of a folder", id)
	}
	return nil
}

// locate finds the folder of the run that path names: the folder itself, its
// run.json, or a link to it as [Latest] makes them.
func locate(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%s: %w", path, ErrMissing)
	case err != nil:
		return "", err
	case info.IsDir():
		return path, nil
	case filepath.Base(path) != latest:
		return filepath.Dir(path), nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	id := strings.TrimSpace(string(text))
	if err := validName(id); err != nil {
		return "", fmt.Errorf("%s: %w: %w", path, ErrGarbled, err)
	}
	return filepath.Join(filepath.Dir(path), id), nil
}
