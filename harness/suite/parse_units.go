package suite

import (
	"fmt"
	"math/big"
	"strconv"
	"time"

	"github.com/nameplate-dev/nameplate/harness/suite/internal/form"
)

// ParseRate reads a rate such as "100 req/s" or "90 req/min", from [MinRate] to [MaxRate].
func ParseRate(text string) (Rate, error) {
	value, err := rates.parse(text)
	if err != nil {
		return 0, err
	}
	perSecond, _ := value.Float64()
	if perSecond < MinRate || perSecond > MaxRate {
		return 0, outside(text, Rate(MinRate).String(), Rate(MaxRate).String())
	}
	return Rate(perSecond), nil
}

// String renders the rate in req/s, so that [ParseRate] reads it back exactly.
func (r Rate) String() string { return decimal(float64(r)) + " req/s" }

// ParseSize reads a size such as "512 MiB" (binary) or "512 MB" (decimal): a whole
// number of bytes, up to [MaxSize].
func ParseSize(text string) (Size, error) {
	value, err := sizes.parse(text)
	if err != nil {
		return 0, err
	}
	if !value.IsInt() {
		return 0, form.BadValue(form.Quote(text)+" is not a whole number of bytes", sizes.allowed)
	}
	if value.Cmp(of(int64(MaxSize), 1)) > 0 {
		return 0, outside(text, "0 B", MaxSize.String())
	}
	return Size(value.Num().Int64()), nil
}

// String renders the size in the largest unit of which it is a whole number, so that
// [ParseSize] reads it back exactly.
func (s Size) String() string {
	for _, symbol := range []string{"TiB", "GiB", "MiB", "KiB", "TB", "GB", "MB", "kB"} {
		size, _ := sizes.sizeOf(symbol)
		if each := Size(size.Num().Int64()); s != 0 && s%each == 0 {
			return fmt.Sprintf("%d %s", s/each, symbol)
		}
	}
	return fmt.Sprintf("%d B", int64(s))
}

// ParseShare reads a percentage such as "60 %" or "0.1%", from 0 % to 100 %.
func ParseShare(text string) (Share, error) {
	value, err := shares.parse(text)
	if err != nil {
		return 0, err
	}
	share, _ := value.Float64()
	if value.Cmp(of(1, 1)) > 0 {
		return 0, outside(text, "0 %", "100 %")
	}
	if value.Sign() != 0 && share < leastShare {
		return 0, form.BadValue(form.Quote(text)+" is too small", "0 %, or from "+Share(leastShare).String())
	}
	return Share(share), nil
}

// String renders the share as a percentage, so that [ParseShare] reads it back exactly.
func (s Share) String() string {
	// Multiplied as a decimal number: 0.07 * 100 is 7.000000000000001 in binary.
	r, ok := new(big.Rat).SetString(decimal(float64(s)))
	if !ok {
		return decimal(float64(s)*100) + " %" // NaN and the infinities
	}
	r.Mul(r, of(100, 1))
	digits, _ := r.FloatPrec()
	return r.FloatString(digits) + " %"
}

// ParseDuration reads a duration such as "5 s" or "200ms": a whole number of
// nanoseconds, up to [MaxTime].
func ParseDuration(text string) (time.Duration, error) {
	value, err := durations.parse(text)
	if err != nil {
		return 0, err
	}
	if !value.IsInt() {
		return 0, form.BadValue(form.Quote(text)+" is not a whole number of nanoseconds", durations.allowed)
	}
	if value.Cmp(of(int64(MaxTime), 1)) > 0 {
		return 0, outside(text, "0 s", FormatDuration(MaxTime))
	}
	return time.Duration(value.Num().Int64()), nil
}

// FormatDuration renders a duration in the largest unit of which it is a whole
// number, so that [ParseDuration] reads it back exactly.
func FormatDuration(d time.Duration) string {
	for _, symbol := range []string{"h", "min", "s", "ms", "us"} {
		size, _ := durations.sizeOf(symbol)
		if each := time.Duration(size.Num().Int64()); d != 0 && d%each == 0 {
			return fmt.Sprintf("%d %s", d/each, symbol)
		}
	}
	if d == 0 {
		return "0 s"
	}
	return fmt.Sprintf("%d ns", int64(d))
}

// ParseScale reads a factor such as "2x" or "0.5x", from [MinScale] to [MaxScale].
func ParseScale(text string) (float64, error) {
	value, err := factors.parse(text)
	if err != nil {
		return 0, err
	}
	scale, _ := value.Float64()
	if scale < MinScale || scale > MaxScale {
		return 0, outside(text, decimal(MinScale)+"x", decimal(MaxScale)+"x")
	}
	return scale, nil
}

// ParseQuantity reads a value of any metric, such as "100 req/s", "200 ms", "0.1 %" or
// "512 MiB", into the unit in which its kind is reported: [RequestsPerSecond],
// [Milliseconds], [Percent], [Mebibytes], a number of things or [Ratio].
func ParseQuantity(text string) (Quantity, error) {
	const allowed = "a rate, duration, percentage, size, number of things or factor with its unit, e.g. 100 req/s, " +
		"200 ms, 0.1 %, 512 MiB, 0 requests, 3x"
	_, symbol, problem := split(text)
	if problem != "" {
		return Quantity{}, form.BadValue(problem, allowed)
	}
	for _, reported := range reportedUnits {
		if _, ok := reported.dimension.sizeOf(symbol); ok {
			return reported.parse(text)
		}
	}
	var anything dimension
	for _, d := range measurable {
		anything.units = append(anything.units, d.units...)
	}
	return Quantity{}, form.BadValue(anything.unitProblem(text, symbol), allowed)
}

// String renders the quantity so that [ParseQuantity] reads it back exactly.
func (q Quantity) String() string { return decimal(q.Value) + " " + string(q.Unit) }

// reportedUnit binds a unit to the dimension that is reported in it.
type reportedUnit struct {
	unit      Unit
	dimension dimension
	least     float64 // smallest and largest value that a claim may have, in the unit
	most      float64
}

// reportedUnits has an entry for every [Unit]. Response times are held in histograms
// that reach from 1 µs to 60 s: a bound outside of them could not be judged.
var reportedUnits = []reportedUnit{
	{RequestsPerSecond, rates, MinRate, MaxRate},
	{Milliseconds, durations, 0.001, 60_000},
	{Percent, shares, 0, 100},
	{Mebibytes, sizes, 1, float64(MaxSize / MiB)},
	{Requests, requests, 0, mostQuantity},
	{Answers, answers, 0, mostQuantity},
	{Workers, workers, 0, MaxWorkers},
	{Processes, processes, 0, MaxWorkers},
	{Descriptors, descriptors, 0, mostQuantity},
	{Connections, connections, 0, mostQuantity},
	{Ratio, factors, MinScale, MaxScale},
}

func reported(u Unit) reportedUnit {
	for _, r := range reportedUnits {
		if r.unit == u {
			return r
		}
	}
	return reportedUnit{unit: u}
}

func (r reportedUnit) parse(text string) (Quantity, error) {
	value, err := r.dimension.parse(text)
	if err != nil {
		return Quantity{}, err
	}
	size, _ := r.dimension.sizeOf(string(r.unit))
	q := Quantity{Unit: r.unit}
	q.Value, _ = value.Quo(value, size).Float64()
	if q.Value > mostQuantity || (value.Sign() != 0 && q.Value < leastShare) {
		return Quantity{}, outside(text, Quantity{leastShare, r.unit}.String(), Quantity{mostQuantity, r.unit}.String())
	}
	return q, nil
}

// decimal is the shortest plain decimal number that reads back as v.
func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
