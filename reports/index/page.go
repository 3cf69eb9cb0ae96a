package index

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/internal/files"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/script"
)

//go:embed index.html
var source string

// Style is the style sheet of the index, and of pages that look like it.
//
//go:embed index.css
var Style string

//go:embed index.js
var filtering string

// Policy is the content security policy of the page.
var Policy = script.Policy([]string{filtering}, []string{Style})

// Options say where the links of a page lead.
type Options struct {
	Link func(Run) string // to a run's page; "" for none
	Live string           // to the live view; "" for none
}

// Written is the link to the page that is written into a run's folder.
func Written(r Run) string {
	if !r.Page {
		return ""
	}
	return url.PathEscape(r.Folder) + "/report.html"
}

var layout = template.Must(template.New("index").Funcs(template.FuncMap{
	"judged": figures.Judged,
	"sign":   figures.Sign,
	"time":   func(t time.Time) string { return t.Format("2006-01-02 15:04:05") },
	"css":    func() template.CSS { return template.CSS(Style) },
	"js":     func() template.JS { return template.JS(filtering) },
	"lines":  func(all []string) string { return strings.Join(all, "\n") },
	"commas": func(all []string) string { return strings.Join(all, ", ") },
}).Parse(source))

// content is what the page shows.
type content struct {
	*Index
	Options
	Policy  string
	Filters []filter
}

// filter is what runs can be chosen by.
type filter struct {
	Key, Label string
	Values     []string
}

// Write writes the page.
func Write(w io.Writer, i *Index, o Options) error {
	if err := layout.Execute(w, content{i, o, Policy, filters(i.Runs)}); err != nil {
		return fmt.Errorf("write the index: %w", err)
	}
	return nil
}

// WriteFile lists the runs of a folder in its index.html, which is written beside and renamed. It returns the file.
func WriteFile(dir string) (string, error) {
	i, err := new(Reader).Read(os.DirFS(dir))
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "index.html")
	return file, files.Fill(file, func(w io.Writer) error { return Write(w, i, Options{Link: Written}) })
}

// filters are those with the values that the runs have, sorted.
func filters(runs []Run) []filter {
	all := []filter{
		{Key: "host", Label: "Host"}, {Key: "stores", Label: "Stores"}, {Key: "revision", Label: "Revision"},
		{Key: "verdict", Label: "Verdict"},
	}
	for _, r := range runs {
		for i, values := range [][]string{{r.Host}, r.StoreNames(), {r.RevisionName()}, {r.Outcome()}} {
			all[i].Values = append(all[i].Values, values...)
		}
	}
	for i := range all {
		slices.Sort(all[i].Values)
		all[i].Values = slices.DeleteFunc(slices.Compact(all[i].Values), func(v string) bool { return v == "" })
	}
	return all
}

// StoreNames are what the stores ran on, or that there were none.
func (r Run) StoreNames() []string {
	if len(r.Stores) == 0 && r.Error == "" {
		return []string{"no stores"}
	}
	return r.Stores
}

// RevisionName is the program's revision, or that it is not known.
func (r Run) RevisionName() string {
	if r.Revision == "" && r.Error == "" {
		return figures.Unknown
	}
	return r.Revision
}

// Outcome is the run's verdict, or why it has none.
func (r Run) Outcome() string {
	switch {
	case r.Error != "":
		return "not readable"
	case r.State == archive.Going:
		return "going on"
	case r.State == archive.Stopped:
		return "stopped"
	}
	return figures.Judged(r.Verdict)
}

// Class is what an outcome is coloured by.
func (r Run) Class() string {
	if r.Error != "" || r.State != archive.Ended || r.Verdict == 0 {
		return "none"
	}
	return r.Verdict.String()
}

// Became is what came of the run, in a sentence.
func (r Run) Became() string {
	switch {
	case r.Error != "":
		return figures.Capital(r.Error) + "."
	case r.State == archive.Going:
		return "It is going on."
	case r.State == archive.Stopped:
		return "Its process was killed; what it had measured until then is archived."
	}
	return r.Sentence
}

// Going reports whether some run is going on.
func (i *Index) Going() bool {
	return slices.ContainsFunc(i.Runs, func(r Run) bool { return r.State == archive.Going })
}
