package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const header = "zip_code,latitude,longitude,city,state,county\n"

func TestRealPostalCodesAreAccepted(t *testing.T) {
	r, err := Import(bytes.NewReader(Sample()))
	require.NoError(t, err)
	assert.Equal(t, 2000, bytes.Count(Sample(), []byte("\n"))-1)
	assert.Equal(t, 2000, r.Rows)
	assert.Equal(t, r.Rows, r.Accepted, "%v", r.Errors)
	assert.Empty(t, r.Errors)
	sum := 0
	for _, n := range r.States {
		sum += n
	}
	assert.Equal(t, r.Accepted, sum)
	assert.Less(t, r.Bounds.South, r.Bounds.North)
	assert.Less(t, r.Bounds.West, r.Bounds.East)
}

func TestEveryBadFieldIsReportedWithItsLineAndColumn(t *testing.T) {
	r, err := Import(strings.NewReader("\ufeff" + header +
		"00501,40.9,-72.6,Holtsville,NY,Suffolk\n" +
		"1234,91,200,,XX,\n" + // five faults
		"00501,40.9,-72.6,Holtsville,NY,Suffolk\n" + // again
		"00502,1,2\n" + // short
		"\"00503\",NaN,-72,\"New\nTown\",ny,\"A, B\"\n" + // over two lines
		"\r\n" + // empty: no row
		"1234x,41.5,-73,Town,CT,\r\n" +
		"00504,41.5,-73,Town,CT,"))
	require.NoError(t, err)
	assert.Equal(t, Report{
		Rows: 7, Accepted: 2, Rejected: 5,
		Errors: []RowError{
			{3, "zip_code", "1234", "not five digits"},
			{3, "latitude", "91", "not a number of degrees from -90 to 90"},
			{3, "longitude", "200", "not a number of degrees from -180 to 180"},
			{3, "city", "", "not 1 to 100 characters"},
			{3, "state", "XX", "not a code of the U.S. Postal Service"},
			{4, "zip_code", "00501", "the same as in line 2"},
			{5, "", "", "the row has 3 fields, allowed: 6"},
			{6, "latitude", "NaN", "not a number of degrees from -90 to 90"},
			{7, "state", "ny", "not a code of the U.S. Postal Service"},
			{9, "zip_code", "1234x", "not five digits"},
		},
		States: map[string]int{"NY": 1, "CT": 1},
		Bounds: &Bounds{40.9, 41.5, -73, -72.6},
	}, r)
}

func TestAFieldIsAcceptedOrRefused(t *testing.T) {
	fields := []string{"00501", "40.9", "-72.6", "Holtsville", "NY", "Suffolk"}
	for _, c := range []struct {
		column, value string
		accepted      bool
	}{
		{"zip_code", "00000", true}, {"zip_code", "99999", true},
		{"zip_code", "", false}, {"zip_code", "005011", false}, {"zip_code", " 0501", false},
		{"zip_code", "-0501", false}, {"zip_code", "٠٠٥٠١", false}, {"zip_code", "00501-1234", false},
		{"latitude", "90", true}, {"latitude", "-90", true}, {"latitude", "+1.5", true}, {"latitude", ".5", true},
		{"latitude", "90.0001", false}, {"latitude", "", false}, {"latitude", "40,9", false},
		{"latitude", " 40.9", false}, {"latitude", "inf", false}, {"latitude", "0x10", false},
		{"latitude", "1e1", false}, {"latitude", "1-2", false}, {"latitude", "4_0", false},
		{"longitude", "180", true}, {"longitude", "-180", true}, {"longitude", "-180.1", false},
		{"longitude", "nan", false},
		{"city", "X", true}, {"city", "Doña Ana", true}, {"city", strings.Repeat("ä", 100), true},
		{"city", "", false}, {"city", "  ", false}, {"city", strings.Repeat("ä", 101), false},
		{"state", "PR", true}, {"state", "AS", true}, {"state", "XX", false}, {"state", "AE", false},
		{"state", "ny", false}, {"state", "NYC", false}, {"state", "", false},
		{"county", "", true}, {"county", strings.Repeat("x", 101), false},
	} {
		t.Run(c.column+" "+c.value, func(t *testing.T) {
			row := slices.Clone(fields)
			row[slices.Index(Columns, c.column)] = `"` + c.value + `"`
			r, err := Import(strings.NewReader(header + strings.Join(row, ",")))
			require.NoError(t, err)
			if c.accepted {
				assert.Equal(t, 1, r.Accepted, "%v", r.Errors)
				return
			}
			require.Len(t, r.Errors, 1)
			assert.Equal(t, c.column, r.Errors[0].Column)
			assert.Equal(t, 1, r.Rejected)
		})
	}
}

func TestStatesAndTerritoriesOfTheRealCodes(t *testing.T) {
	assert.Len(t, states, 50+1+8)
	for code := range strings.FieldsSeq("DC AS FM GU MH MP PR PW VI") {
		assert.True(t, states[code], code)
	}
}

func TestACodeIsDoubledWhetherOrNotTheFirstRowWasAccepted(t *testing.T) {
	r, err := Import(strings.NewReader(header + "00501,x,1,C,NY,\n00501,1,1,C,NY,\n00501,1,1,C,NY,\n"))
	require.NoError(t, err)
	assert.Equal(t, []RowError{
		{2, "latitude", "x", "not a number of degrees from -90 to 90"},
		{3, "zip_code", "00501", "the same as in line 2"},
		{4, "zip_code", "00501", "the same as in line 2"},
	}, r.Errors)
}

func TestALongValueIsQuotedInPart(t *testing.T) {
	r, err := Import(strings.NewReader(header + strings.Repeat("ä", 5000) + ",1,1,C,NY,\n"))
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat("ä", 100)+"…", r.Errors[0].Value)
}

func TestAReportRendersInOneWay(t *testing.T) {
	r, err := Import(strings.NewReader(header + "00501,-0,0.5,C,WY,\n00502,1,-0.5,C,AK,\n00503,1,-0.5,C,NY,\n"))
	require.NoError(t, err)
	rendered, err := json.Marshal(r)
	require.NoError(t, err)
	assert.Equal(t, `{"rows":3,"accepted":3,"rejected":0,"errors":[],"states":{"AK":1,"NY":1,"WY":1},"bounds":{"south":0,"north":1,"west":-0.5,"east":0.5}}`, string(rendered))
}

func TestAFileHasABoundedNumberOfRows(t *testing.T) {
	rows := strings.Repeat("00501,1,1,C,NY,\n", MaxRows)
	r, err := Import(strings.NewReader(header + rows))
	require.NoError(t, err)
	assert.Equal(t, MaxRows, r.Rows)
	_, err = Import(strings.NewReader(header + rows + "00501\n"))
	var bad *InputError
	require.ErrorAs(t, err, &bad)
	assert.Equal(
		t,
		&InputError{
			Field: "body", Reason: "there are more rows", Allowed: "1 to 100000 rows after the header",
			Line: MaxRows + 2,
		}, bad,
	)
}

func TestOnlyTheFirstErrorsAreListed(t *testing.T) {
	var b strings.Builder
	b.WriteString(header)
	for i := range 50 {
		fmt.Fprintf(&b, "%05d,x,0,City,NY,\n", i)
	}
	r, err := Import(strings.NewReader(b.String()))
	require.NoError(t, err)
	assert.Equal(t, 50, r.Rejected)
	assert.Len(t, r.Errors, MaxErrors)
	assert.Nil(t, r.Bounds)
}

func TestAFileThatIsNoTableIsRefusedWithItsLine(t *testing.T) {
	for _, c := range []struct {
		name, text, field string
		line              int
	}{
		{"nothing", "", "header", 1},
		{"nothing but a mark", "\ufeff", "header", 1},
		{"nothing but empty lines", "\n\n", "header", 1},
		{"another header", "zip,lat\n", "header", 1},
		{"another header after an empty line", "\nzip,lat\n", "header", 2},
		{"the columns in another order", "latitude,zip_code,longitude,city,state,county\n", "header", 1},
		{"a web page", "<!doctype html>\n<p>x</p>\n", "header", 1},
		{"UTF-16", "\xff\xfez\x00i\x00p\x00", "body", 1},
		{"a header only", header, "body", 2},
		{"a header that has no line of its own", strings.TrimSpace(header), "body", 2},
		{"a header and empty lines", header + "\n\n", "body", 2},
		{"a quote that does not end", header + "00501,1,1,C,NY,\n\"00502,1,1,C,NY,\n", "body", 3},
		{"a quote within a field", header + "00501,1,1,C\"x,NY,\n", "body", 2},
		{"text in Latin 1", header + "00501,1,1,C,NY,\n00502,1,1,C\xe9,NY,\n", "body", 3},
		{"text in Latin 1 after a line break in quotes", header + "00501,1,1,\"C\n\ufffd\nD\xe9\",NY,\n", "body", 4},
		{"text in Latin 1 in a field after one of two lines", header + "00501,1,1,\"C\nD\",NY,\xe9\n", "body", 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Import(strings.NewReader(c.text))
			var bad *InputError
			require.ErrorAs(t, err, &bad)
			assert.Equal(t, c.field, bad.Field)
			assert.Equal(t, c.line, bad.Line)
		})
	}
}

func TestAQuoteThatDoesNotEndIsReportedWithTheRowThatHasIt(t *testing.T) {
	_, err := Import(strings.NewReader(header + "00501,1,1,\"C,NY,\n00502,1,1,C,NY,\n00503,1,1,C,NY,"))
	assert.ErrorContains(t, err, "line 4: body: ")
	assert.ErrorContains(t, err, "in the row that begins in line 2")
}

func TestAReadersErrorIsHandedOn(t *testing.T) {
	broken := errors.New("broken")
	for _, before := range []string{"", "z", header, header + "00501,1,1", header + "00501,1,1,\"C"} {
		_, err := Import(io.MultiReader(strings.NewReader(before), &failing{err: broken}))
		assert.ErrorIs(t, err, broken, before)
	}
}

// failing fails once, then is at its end.
type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) {
	err := f.err
	f.err = io.EOF
	return 0, err
}

func FuzzImport(f *testing.F) {
	f.Add([]byte(header + "00501,40.9,-72.6,Holtsville,NY,Suffolk\n"))
	f.Add([]byte(header + "\"00501\",1e309,-0,\"\",,\n\n"))
	f.Add([]byte("\ufeff" + header + "00501,x,1,\"A\nB\",XX,\r\n00501,1\n"))
	f.Add([]byte(header + "00501,1,1,\"\ufffd\n\xe9\",NY,\n"))
	f.Add([]byte(header))
	f.Fuzz(func(t *testing.T, file []byte) {
		lines := 1 + bytes.Count(file, []byte("\n"))
		r, err := Import(bytes.NewReader(file))
		if err != nil {
			var bad *InputError
			require.ErrorAs(t, err, &bad)
			assert.LessOrEqual(t, bad.Line, lines+1)
			assert.Positive(t, bad.Line)
			return
		}
		assert.Positive(t, r.Rows)
		assert.Equal(t, r.Rows, r.Accepted+r.Rejected)
		assert.Equal(t, r.Rejected > 0, len(r.Errors) > 0)
		for _, e := range r.Errors {
			assert.LessOrEqual(t, e.Line, lines)
			assert.Greater(t, e.Line, 1)
		}
		_, err = json.Marshal(r) // fails on what is not a number
		require.NoError(t, err)
		assert.LessOrEqual(t, len(r.Errors), MaxErrors)
		assert.Equal(t, r.Accepted > 0, r.Bounds != nil)
	})
}

func BenchmarkImport(b *testing.B) {
	b.SetBytes(int64(len(sample)))
	rows := bytes.Count(sample, []byte("\n")) - 1
	for b.Loop() {
		_, _ = Import(bytes.NewReader(sample))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
}
