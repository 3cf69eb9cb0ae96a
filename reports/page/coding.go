package page

import (
	"math"
	"slices"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// digits are those of a whole number from 0 on: five bits each, the lowest first, and 32 more where another follows.
const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// largest is the largest number that a script holds exactly, less what coding adds to it.
const largest = 1<<52 - 1

// number appends a whole number.
func number(to []byte, v uint64) []byte {
	for ; v >= 32; v >>= 5 {
		to = append(to, digits[v&31|32])
	}
	return append(to, digits[v])
}

// coded writes values of 0 and above, times scale and rounded. A value that is NaN, out of range or below 0 is
// unknown. Each stands as its difference from the one before it, 0 for unknown and one more for all others.
func coded(values []float64, scale float64) string {
	var text []byte
	last := int64(0)
	for _, v := range values {
		next := int64(0)
		if v = math.Round(v * scale); v >= 0 && v < largest {
			next = int64(v) + 1
		}
		d := next - last
		text = number(text, uint64(d<<1)^uint64(d>>63))
		last = next
	}
	return string(text)
}

// buckets writes a histogram: of each bucket that holds something the value in µs, as its difference from the one
// before it, and how many values it holds. What the script finds in them is what [measure.Histogram.Quantile] finds.
func buckets(h *measure.Histogram) string {
	if h == nil {
		return ""
	}
	var text []byte
	last := uint64(0)
	for value, count := range h.Buckets() {
		us := uint64(value / time.Microsecond)
		text = number(number(text, us-last), count)
		last = us
	}
	return string(text)
}

// bandsADecade is how many bands of a heat map have together the width of a decade.
const bandsADecade = 12

// bands are the values in µs with which the bands of a heat map begin, the first at 1 µs.
var bands = func() []int64 {
	var all []int64
	for i := 0; ; i++ {
		from := int64(math.Pow10(i / bandsADecade))
		if rest := i % bandsADecade; rest > 0 {
			from = int64(math.Ceil(math.Pow(10, float64(i)/bandsADecade)))
		}
		if time.Duration(from)*time.Microsecond > measure.Highest {
			return all
		}
		all = append(all, from)
	}
}()

// heat writes histograms coarsely: of each how many bands hold something, and of each of those how many bands lie
// between it and the one before it, and its count.
func heat(all []*measure.Histogram) string {
	var text []byte
	for _, h := range all {
		counts := make([]uint64, len(bands))
		held := uint64(0)
		if h != nil {
			for value, count := range h.Buckets() {
				at, exact := slices.BinarySearch(bands, int64(value/time.Microsecond))
				if !exact {
					at--
				}
				if counts[at] == 0 {
					held++
				}
				counts[at] += count
			}
		}
		text = number(text, held)
		gap := uint64(0)
		for _, count := range counts {
			if count == 0 {
				gap++
				continue
			}
			text = number(number(text, gap), count)
			gap = 0
		}
	}
	return string(text)
}

// quantilesOf writes each of liveQuantiles of histograms, in µs.
func quantilesOf(all []*measure.Histogram) []string {
	texts := make([]string, 0, len(liveQuantiles))
	for _, q := range liveQuantiles {
		values := make([]float64, len(all))
		for i, h := range all {
			values[i] = math.NaN()
			if h == nil {
				continue
			}
			if v, ok := h.Quantile(q); ok {
				values[i] = float64(v / time.Microsecond)
			}
		}
		texts = append(texts, coded(values, 1))
	}
	return texts
}
