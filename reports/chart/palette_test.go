package chart

import (
	"image"
	"image/color"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// worst is the largest difference of a channel, and how many of the pixels differ by more than a reader could see.
func worst(a, b image.Image) (channel, seen int) {
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			p, q := color.RGBAModel.Convert(a.At(x, y)).(color.RGBA), color.RGBAModel.Convert(b.At(x, y)).(color.RGBA)
			d := 0
			for _, c := range [][2]uint8{{p.R, q.R}, {p.G, q.G}, {p.B, q.B}, {p.A, q.A}} {
				d = max(d, int(c[0])-int(c[1]), int(c[1])-int(c[0]))
			}
			channel = max(channel, d)
			if d > 16 {
				seen++
			}
		}
	}
	return channel, seen
}

func TestAnImageOfFewColoursKeepsThem(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 16, 16))
	for i := range 256 {
		m.SetRGBA(i%16, i/16, color.RGBA{uint8(i), uint8(255 - i), 7, 255})
	}
	p := paletted(m)
	assert.Len(t, p.Palette, 256)
	channel, _ := worst(m, p)
	assert.Zero(t, channel)
	assert.Len(t, paletted(image.NewRGBA(image.Rect(0, 0, 3, 1))).Palette, 1)
}

func TestOfManyColoursThoseThatAreRareTakeTheNearest(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 4, 300))
	for i := range 300 { // the first are areas; the others, each but once, are alike in fours
		c := color.RGBA{uint8(i / 16 * 12), uint8(i % 16 * 4), 0, 255}
		for x := range 4 {
			m.SetRGBA(x, i, c)
			if x > 0 && i >= areas {
				m.SetRGBA(x, i, color.RGBA{0, 0, 0, 255})
			}
		}
	}
	p := paletted(m)
	assert.LessOrEqual(t, len(p.Palette), mostColors)
	assert.Equal(t, m.At(0, 63), p.At(0, 63))
	channel, _ := worst(m, p)
	assert.Positive(t, channel)
	assert.Less(t, channel, 16)
}

func TestChartsLookTheSameInTheirPalette(t *testing.T) {
	effort.NoGoroutines(t)
	r, err := figures.Of(archivetest.Sample(3))
	require.NoError(t, err)
	for _, c := range All(r) {
		drawn := c.pixels()
		kept := paletted(drawn)
		counts := map[color.RGBA]int{}
		for y := range drawn.Rect.Dy() {
			for x := range drawn.Rect.Dx() {
				counts[drawn.RGBAAt(x, y)]++
			}
		}
		for shade, n := range counts {
			assert.False(t, n > 500 && !slices.Contains(kept.Palette, color.Color(shade)), "%s: an area", c.Name)
		}
		channel, seen := worst(drawn, kept)
		t.Logf("%s: %d, %d pixels", c.Name, channel, seen)
		assert.LessOrEqual(t, channel, 64, c.Name)
		assert.Less(t, seen, 1000, c.Name) // of more than a million
	}
}
