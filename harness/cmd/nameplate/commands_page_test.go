package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/exitcode"
	"github.com/nameplate-dev/nameplate/internal/golden"
)

// TestThePageOfCommandsIsTheirHelp rewrites the page with -update.
func TestThePageOfCommandsIsTheirHelp(t *testing.T) {
	const file = "../../../docs/commands.md"
	parser, err := newParser(&cli{}, console{stdout: io.Discard, stderr: io.Discard})
	require.NoError(t, err)
	page := commandsPage(parser.Model)
	golden.Equal(t, file, []byte(page))
}

// commandsPage is the help of all commands as a page.
func commandsPage(app *kong.Application) string {
	var b strings.Builder
	b.WriteString(`# Commands

<!-- Made from the help of the commands. To change it, change that, and run
     go test ./harness/cmd/nameplate -run ThePageOfCommands -update -->

` + "`go run ./harness/cmd/nameplate` stands for `nameplate`; `make build` makes the binary. " +
		"`go run` itself turns\n" +
		"every failure into status 1: build the binary where the status matters.\n\n" +
		"| exit status | meaning |\n|---|---|\n")
	for _, s := range exitcode.All {
		fmt.Fprintf(&b, "| %d | %s |\n", s.Code, s.Meaning)
	}
	b.WriteString("\n| command | what it does |\n|---|---|\n")
	for _, node := range app.Children {
		fmt.Fprintf(&b, "| [`nameplate %s`](#nameplate-%s) | %s |\n", node.Name, node.Name, cell(node.Help))
	}
	for _, node := range app.Children {
		section(&b, "##", node)
	}
	return b.String()
}

// section is the help of a command and those below it.
func section(b *strings.Builder, level string, node *kong.Node) {
	fmt.Fprintf(b, "\n%s nameplate %s\n\n%s\n", level, strings.TrimPrefix(node.FullPath(), "nameplate "), node.Help)
	prose, example, _ := strings.Cut(node.Detail, "\n\n")
	if prose != "" {
		fmt.Fprintf(b, "\n%s\n", wrapped(prose))
	}
	switch {
	case node.Name == "cluster":
		b.WriteString("\n[The reference cluster](cluster.md) lists the variables.\n")
	case example != "":
		fmt.Fprintf(b, "\n```sh\n%s\n```\n", strings.ReplaceAll(strings.TrimPrefix(example, "  "), "\n  ", "\n"))
	}
	rows := rowsOf(node)
	if len(rows) > 0 {
		fmt.Fprintf(b, "\n| | meaning | default |\n|---|---|---|\n%s", strings.Join(rows, ""))
	}
	for _, child := range node.Children {
		section(b, level+"#", child)
	}
}

// wrapped is a paragraph in lines of at most 120 columns.
func wrapped(text string) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case column == 0:
		case column+1+n > 120:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

// rowsOf are the arguments and flags of a command.
func rowsOf(node *kong.Node) (rows []string) {
	for _, v := range node.Positional {
		rows = append(rows, row(v.Summary(), v))
	}
	for _, f := range node.Flags {
		if f.Name == "help" || f.Hidden {
			continue
		}
		name := "--" + f.Name
		if f.Tag.Negatable != "" {
			name = "--[no-]" + f.Name
		}
		if !f.IsBool() {
			name += " " + cmp.Or(f.PlaceHolder, "VALUE")
		}
		if f.Short != 0 {
			name = "-" + string(f.Short) + ", " + name
		}
		rows = append(rows, row(name, f.Value))
	}
	return rows
}

// row is a line of the table; it ends with the variable that may say the same.
func row(name string, v *kong.Value) string {
	standard := ""
	if v.Default != "" {
		standard = "`" + v.Default + "`"
	}
	help := cell(v.Help)
	for _, variable := range v.Tag.Envs {
		help += fmt.Sprintf(" Also by `%s`.", variable)
	}
	return fmt.Sprintf("| `%s` | %s | %s |\n", name, help, standard)
}

// cell is a text that stands in a table.
func cell(text string) string {
	return strings.NewReplacer("<", `\<`, "${port}", "`${port}`").Replace(golden.Cell(text))
}
