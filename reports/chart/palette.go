package chart

import (
	"cmp"
	"encoding/binary"
	"image"
	"image/color"
	"maps"
	"slices"
)

// The colours of an image with a palette.
const (
	mostColors = 256
	areas      = 64         // the most frequent ones, which fill areas, are kept as they are
	likeness   = 0xf0f0f0f0 // colours that differ in the other bits alone are alike
)

// paletted is an image in no more than [mostColors] of its colours. Charts have few: the others are edges of letters
// and lines, about one pixel in a hundred, and take the nearest. An image with a palette is encoded several times
// faster, and smaller.
func paletted(from *image.RGBA) *image.Paletted {
	counts := map[uint32]int{}
	runs(from, func(_, n int, c uint32) { counts[c] += n })
	colors := slices.SortedFunc(maps.Keys(counts), func(a, b uint32) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	kept := colors
	if len(colors) > mostColors {
		kept = append(slices.Clone(colors[:areas]), unlike(colors[areas:], counts)...)
		kept = kept[:min(len(kept), mostColors)]
	}
	palette := make(color.Palette, len(kept))
	index := make(map[uint32]uint8, len(colors))
	for i, c := range kept {
		palette[i] = color.RGBA{uint8(c >> 24), uint8(c >> 16), uint8(c >> 8), uint8(c)}
		index[c] = uint8(i)
	}
	for _, c := range colors {
		if _, ok := index[c]; !ok {
			index[c] = nearest(kept, c)
		}
	}
	to := image.NewPaletted(from.Rect, palette)
	runs(from, func(at, n int, c uint32) {
		if i := index[c]; i > 0 { // a new image is all of colour 0, the most frequent one
			for k := range n {
				to.Pix[at+k] = i
			}
		}
	})
	return to
}

// unlike is one of all colours that are alike, the most frequent one, in the order of how frequent they are together.
// The colours come in the order of their frequency.
func unlike(colors []uint32, counts map[uint32]int) []uint32 {
	sums := map[uint32]int{}
	for _, c := range colors {
		sums[c&likeness] += counts[c]
	}
	var first []uint32 // of each kind
	seen := map[uint32]bool{}
	for _, c := range colors {
		if !seen[c&likeness] {
			seen[c&likeness] = true
			first = append(first, c)
		}
	}
	slices.SortStableFunc(first, func(a, b uint32) int { return cmp.Compare(sums[b&likeness], sums[a&likeness]) })
	return first
}

// runs tells of the pixels of an image, row by row, n of one colour at a time from the pixel number at on. A colour is
// its red, green, blue and alpha, the last in the lowest byte.
func runs(m *image.RGBA, tell func(at, n int, c uint32)) {
	pixel := func(i int) uint32 { return binary.BigEndian.Uint32(m.Pix[4*i:]) }
	for at, all := 0, len(m.Pix)/4; at < all; {
		c, n := pixel(at), 1
		two := uint64(c)<<32 | uint64(c)
		for at+n+2 <= all && binary.BigEndian.Uint64(m.Pix[4*(at+n):]) == two {
			n += 2
		}
		for at+n < all && pixel(at+n) == c {
			n++
		}
		tell(at, n, c)
		at += n
	}
}

// nearest is the index of the colour that differs least from c, by the sum of squares.
func nearest(colors []uint32, c uint32) uint8 {
	best, least := 0, 1<<30
	for i, k := range colors {
		sum := 0
		for shift := 0; shift < 32; shift += 8 {
			d := int(k>>shift&0xff) - int(c>>shift&0xff)
			sum += d * d
		}
		if sum < least {
			best, least = i, sum
		}
	}
	return uint8(best)
}
