// Package logging writes structured log lines, in detail for the namespaces that
// DEBUG names, as Node's debug module reads it: patterns separated by commas or
// spaces, * for any characters, - in front to exclude.
package logging

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
)

// Namespaces of a cluster's processes.
const (
	Cluster = "cluster:main"   // life of the cluster and its workers
	Health  = "cluster:health" // heartbeats and probes
	IPC     = "cluster:ipc"    // messages between primary and workers
	Conns   = "cluster:conns"  // how connections come to workers
	HTTP    = "cluster:http"   // requests
	App     = "platform"       // what the workers serve
)

// Logs makes the loggers of one process.
type Logs struct {
	handler slog.Handler
	include []string
	exclude []string
}

// New returns logs that write to w, as text or, if asked for, JSON. Lines of whole
// processes may share w, for each line is one write.
func New(w io.Writer, json bool, debug string) *Logs {
	options := &slog.HandlerOptions{Level: slog.LevelDebug}
	l := &Logs{}
	if json {
		l.handler = slog.NewJSONHandler(w, options)
	} else {
		l.handler = slog.NewTextHandler(w, options)
	}
	for _, pattern := range strings.FieldsFunc(debug, func(r rune) bool { return r == ',' || r == ' ' }) {
		if excluded, ok := strings.CutPrefix(pattern, "-"); ok {
			l.exclude = append(l.exclude, excluded)
		} else {
			l.include = append(l.include, pattern)
		}
	}
	return l
}

// With returns logs whose lines carry more attributes, e.g. the worker.
func (l *Logs) With(args ...any) *Logs {
	logs := *l
	logs.handler = slog.New(l.handler).With(args...).Handler()
	return &logs
}

// For returns the logger of a namespace. Debug lines appear only if DEBUG names it.
func (l *Logs) For(namespace string) *slog.Logger {
	level := slog.LevelInfo
	if l.debugs(namespace) {
		level = slog.LevelDebug
	}
	handler := l.handler.WithAttrs([]slog.Attr{slog.String("ns", namespace)})
	return slog.New(leveled{handler, level})
}

func (l *Logs) debugs(namespace string) bool {
	named := func(pattern string) bool { return matches(pattern, namespace) }
	return slices.ContainsFunc(l.include, named) && !slices.ContainsFunc(l.exclude, named)
}

// matches says whether a name fits a pattern in which * stands for any characters.
func matches(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(name, part)
		if !found {
			return false
		}
		name = after
	}
	return strings.HasSuffix(name, parts[len(parts)-1])
}

// leveled drops lines below a level.
type leveled struct {
	slog.Handler
	level slog.Level
}

func (h leveled) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

func (h leveled) WithAttrs(attrs []slog.Attr) slog.Handler {
	return leveled{h.Handler.WithAttrs(attrs), h.level}
}

func (h leveled) WithGroup(name string) slog.Handler {
	return leveled{h.Handler.WithGroup(name), h.level}
}

// Tail is a writer that keeps the last lines written to it.
type Tail struct {
	mu    sync.Mutex
	lines []string
	part  string
	keep  int
}

// NewTail returns a tail of so many lines, each cut after 400 bytes.
func NewTail(lines int) *Tail { return &Tail{keep: lines} }

const longestLine = 400

func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for chunk := range strings.SplitAfterSeq(string(p), "\n") {
		line, whole := strings.CutSuffix(chunk, "\n")
		t.part = (t.part + line)[:min(longestLine, len(t.part)+len(line))]
		if whole {
			t.lines = append(t.lines, t.part)
			t.part = ""
		}
	}
	if extra := len(t.lines) - t.keep; extra > 0 {
		t.lines = append(t.lines[:0], t.lines[extra:]...)
	}
	return len(p), nil
}

// String returns the lines, an unfinished one last.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := t.lines
	if t.part != "" {
		lines = append(lines[:len(lines):len(lines)], t.part)
	}
	return strings.Join(lines, "\n")
}
