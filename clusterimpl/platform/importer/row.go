package importer

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxName bounds the names of cities and counties, and the values that are quoted, in characters.
const maxName = 100

// states are the codes of the U.S. Postal Service for the states, the District of Columbia,
// the territories and the freely associated states (Publication 28, appendix B). Those of
// the armed forces are not among them: they are nowhere on the map.
var states = func() map[string]bool {
	all := map[string]bool{}
	for state := range strings.FieldsSeq(`AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO
		MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY AS FM GU MH MP PR PW VI`) {
		all[state] = true
	}
	return all
}()

// code is a postal code. It is copied out of the row, whose text is one string that a part
// of it would keep whole.
type code [5]byte

// row accepts a row, or reports all that is wrong with it.
func (i *importing) row(row []string) {
	i.report.Rows++
	if len(row) != len(Columns) {
		i.report.Rejected++
		i.refuse(0, "", "", fmt.Sprintf("the row has %d fields, allowed: %d", len(row), len(Columns)))
		return
	}
	ok := i.check(0, row, isCode(row[0]), "not five digits") && i.first(row)
	latitude, inRange := degrees(row[1], 90)
	ok = i.check(1, row, inRange, "not a number of degrees from -90 to 90") && ok
	longitude, inRange := degrees(row[2], 180)
	ok = i.check(2, row, inRange, "not a number of degrees from -180 to 180") && ok
	ok = i.check(3, row, strings.TrimSpace(row[3]) != "" && utf8.RuneCountInString(row[3]) <= maxName,
		"not 1 to 100 characters") && ok
	ok = i.check(4, row, states[row[4]], "not a code of the U.S. Postal Service") && ok
	ok = i.check(5, row, utf8.RuneCountInString(row[5]) <= maxName, "more than 100 characters") && ok
	if !ok {
		i.report.Rejected++
		return
	}
	i.report.Accepted++
	i.report.States[row[4]]++
	i.extend(latitude, longitude)
}

// first reports a code that an earlier row has, whether that row was accepted or not.
func (i *importing) first(row []string) bool {
	c := code([]byte(row[0]))
	if line, twice := i.seen[c]; twice {
		return i.check(0, row, false, fmt.Sprintf("the same as in line %d", line))
	}
	i.seen[c] = i.line(0)
	return true
}

func (i *importing) check(column int, row []string, ok bool, reason string) bool {
	if !ok {
		i.refuse(column, Columns[column], row[column], reason)
	}
	return ok
}

func (i *importing) refuse(field int, column, value, reason string) {
	if len(i.report.Errors) >= MaxErrors {
		return
	}
	i.report.Errors = append(i.report.Errors,
		RowError{Line: i.line(field), Column: column, Value: cut(value), Reason: reason})
}

func (i *importing) extend(latitude, longitude float64) {
	b := i.report.Bounds
	if b == nil {
		i.report.Bounds = &Bounds{South: latitude, North: latitude, West: longitude, East: longitude}
		return
	}
	b.South, b.North = min(b.South, latitude), max(b.North, latitude)
	b.West, b.East = min(b.West, longitude), max(b.East, longitude)
}

func isCode(s string) bool {
	return len(s) == len(code{}) && strings.Trim(s, "0123456789") == ""
}

// degrees reads a decimal number up to a limit either way. Adding 0 turns a negative zero
// into zero.
func degrees(s string, limit float64) (float64, bool) {
	if strings.Trim(s, "+-.0123456789") != "" { // hexadecimal numbers, infinities and the like
		return 0, false
	}
	d, err := strconv.ParseFloat(s, 64)
	return d + 0, err == nil && math.Abs(d) <= limit
}

// cut copies a value of any length, as far as an error can quote it.
func cut(value string) string {
	characters := 0
	for at := range value {
		if characters == maxName {
			return value[:at] + "…"
		}
		characters++
	}
	return strings.Clone(value)
}
