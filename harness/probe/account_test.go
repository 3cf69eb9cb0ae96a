package probe

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAnAccountNeitherLosesNorCountsTwice(t *testing.T) {
	const ms, us = time.Millisecond, time.Microsecond
	type reading map[int]member
	for _, row := range []struct {
		name     string
		readings []reading
		want     time.Duration // after the first
	}{
		{"one process, in nanoseconds", []reading{
			{7: {own: 5 * time.Second}}, {7: {own: 5*time.Second + 123*us}}, {7: {own: 5*time.Second + 200*us}},
		}, 200 * us},
		{"an ended child goes over to its parent, in ticks, less what it was counted with", []reading{
			{7: {own: 100 * ms}, 8: {parent: 7, own: 43 * ms}},
			{7: {own: 101 * ms, children: 50 * ms}}, // 8 used 7 more
		}, 8 * ms},
		{"what the ticks hide is not taken off another's", []reading{
			{7: {}, 8: {parent: 7, own: 8 * ms}, 9: {parent: 7, own: 3 * ms}},
			{7: {}, 9: {parent: 7, own: 5 * ms}}, // 8 ended within its first tick
			{7: {children: 10 * ms}},             // and so did 9; together 13 are known to be counted
		}, 2 * ms},
		{"one that came and went between two readings", []reading{
			{7: {own: 1 * ms}}, {7: {own: 1 * ms, children: 30 * ms}},
		}, 30 * ms},
		{"a child and its parent ended, the grandparent waited for both", []reading{
			{7: {}, 8: {parent: 7, own: 20 * ms, children: 40 * ms}, 9: {parent: 8, own: 100 * ms}},
			{7: {children: 170 * ms}}, // 10 more than 20 + 40 + 100
		}, 10 * ms},
		{"a child that nobody waited for only loses its last interval", []reading{
			{7: {own: 10 * ms}, 8: {parent: 7, own: 500 * ms}},
			{7: {own: 15 * ms}},
			{7: {own: 18 * ms}},
		}, 8 * ms},
		{"a new member counts wholly", []reading{
			{7: {}}, {7: {}, 8: {parent: 7, own: 9 * ms, children: 20 * ms, started: 1000}},
		}, 29 * ms},
		{"one that only joined counts from then on", []reading{
			{7: {}}, {7: {}, 8: {parent: 7, own: 900 * ms, started: 10}},
			{7: {}, 8: {parent: 7, own: 903 * ms, started: 10}},
		}, 3 * ms},
		{"a number that is in use again is another process", []reading{
			{7: {}, 8: {parent: 7, own: 400 * ms, started: 10}},
			{7: {children: 410 * ms}, 8: {parent: 7, own: 5 * ms, started: 1000}},
		}, 15 * ms},
		{"a clock that goes back counts nothing", []reading{{7: {own: 10 * ms}}, {7: {own: 9 * ms}}}, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := &account{}
			var used time.Duration
			for _, r := range row.readings {
				used += a.advance(r, 500)
			}
			assert.Equal(t, row.want, used)
		})
	}
}
