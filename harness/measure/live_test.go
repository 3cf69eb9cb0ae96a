package measure

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLiveIsWhatWasRecordedSinceItWasAskedLast(t *testing.T) {
	r := NewOpenRecorder()
	r.Record(sample(0, ms, nil))
	r.Observe()
	assert.Equal(t, Live{}, r.Live(), "nothing was recorded since anybody asked for it")

	for i := range 98 {
		r.Record(sample(time.Duration(i)*ms, 2*ms, nil))
	}
	r.Record(sample(98*ms, 40*ms, errWrong))
	r.Record(sample(99*ms, 90*ms, nil))
	r.RecordAll(3, unsent(100*ms))
	l := r.Live()
	assert.EqualValues(t, 99, l.Completed)
	assert.EqualValues(t, 4, l.Failed)
	assert.InEpsilon(t, 2*ms, *l.P50, 0.01)
	assert.InEpsilon(t, 40*ms, *l.P99, 0.01)
	assert.InEpsilon(t, ms, *l.ScheduleLag, 0.01, "unsent ones lag, too")

	r.Record(unsent(time.Second))
	l = r.Live()
	assert.EqualValues(t, 1, l.Failed)
	assert.Nil(t, l.P50, "nothing was answered: the response time is not known, and not 0")
	assert.Nil(t, l.P99)
	require.NotNil(t, l.ScheduleLag)
	assert.Equal(t, Live{}, r.Live())
}

func TestLiveTakesNothingFromTheWindows(t *testing.T) {
	record := func(observe bool) []*Window {
		r, err := NewRecorder(0, time.Second, 3*time.Second)
		require.NoError(t, err)
		if observe {
			r.Observe()
		}
		for i := range 300 {
			r.Record(sample(time.Duration(i)*10*ms, time.Duration(1+i%7)*ms, nil))
			if observe && i%50 == 0 {
				r.Live()
			}
		}
		return r.Windows()
	}
	assert.Equal(t, record(false), record(true))
}

func TestLiveLosesNothingToConcurrentSamples(t *testing.T) {
	const writers, each = 4, 500
	r := NewOpenRecorder()
	r.Observe()
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for i := range each {
				r.Record(sample(time.Duration(i)*ms, ms, nil))
			}
		})
	}
	var seen uint64
	for range 50 {
		seen += r.Live().Completed
	}
	wg.Wait()
	assert.EqualValues(t, writers*each, seen+r.Live().Completed)
}

func TestLiveRatesAreOfItsLength(t *testing.T) {
	l := Live{Length: 1250 * ms, Offered: 1250, Completed: 625}
	assert.InDelta(t, 1000, l.OfferedRate(), 1e-9)
	assert.InDelta(t, 500, l.AnsweredRate(), 1e-9)
	assert.Zero(t, Live{Offered: 3}.OfferedRate(), "of no length there is no rate")

	text, err := json.Marshal(Live{Length: 1})
	require.NoError(t, err)
	assert.NotContains(t, string(text), "p50", "what is not known is left out")
}
