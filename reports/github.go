package reports

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/internal/files"
	"github.com/nameplate-dev/nameplate/reports/comment"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/markdown"
)

// GitHubFiles are the files in which a step of GitHub Actions leaves what is shown beside its annotations; "" for none.
type GitHubFiles struct {
	Summary string // the step's summary, to which the report is appended
	Comment string // the body of a comment on a pull request, as an earlier run left it, or no file
}

// WriteGitHub appends the report to the step's summary and writes the body of the comment. A body that already says
// what the report says is left as it is. said is what became of the comment, in one line; "" when none was asked for.
func WriteGitHub(run *archive.Run, to GitHubFiles) (said string, err error) {
	r, err := figures.Of(run)
	if err != nil {
		return "", fmt.Errorf("report run: %w", err)
	}
	if to.Summary != "" {
		if err := appended(to.Summary, markdown.Text(r, markdown.Limit)); err != nil {
			return "", fmt.Errorf("write the step's summary: %w", err)
		}
	}
	if to.Comment == "" {
		return "", nil
	}
	earlier, err := os.ReadFile(to.Comment)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the earlier comment: %w", err)
	}
	if comment.Same(earlier, r) {
		return "nothing changed: " + to.Comment + " is left as it is", nil
	}
	body := comment.Body(r)
	if err := files.Fill(to.Comment, func(w io.Writer) error { _, err := w.Write(body); return err }); err != nil {
		return "", fmt.Errorf("write the comment: %w", err)
	}
	return "changed: " + to.Comment + " has the new comment", nil
}

// appended adds a text to a file, which others may have written to before.
func appended(path, text string) (err error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = io.WriteString(f, text+"\n")
	return err
}
