// Package importer reads files of postal codes, row by row, and says of every row that it
// refuses where and why.
//
// It bounds the number of rows. Who hands a reader over bounds its bytes: one row, in
// quotes, may be as long as the file.
package importer

import (
	"bufio"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

//go:embed data/zipcodes.csv
var sample []byte

// Sample is a file of real postal codes, with its header.
func Sample() []byte { return slices.Clone(sample) }

// Columns are the columns of a file, in their order.
var Columns = []string{"zip_code", "latitude", "longitude", "city", "state", "county"}

// byteOrderMark is what some programs put before UTF-8.
const byteOrderMark = "\ufeff"

// Bounds of a file and of its report.
const (
	MaxRows   = 100_000 // without the header
	MaxErrors = 20      // errors that a report lists; more are only counted
)

// Report says what became of a file.
type Report struct {
	Rows     int            `json:"rows"` // without the header; 1 to [MaxRows]
	Accepted int            `json:"accepted"`
	Rejected int            `json:"rejected"`
	Errors   []RowError     `json:"errors"` // the first [MaxErrors]; a row may have several
	States   map[string]int `json:"states"` // accepted rows
	Bounds   *Bounds        `json:"bounds"` // of the accepted rows; nil if there are none
}

// RowError is what is wrong with one field of a row, or with the row if no column is named.
type RowError struct {
	Line   int    `json:"line"` // where the field begins in the file, from 1
	Column string `json:"column"`
	Value  string `json:"value"`
	Reason string `json:"reason"`
}

// Bounds is a box of coordinates, in degrees.
type Bounds struct {
	South float64 `json:"south"`
	North float64 `json:"north"`
	West  float64 `json:"west"`
	East  float64 `json:"east"`
}

// InputError is a file that cannot be read as a table of postal codes.
type InputError struct {
	Field, Reason, Allowed string
	Line                   int // in the file, from 1
}

func (e *InputError) Error() string {
	return fmt.Sprintf("line %d: %s: %s, allowed: %s", e.Line, e.Field, e.Reason, e.Allowed)
}

// Import reads a file. The error is an [*InputError], or the reader's own.
func Import(r io.Reader) (Report, error) {
	buffered := bufio.NewReader(r)
	mark, err := buffered.Peek(len(byteOrderMark))
	if err != nil && !errors.Is(err, io.EOF) {
		return Report{}, err
	}
	if string(mark) == byteOrderMark {
		_, _ = buffered.Discard(len(mark)) // were just seen
	}
	i := importing{rows: csv.NewReader(buffered), seen: map[code]int{}}
	i.rows.ReuseRecord, i.rows.FieldsPerRecord = true, -1
	i.report.Errors, i.report.States = []RowError{}, map[string]int{}
	header, err := i.header()
	if err != nil {
		return Report{}, err
	}
	for {
		row, err := i.next()
		switch {
		case errors.Is(err, io.EOF) && i.report.Rows == 0:
			return Report{}, &InputError{"body", "there are no rows", allowedRows, header + 1}
		case errors.Is(err, io.EOF):
			return i.report, nil
		case err != nil:
			return Report{}, err
		case i.report.Rows == MaxRows:
			return Report{}, &InputError{"body", "there are more rows", allowedRows, i.line(0)}
		}
		i.row(row)
	}
}

var (
	allowedRows = fmt.Sprintf("1 to %d rows after the header", MaxRows)
	allowedText = strings.Join(Columns, ",") + " in UTF-8, as in RFC 4180"
)

// importing is a file that is being read.
type importing struct {
	rows   *csv.Reader
	seen   map[code]int // line of the first row with each code
	report Report
}

// header reads the names of the columns, and returns their line.
func (i *importing) header() (int, error) {
	row, err := i.next()
	if errors.Is(err, io.EOF) {
		return 0, &InputError{Field: "header", Reason: "the file is empty", Allowed: allowedText, Line: 1}
	}
	if err != nil {
		return 0, err
	}
	if !slices.Equal(row, Columns) {
		return 0, &InputError{Field: "header", Reason: "these are other columns", Allowed: allowedText, Line: i.line(0)}
	}
	return i.line(0), nil
}

// next reads a row of valid text.
func (i *importing) next() ([]string, error) {
	row, err := i.rows.Read()
	var bad *csv.ParseError
	if errors.As(err, &bad) {
		reason := bad.Err.Error()
		if bad.StartLine != bad.Line { // a quote that does not end is found out at the end of the file
			reason += fmt.Sprintf(", in the row that begins in line %d", bad.StartLine)
		}
		return nil, &InputError{Field: "body", Reason: reason, Allowed: allowedText, Line: bad.Line}
	}
	if err != nil {
		return nil, err
	}
	for n, field := range row {
		if at := invalid(field); at >= 0 {
			line := i.line(n) + strings.Count(field[:at], "\n")
			return nil, &InputError{Field: "body", Reason: "the text is not UTF-8", Allowed: allowedText, Line: line}
		}
	}
	return row, nil
}

// line is where a field of the latest row begins. Quoted fields may hold line breaks, so
// that the fields of a row may stand in several lines.
func (i *importing) line(field int) int {
	line, _ := i.rows.FieldPos(field)
	return line
}

// invalid is where a text ceases to be UTF-8, or -1.
func invalid(text string) int {
	if utf8.ValidString(text) { // which is faster, and nearly always so
		return -1
	}
	for at, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[at:], "\ufffd") { // it may be written out, too
			return at
		}
	}
	return -1
}
