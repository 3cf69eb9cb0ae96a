package suite

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAValueIsReadInEachOfItsUnits(t *testing.T) {
	rate := func(s string) (any, error) { return ParseRate(s) }
	size := func(s string) (any, error) { return ParseSize(s) }
	share := func(s string) (any, error) { return ParseShare(s) }
	duration := func(s string) (any, error) { return ParseDuration(s) }
	quantity := func(s string) (any, error) { return ParseQuantity(s) }
	scale := func(s string) (any, error) { return ParseScale(s) }
	for _, row := range []struct {
		parse func(string) (any, error)
		text  string
		want  any
	}{
		{rate, "100 req/s", Rate(100)},
		{rate, "100req/s", Rate(100)},
		{rate, "0.5 req/s", Rate(0.5)},
		{rate, "90 req/min", Rate(1.5)},
		{rate, "10000000 req/s", Rate(1e7)},
		{size, "0 B", Size(0)},
		{size, "512 MiB", 512 * MiB},
		{size, "1.5 GiB", 1536 * MiB},
		{size, "2 TiB", 2048 * GiB},
		{size, "512 MB", Size(512_000_000)},
		{size, "2 GB", Size(2_000_000_000)},
		{size, "3 kB", Size(3000)},
		{size, "3 KiB", 3 * KiB},
		{size, "1 TB", Size(1_000_000_000_000)},
		{share, "60 %", Share(0.6)},
		{share, "60%", Share(0.6)},
		{share, "0.1%", Share(0.001)},
		{share, "7 %", Share(0.07)},
		{share, "0 %", Share(0)},
		{share, "100 %", Share(1)},
		{duration, "5s", 5 * time.Second},
		{duration, "200 ms", 200 * time.Millisecond},
		{duration, "1.5 s", 1500 * time.Millisecond},
		{duration, "2 min", 2 * time.Minute},
		{duration, "2m", 2 * time.Minute},
		{duration, "7 µs", 7 * time.Microsecond},
		{duration, "7 us", 7 * time.Microsecond},
		{duration, "0 s", time.Duration(0)},
		{duration, "24 h", 24 * time.Hour},
		{quantity, "100 req/s", Quantity{100, RequestsPerSecond}},
		{quantity, "600 req/min", Quantity{10, RequestsPerSecond}},
		{quantity, "200 ms", Quantity{200, Milliseconds}},
		{quantity, "0.2 s", Quantity{200, Milliseconds}},
		{quantity, "500 us", Quantity{0.5, Milliseconds}},
		{quantity, "0.1 %", Quantity{0.1, Percent}},
		{quantity, "2 GiB", Quantity{2048, Mebibytes}},
		{quantity, "512 MB", Quantity{488.28125, Mebibytes}},
		{scale, "20x", 20.0},
		{scale, "0.5 x", 0.5},
	} {
		got, err := row.parse(row.text)
		assert.NoError(t, err, row.text)
		assert.Equal(t, row.want, got, row.text)
	}
}

func TestAValueThatIsNoneIsRefusedWithWhatIsAllowed(t *testing.T) {
	rate := func(s string) error { _, err := ParseRate(s); return err }
	size := func(s string) error { _, err := ParseSize(s); return err }
	share := func(s string) error { _, err := ParseShare(s); return err }
	duration := func(s string) error { _, err := ParseDuration(s); return err }
	quantity := func(s string) error { _, err := ParseQuantity(s); return err }
	scale := func(s string) error { _, err := ParseScale(s); return err }
	const aRate = "; allowed: a number with req/s or req/min, e.g. 100 req/s"
	for _, row := range []struct {
		parse func(string) error
		text  string
		want  string
	}{
		{rate, "", `"" does not start with a number` + aRate},
		{rate, "100", `"100" has no unit` + aRate},
		{rate, "100  req/s", `"100  req/s" has the unknown unit " req/s", did you mean "req/s"?` + aRate},
		{rate, "100 Req/s", `"100 Req/s" has the unknown unit "Req/s", did you mean "req/s"?` + aRate},
		{rate, "1 2 req/s", `"1 2 req/s" has the unknown unit "2 req/s", did you mean "req/s"?` + aRate},
		{rate, "1.2.3 req/s", `"1.2.3 req/s" has a number that is not plain (digits and at most one point)` + aRate},
		{rate, "1. req/s", `"1. req/s" has a number that is not plain (digits and at most one point)` + aRate},
		{rate, ".5 req/s", `".5 req/s" does not start with a number` + aRate},
		{rate, "+5 req/s", `"+5 req/s" does not start with a number` + aRate},
		{rate, "-5 req/s", `"-5 req/s" is negative` + aRate},
		{rate, "Inf req/s", `"Inf req/s" is not finite` + aRate},
		{rate, "nan req/s", `"nan req/s" is not a number` + aRate},
		{rate, "0 req/s", `"0 req/s" is out of range; allowed: from 0.001 req/s to 10000000 req/s`},
		{rate, "10000001 req/s", `"10000001 req/s" is out of range; allowed: from 0.001 req/s to 10000000 req/s`},
		{size, "1025 TiB", `"1025 TiB" is out of range; allowed: from 0 B to 1024 TiB`},
		{share, "100.1 %", `"100.1 %" is out of range; allowed: from 0 % to 100 %`},
		{share, "0.00000000001 %", `"0.00000000001 %" is too small; allowed: 0 %, or from 0.0000001 %`},
		{share, "0.5", `"0.5" has no unit; allowed: a number with %, e.g. 0.1 %`},
		{duration, "25 h", `"25 h" is out of range; allowed: from 0 s to 24 h`},
		{duration, "0.5 ns", `"0.5 ns" is not a whole number of nanoseconds; ` +
			`allowed: a number with ns, us, ms, s, min or h, e.g. 200 ms`},
		{
			duration, "1m30s",
			`"1m30s" has the unknown unit "m30s"; allowed: a number with ns, us, ms, s, min or h, e.g. 200 ms`,
		},
		{
			duration, "5 GiB",
			`"5 GiB" is a size, not a duration; allowed: a number with ns, us, ms, s, min or h, e.g. 200 ms`,
		},
		{
			quantity, "9999999999999 ms",
			`"9999999999999 ms" is out of range; allowed: from 0.000000001 ms to 1000000000000 ms`,
		},
		{quantity, "100 reqs", `"100 reqs" has the unknown unit "reqs", did you mean "req/s"?; allowed: a rate, ` +
			`duration, percentage, size, number of things or factor with its unit, ` +
			`e.g. 100 req/s, 200 ms, 0.1 %, 512 MiB, 0 requests, 3x`},
		{scale, "2", `"2" has no unit; allowed: a number with x, e.g. 0.5x`},
		{scale, "0x", `"0x" is out of range; allowed: from 0.001x to 1000x`},
		{scale, "2000x", `"2000x" is out of range; allowed: from 0.001x to 1000x`},
	} {
		err := row.parse(row.text)
		assert.EqualError(t, err, row.want, row.text)
		var value *ValueError
		assert.ErrorAs(t, err, &value, row.text)
	}
}

func TestAValueIsRenderedInTheUnitThatReadsBest(t *testing.T) {
	for _, row := range []struct {
		value interface{ String() string }
		want  string
	}{
		{Rate(100), "100 req/s"}, {Rate(0.5), "0.5 req/s"}, {Rate(1e7), "10000000 req/s"},
		{512 * MiB, "512 MiB"}, {2 * GiB, "2 GiB"}, {1536 * MiB, "1536 MiB"}, {Size(1e9), "1 GB"},
		{Size(1_500_000), "1500 kB"}, {Size(0), "0 B"}, {Size(7), "7 B"},
		{Share(0.07), "7 %"}, {Share(0.001), "0.1 %"}, {Share(1), "100 %"}, {Share(0), "0 %"},
		{Share(math.NaN()), "NaN %"},
		{Quantity{100, RequestsPerSecond}, "100 req/s"}, {Quantity{0.1, Percent}, "0.1 %"},
		{Quantity{488.28125, Mebibytes}, "488.28125 MiB"},
	} {
		assert.Equal(t, row.want, row.value.String())
	}
	for d, want := range map[time.Duration]string{
		0: "0 s", 5 * time.Second: "5 s", 90 * time.Second: "90 s", time.Minute: "1 min",
		1500 * time.Millisecond: "1500 ms", time.Microsecond: "1 us", 7: "7 ns",
	} {
		assert.Equal(t, want, FormatDuration(d))
	}
}

func TestABoundWidensTheClaimByItsTolerance(t *testing.T) {
	atLeast := Claim{Op: AtLeast, Value: Quantity{100, RequestsPerSecond}, Tolerance: 0.01}
	assert.True(t, atLeast.Met(99))
	assert.False(t, atLeast.Met(98.9))
	atMost := Claim{Op: AtMost, Value: Quantity{200, Milliseconds}}
	assert.True(t, atMost.Met(200))
	assert.False(t, atMost.Met(200.1))
	assert.False(t, atMost.Met(math.NaN()))
}

// FuzzUnits checks that no text makes a parser panic, and that what is read, rendered
// and read again is the same.
func FuzzUnits(f *testing.F) {
	for _, text := range []string{
		"100 req/s", "1 req/min", "7 req/min", "512 MiB", "1.5 GiB", "0.1 GB", "60 %", "0.1%", "0.07 %",
		"99.99999999999999999999 %", "200 ms", "5s", "2 min", "33.333333 s", "20x",
		"", " ", "1", "-1 ms", "NaN %", "inf req/s", "1e9 B", "0 req/s", "0.000000001 %", "0.0000000001 ms",
		"99999999999999999999999999999999 B", "1 \x00", "1 é", "١ ms",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		again(t, text, ParseRate, Rate.String)
		again(t, text, ParseSize, Size.String)
		again(t, text, ParseShare, Share.String)
		again(t, text, ParseDuration, FormatDuration)
		again(t, text, ParseQuantity, Quantity.String)
		again(t, text, ParseScale, func(v float64) string { return decimal(v) + "x" })
	})
}

func again[V comparable](t *testing.T, text string, parse func(string) (V, error), render func(V) string) {
	t.Helper()
	v, err := parse(text)
	if err != nil {
		var value *ValueError
		require.ErrorAs(t, err, &value)
		require.NotEmpty(t, value.Message)
		require.NotEmpty(t, value.Allowed)
		return
	}
	back, err := parse(render(v))
	require.NoError(t, err, "%q is rendered as %q", text, render(v))
	require.Equal(t, v, back, "%q is rendered as %q", text, render(v))
}
