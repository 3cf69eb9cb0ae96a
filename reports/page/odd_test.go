package page

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/reports/browsertest"
)

// odd is a run of which anything may be missing or absurd.
func odd(seed uint64) *archive.Run {
	rng := rand.New(rand.NewPCG(seed, 11))
	one := func(n int) bool { return rng.IntN(n) == 0 }
	run := archivetest.Sample(1)
	for n := range run.Phases[0].Trials {
		t := &run.Phases[0].Trials[n]
		switch {
		case one(6):
			t.Window = nil
		case one(6):
			t.Window = measure.NewWindow(t.Window.Start, t.Window.Start+time.Duration(rng.Int64N(2e9)))
		case one(4):
			t.Window.Seconds = t.Window.Seconds[:rng.IntN(2)]
		case one(8):
			t.Window.Response, t.Window.Service = nil, nil
		}
		if one(4) || seed%2 == 0 {
			t.Warmup = nil
		}
		if t.Window != nil {
			oddSeconds(rng, t.Window)
			for i := range t.Window.Seconds {
				t.Window.Seconds[i].Lag *= time.Duration(seed % 2) // which older archives do not have
			}
		}
		switch {
		case one(5):
			t.Usage = nil
		default:
			oddUsage(rng, t.Usage)
		}
		t.Interrupted = one(6)
		work := measure.StoreWork{Start: time.Duration(rng.Int64N(9e9)), End: time.Duration(rng.Int64N(9e9))}
		work.Counts, work.Levels = oddValues(rng), oddValues(rng)
		t.Stores = &measure.StoreRecord{Seconds: []measure.StoreWork{work}}
		t.Disturbed = []string{"999999999.000 s: \x00</script><!--", "x", ""}
	}
	for i := range run.Results {
		run.Results[i].Bound = oddValue(rng)
	}
	return run
}

func oddValue(rng *rand.Rand) float64 {
	return []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 0, 1e300, 5e-324, 7}[rng.IntN(8)]
}

func oddValues(rng *rand.Rand) map[string]float64 {
	return map[string]float64{"": oddValue(rng), "</script>": oddValue(rng), "plain": oddValue(rng)}
}

func oddSeconds(rng *rand.Rand, w *measure.Window) {
	for i := range w.Seconds {
		s := &w.Seconds[i]
		switch rng.IntN(6) {
		case 0:
			s.Response = nil
		case 1:
			s.Response = measure.NewSparseHistogram()
		case 2:
			s.At = time.Duration(rng.Uint64())
		case 3:
			s.Offered, s.Failed, s.Lag = rng.Uint64(), rng.Uint64(), time.Duration(rng.Uint64())
		}
	}
}

func oddUsage(rng *rand.Rand, u *measure.Usage) {
	for i := range u.Series {
		for p := range u.Series[i].Points {
			point := &u.Series[i].Points[p]
			switch rng.IntN(5) {
			case 0:
				point.CPU = oddValue(rng)
			case 1:
				point.RSS = int64(rng.Uint64())
			case 2:
				point.At = time.Duration(rng.Uint64())
			}
		}
	}
}

func FuzzOddArchivesAreEmbedded(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		for _, p := range decoded(t, odd(seed)).Phases {
			for _, r := range p.Runs {
				for _, text := range append(r.Quantiles, r.Offered, r.Completed, r.Failed, r.Lengths) {
					require.Len(t, uncoded(text, 1), p.Bins)
				}
			}
		}
	})
}

func TestOddArchivesAreShownWithoutNonsense(t *testing.T) {
	t.Parallel()
	for seed := range uint64(effort.Of(1, 2, 40)) {
		p := browsertest.OpenText(t, pageOf(t, odd(seed)), browsertest.Options{})
		assert.Empty(t, p.Messages(), "seed %d", seed)
		browsertest.Eval[bool](p, `[...document.querySelectorAll(".live")].every(panel => {
			for (const over of panel.querySelectorAll(".u-over")) {
				const r = over.getBoundingClientRect();
				const place = {clientX: r.left + r.width / 2, clientY: r.top + 20, bubbles: true};
				for (const type of ["mouseenter", "mousemove"]) over.dispatchEvent(new MouseEvent(type, place));
			}
			for (const button of panel.querySelectorAll("button")) button.click();
			return true;
		})`)
		assert.Empty(t, p.Messages(), "seed %d", seed)
		text := browsertest.Eval[string](p, `document.body.innerText`)
		for _, bad := range []string{"NaN", "undefined", "Infinity", "[object"} {
			if at := strings.Index(text, bad); at >= 0 {
				t.Errorf("seed %d: %.80q", seed, text[max(0, at-40):])
			}
		}
		p.Close()
	}
}
