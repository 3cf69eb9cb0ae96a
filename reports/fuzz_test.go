package reports_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"unicode"
	"unicode/utf8"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"golang.org/x/perf/benchfmt"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/reports"
	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/comment"
	"github.com/nameplate-dev/nameplate/reports/compared"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/index"
)

// mostOutput bounds what one rendition of a small archive may take, in bytes, whatever is in it.
const mostOutput = 32 << 20

// checks say of each format whether a text keeps to its form. Formats without a form of their own have none.
var checks = map[reports.Format]func(text string) error{
	reports.Object: func(text string) error {
		if !json.Valid([]byte(text)) {
			return errors.New("no JSON")
		}
		return nil
	},
	reports.JUnit: checkJUnit,
	reports.CSV: func(text string) error {
		_, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		return err
	},
	reports.Prometheus: func(text string) error {
		parser := expfmt.NewTextParser(model.LegacyValidation)
		_, err := parser.TextToMetricFamilies(strings.NewReader(text))
		return err
	},
	reports.GitHub:    checkLines(regexp.MustCompile(`^::(error|warning|notice) title=[^:,]*::`)),
	reports.Benchmark: checkBenchmark,
}

func checkLines(form *regexp.Regexp) func(text string) error {
	return func(text string) error {
		for l := range strings.Lines(text) {
			if !form.MatchString(l) {
				return fmt.Errorf("line %q", l)
			}
		}
		return nil
	}
}

func checkBenchmark(text string) error {
	r := benchfmt.NewReader(strings.NewReader(text), "bench")
	for r.Scan() {
		if wrong, ok := r.Result().(*benchfmt.SyntaxError); ok {
			return wrong
		}
	}
	return r.Err()
}

func checkXML(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// noNumber is what Go writes for a number that is none.
var noNumber = regexp.MustCompile(`(^|[^\w&+/=])[+-]?(NaN|Inf)([^\w+/=]|$)`)

// checkText checks what holds for all renditions. An archive that itself speaks of NaN is exempt from that.
func checkText(text string, foreign bool) error {
	if len(text) > mostOutput {
		return fmt.Errorf("%d bytes", len(text))
	}
	if !utf8.ValidString(text) {
		return errors.New("no UTF-8")
	}
	for i, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' {
			return fmt.Errorf("control character %q: %q", r, around(text, i))
		}
	}
	if at := noNumber.FindStringIndex(text); at != nil && !foreign {
		return fmt.Errorf("a number that is none: %q", around(text, at[0]))
	}
	return nil
}

func around(text string, at int) string { return text[max(0, at-80):min(len(text), at+80)] }

// checkReports writes every rendition of a run, and each chart.
func checkReports(t *testing.T, run *archive.Run, foreign, images bool) {
	t.Helper()
	for _, name := range strings.Split(reports.FormatNames(), ", ") {
		var b bytes.Buffer
		err := reports.Print(&b, run, reports.Format(name))
		if name == string(reports.Hgrm) && err != nil {
			continue // it is of one phase with samples alone
		}
		require.NoError(t, err, name)
		require.NoError(t, checkText(b.String(), foreign), name)
		if check := checks[reports.Format(name)]; check != nil {
			require.NoError(t, check(b.String()), name)
		}
	}
	r, err := figures.Of(run)
	require.NoError(t, err)
	require.NoError(t, checkText(string(comment.Body(r)), foreign))
	require.True(t, comment.Same(comment.Body(r), r) || len(run.Results) > 100)
	for _, c := range chart.All(r) {
		var svg, table bytes.Buffer
		require.NoError(t, c.SVG(&svg))
		require.NoError(t, checkText(svg.String(), foreign), c.Name)
		require.NoError(t, checkXML(svg.String()), c.Name)
		require.NoError(t, c.CSV(&table))
		require.NoError(t, checkText(table.String(), foreign), c.Name)
		require.NoError(t, checks[reports.CSV](table.String()), c.Name)
		if images {
			require.NoError(t, c.PNG(io.Discard), c.Name)
		}
	}
}

// intact is a run to set others beside.
var intact = sync.OnceValue(func() *archive.Run { return archivetest.Sample(2) })

// checkBeside writes a run beside an intact one, both ways, and beside itself, in every form.
func checkBeside(t *testing.T, run *archive.Run, foreign bool) {
	t.Helper()
	for _, pair := range [][2]*archive.Run{{intact(), run}, {run, intact()}, {run, run}} {
		c, err := compared.Of(pair[0], pair[1])
		if err != nil {
			continue // e.g. two claims of one name
		}
		for _, form := range []reports.Format{reports.Plain, reports.InMarkdown, reports.HTML, reports.Object} {
			var b bytes.Buffer
			require.NoError(t, reports.PrintRuns(&b, c, form), form)
			require.NoError(t, checkText(b.String(), foreign), form)
			if check := checks[form]; check != nil {
				require.NoError(t, check(b.String()), form)
			}
		}
	}
}

// checkIndex lists folders of runs, whatever is in them.
func checkIndex(t *testing.T, folders fs.FS, foreign bool) {
	t.Helper()
	i, err := new(index.Reader).Read(folders)
	require.NoError(t, err)
	require.NotEmpty(t, i.Runs)
	var b bytes.Buffer
	require.NoError(t, index.Write(&b, i, index.Options{Link: index.Written}))
	require.NoError(t, checkText(b.String(), foreign))
}

// filesOf is the folder of an archive in memory.
func filesOf(t testing.TB, run *archive.Run) fstest.MapFS {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, archive.Save(dir, run))
	folder := fstest.MapFS{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		folder[filepath.ToSlash(name)] = &fstest.MapFile{Data: data}
		return err
	}))
	return folder
}

// short is a sample run with few trials.
func short(t testing.TB, sample func(...int) *archive.Run, phase, trials int) *archive.Run {
	t.Helper()
	run := sample(phase)
	run.Phases[0].Trials = run.Phases[0].Trials[:trials]
	require.NoError(t, run.Judge())
	return run
}

// FuzzReports changes the bytes of run.json, and cuts a file of histograms: what can be loaded and judged can be
// reported, and set beside another run; what cannot is still listed.
func FuzzReports(f *testing.F) {
	folder := filesOf(f, short(f, archivetest.Sample, 2, 2))
	whole := folder["run.json"].Data
	logs, err := fs.Glob(folder, "*/*.hlog")
	require.NoError(f, err)
	require.NotEmpty(f, logs)
	const uncut = math.MaxUint16
	f.Add(whole, uint16(uncut))
	f.Add(whole[:len(whole)/2], uint16(uncut))
	f.Add(whole, uint16(0))
	f.Add(whole, uint16(len(folder[logs[0]].Data)/2))
	for _, change := range []struct{ from, to string }{
		{`"workers": 4`, `"workers": 2147483647`}, {`"offered": 300`, `"offered": 1e300`},
		{`"end_ns": `, `"end_ns": 9`}, {`"succeeded": `, `"succeeded": 1844674407370955161`},
		{`"cpu": `, `"cpu": 1e308, "x": `}, {`"rss_bytes": `, `"rss_bytes": 9223372036854775807, "x": `},
		{`"at_ns": `, `"at_ns": 9`}, {`"exit": 3`, `"exit": 77`}, {`"run": 2`, `"run": 2, "interrupted": true`},
		{`"name": "`, `"name": "</svg><script>@a|\u0000\u202e`},
		{`"notes": `, `"failure": "::error::x", "interrupted": true, "notes": `},
		{`"started": "2026`, `"started": "9999`}, {`"seconds": [`, `"seconds": [{"at_ns": -1, "completed": 5}, `},
		{`"cores": 8`, `"cores": -1`}, {`"points": [`, `"points": [], "x": [`},
	} {
		f.Add(bytes.ReplaceAll(whole, []byte(change.from), []byte(change.to)), uint16(uncut))
	}
	f.Fuzz(func(t *testing.T, data []byte, cut uint16) {
		changed := fstest.MapFS{}
		for name, file := range folder {
			changed[name] = file
		}
		changed["run.json"] = &fstest.MapFile{Data: data}
		if log := folder[logs[0]].Data; cut != uncut {
			changed[logs[0]] = &fstest.MapFile{Data: log[:min(int(cut), len(log))]}
		}
		foreign := bytes.Contains(data, []byte("NaN")) || bytes.Contains(data, []byte("Inf"))
		folders := fstest.MapFS{"runs": &fstest.MapFile{Mode: fs.ModeDir}}
		for name, file := range changed {
			folders["run/"+name] = file
		}
		checkIndex(t, folders, foreign)
		run, err := archive.LoadFrom(changed, ".")
		if err != nil || run.Judge() != nil || len(run.Phases) > 20 {
			return
		}
		checkReports(t, run, foreign, false)
		checkBeside(t, run, foreign)
	})
}
