package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/internal/needs"
)

// hidden is a documented command whose exit status a pipe would hide.
var hidden = regexp.MustCompile(`(\bnameplate\b|\bmake |\bgo (test|run)\b|scripts/nightly)[^|]*[^|]\|[^|]`)

// TestNoPipeHidesAnExitStatus reads the commands that people copy and machines run. A pipe may
// stand where the shell has pipefail.
func TestNoPipeHidesAnExitStatus(t *testing.T) {
	root := "../../.."
	files := []string{"README.md", "Makefile", ".ci/run"}
	for _, pattern := range []string{".github/workflows/*.yml", "scripts/*", "bench/*/README.md", "docs/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, found, pattern)
		for _, f := range found {
			rel, err := filepath.Rel(root, f)
			require.NoError(t, err)
			files = append(files, rel)
		}
	}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		if strings.Contains(string(text), "uo pipefail\n") {
			continue
		}
		for i, line := range strings.Split(string(text), "\n") {
			if !strings.HasPrefix(strings.TrimSpace(line), "|") { // a table
				assert.False(t, hidden.MatchString(line), "%s:%d: a pipe hides the exit status: %s", file, i+1, line)
			}
		}
	}
	assert.True(t, hidden.MatchString("make verify 2>&1 | tee log"))
	assert.True(t, hidden.MatchString("go run ./harness/cmd/nameplate verify|tee log"))
	assert.False(t, hidden.MatchString("nameplate verify || status=$?"))
}

// link is a link to a place in the repository.
var link = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

// TestEveryLinkOfThePagesLeadsSomewhere follows those within the repository.
func TestEveryLinkOfThePagesLeadsSomewhere(t *testing.T) {
	root := "../../.."
	pages, err := filepath.Glob(filepath.Join(root, "docs/*.md"))
	require.NoError(t, err)
	require.NotEmpty(t, pages)
	for _, page := range append(pages, filepath.Join(root, "README.md"), filepath.Join(root, "CONTRIBUTING.md")) {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			_, err := os.Stat(filepath.Join(filepath.Dir(page), found[1]))
			assert.NoError(t, err, page)
		}
	}
}

// documented is the fenced block of a language in a section of the README.
func documented(t *testing.T, section, language string) string {
	t.Helper()
	text, err := os.ReadFile("../../../README.md")
	require.NoError(t, err)
	_, after, found := strings.Cut(string(text), "\n### "+section+"\n")
	require.True(t, found, "no section %q", section)
	after, _, _ = strings.Cut(after, "\n### ")
	_, block, found := strings.Cut(after, "\n```"+language+"\n")
	require.True(t, found, "no %s in %q", language, section)
	block, _, _ = strings.Cut(block, "\n```")
	return block
}

// measures are the commands that end with a verdict: none (3), when they are as short as they can be.
var measures = regexp.MustCompile(`^nameplate (verify|load|report)\b`)

// followed runs the documented commands one by one, each as short as it can be, in a folder.
func followed(t *testing.T, dir, commands string) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	require.NoError(t, os.Symlink(self, filepath.Join(dir, "nameplate")))
	short := strings.NewReplacer("--duration 30s", "--duration 1s --runs 1 --warmup 0s", "nameplate verify",
		"nameplate verify --runs 1 --duration 1s --warmup 0s")
	for _, line := range strings.Split(commands, "\n") {
		cmd := exec.Command("/bin/sh", "-c", short.Replace(line))
		cmd.Dir, cmd.Env = dir, append(os.Environ(), asCommand+"=1", "PATH="+dir+":"+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		want := 0
		if measures.MatchString(line) && !strings.Contains(line, "--print") {
			want = 3
		}
		require.NotNil(t, cmd.ProcessState, "%s: %v", line, err)
		assert.Equal(t, want, cmd.ProcessState.ExitCode(), "%s\n%s", line, out)
		assert.NotRegexp(t, `errors 100 %|[1-9]\d* of \d+ failed`, string(out), line)
	}
}

func TestWhoeverHasAURLCanFollowTheReadme(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) }),
	)
	defer server.Close()
	dir := t.TempDir()
	followed(t, dir, strings.ReplaceAll(documented(t, "I have a URL", "sh"), "http://127.0.0.1:8080", server.URL))
	assert.FileExists(t, filepath.Join(dir, "nameplate-out/latest/report.html"))
}

func TestWhoeverHasACommandCanFollowTheReadme(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("node"); err != nil {
		needs.Absent(t, "node", "", err.Error())
	}
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("../../../fixtures/systems/node")))
	followed(t, dir, documented(t, "I have a command", "sh"))
	assert.FileExists(t, filepath.Join(dir, "nameplate-out/latest/report.html"))
}

func TestWhoeverHasAGoHandlerCanFollowTheReadme(t *testing.T) {
	tested, err := os.ReadFile("../../testdata/consumer/shop_test.go")
	require.NoError(t, err)
	assert.Contains(t, string(tested), documented(t, "I have a Go handler", "go"),
		"what the test of the module in testdata runs")
}

func TestWhoeverHasAGuideCanFollowTheReadme(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	self, err := os.Executable()
	require.NoError(t, err)
	made := exec.Command(self, "load", "--print", "http://127.0.0.1:8080")
	made.Env = append(os.Environ(), asCommand+"=1")
	text, err := made.Output()
	require.NoError(t, err)
	head, _, found := strings.Cut(string(text), "\nphases:\n")
	require.True(t, found)
	require.NoError(
		t, os.WriteFile(filepath.Join(dir, "mine.yaml"),
			[]byte(head+"\n"+documented(t, "I have a guide with numbers in it", "yaml")+"\n"), 0o600),
	)
	followed(t, dir, "nameplate suite check mine.yaml\nnameplate audit mine.yaml")
}
