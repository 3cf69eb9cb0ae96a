package config

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Help writes the table for a terminal.
func Help(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range Variables {
		fmt.Fprintf(t, "  %s\t%s\n\t  allowed: %s; default: %s\n", v.Name, v.Meaning, v.Allowed, orEmpty(v.Default))
	}
	return t.Flush()
}

// Markdown returns the table for a document.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| Variable | Default | Allowed | Meaning |\n|---|---|---|---|\n")
	for _, v := range Variables {
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", v.Name, orEmpty(v.Default), v.Allowed, v.Meaning)
	}
	return b.String()
}

func orEmpty(s string) string {
	if s == "" {
		return "(empty)"
	}
	return s
}
