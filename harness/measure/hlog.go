package measure

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// What may be wrong with a histogram log; errors of [ReadLog] wrap one of these.
var (
	ErrLogGarbled = errors.New("histogram log is truncated or garbled")
	ErrLogMissing = errors.New("histogram is missing from the log")
	ErrLogUnknown = errors.New("histogram in the log belongs to nothing")
	ErrLogBounds  = errors.New("histogram has other bounds")
)

// slot is a histogram's place in a window.
type slot struct {
	tag       string
	from, to  time.Duration // the interval it is of
	histogram **Histogram
	fresh     func() *Histogram // makes the kind that belongs there
}

// slots lists the places of a window's histograms, in the order of the log. Tags are
// PREFIX.response, PREFIX.endpoint.NAME.response, PREFIX.second.INDEX.response and the
// like; a name is escaped as in a URL's path, an index counts from 0.
func slots(prefix string, w *Window) []slot {
	var all []slot
	add := func(tag string, h **Histogram, fresh func() *Histogram) {
		all = append(all, slot{prefix + "." + tag, w.Start, w.End, h, fresh})
	}
	add("response", &w.Response, NewHistogram)
	add("service", &w.Service, NewHistogram)
	add("lateness", &w.ScheduleLag, NewHistogram)
	add("wait", &w.Wait, NewHistogram)
	for _, part := range []struct {
		kind  string
		of    []Breakdown
		fresh func() *Histogram
	}{{"endpoint", w.Endpoints, NewHistogram}, {"worker", w.Workers, NewSparseHistogram}} {
		for i := range part.of {
			b, name := &part.of[i], part.kind+"."+url.PathEscape(part.of[i].Name)
			add(name+".response", &b.Response, part.fresh)
			add(name+".service", &b.Service, part.fresh)
		}
	}
	for i := range w.Seconds {
		s := &w.Seconds[i]
		all = append(all, slot{
			prefix + ".second." + strconv.Itoa(i) + ".response", s.At, min(s.At+time.Second, w.End), &s.Response,
			NewSparseHistogram,
		})
	}
	return all
}

// WriteLog writes all histograms of a run's two windows in HdrHistogram's log format
// 1.3, which its tools read: one line each, told apart by tag. Values are in
// microseconds, the column Interval_Max in seconds. started is the time of the schedule's origin.
// A histogram that is nil is written as an empty one.
func WriteLog(w io.Writer, started time.Time, warmup, window *Window) error {
	log := hdrhistogram.NewHistogramLogWriter(w)
	err := errors.Join(log.OutputLogFormatVersion(), log.OutputStartTime(started.UnixMilli()), log.OutputLegend())
	if err != nil {
		return fmt.Errorf("write histogram log: %w", err)
	}
	for _, s := range append(slots("warmup", warmup), slots("window", window)...) {
		h := *s.histogram
		if h == nil {
			h = s.fresh()
		}
		if err := h.log(log, s.tag, started.Add(s.from).UnixMilli(), started.Add(s.to).UnixMilli()); err != nil {
			return fmt.Errorf("write histogram log: %s: %w", s.tag, err)
		}
	}
	return nil
}

func (h *Histogram) log(log *hdrhistogram.HistogramLogWriter, tag string, from, to int64) error {
	if h.dense != nil {
		h.dense.SetTag(tag)
		h.dense.SetStartTimeMs(from)
		h.dense.SetEndTimeMs(to)
		return log.OutputIntervalHistogram(h.dense)
	}
	h.sparse.SetTag(tag)
	h.sparse.SetStartTimeMs(from)
	h.sparse.SetEndTimeMs(to)
	return log.OutputIntervalPackedHistogram(h.sparse)
}

// ReadLog fills in the histograms of a run's two windows from what [WriteLog] wrote.
// The windows say which histograms there are: one that is missing, unknown, or there
// twice is an error, and then no histogram of the windows has been set.
func ReadLog(r io.Reader, warmup, window *Window) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("read histogram log: %w", err)
	}
	all := append(slots("warmup", warmup), slots("window", window)...)
	found, err := decodeLog(data, all)
	if err != nil {
		return fmt.Errorf("read histogram log: %w", err)
	}
	for i, s := range all {
		if found[i] == nil {
			return fmt.Errorf("read histogram log: %w: %s", ErrLogMissing, s.tag)
		}
	}
	for i, s := range all {
		*s.histogram = found[i]
	}
	return nil
}

// decodeLog decodes the histograms of a log, each to the place of its slot.
func decodeLog(data []byte, all []slot) ([]*Histogram, error) {
	lines, err := countLines(data)
	if err != nil {
		return nil, err
	}
	places := make(map[string]int, len(all))
	for i, s := range all {
		places[s.tag] = i
	}
	found := make([]*Histogram, len(all))
	log := hdrhistogram.NewHistogramLogReader(bytes.NewReader(data))
	for n := 0; ; n++ {
		h, err := log.NextIntervalHistogram()
		if err != nil {
			return nil, fmt.Errorf("%w: histogram %d: %w", ErrLogGarbled, n+1, err)
		}
		if h == nil && n != lines {
			return nil, fmt.Errorf("%w: %d of its %d histograms could be read", ErrLogGarbled, n, lines)
		}
		if h == nil {
			return found, nil
		}
		i, ok := places[h.Tag()]
		if !ok {
			return nil, fmt.Errorf("%w: %.100q", ErrLogUnknown, h.Tag())
		}
		if found[i] != nil {
			return nil, fmt.Errorf("%w: %s is there twice", ErrLogGarbled, all[i].tag)
		}
		if err := checkBounds(h); err != nil {
			return nil, fmt.Errorf("%s: %w", all[i].tag, err)
		}
		found[i] = all[i].fresh()
		if err := found[i].Merge(&Histogram{dense: h}); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrLogGarbled, all[i].tag, err)
		}
	}
}

// countLines counts the lines that must hold a histogram. The library's reader passes
// over a line that it cannot make out: the count tells of it.
func countLines(data []byte) (int, error) {
	count, number := 0, 0
	for line := range bytes.Lines(data) {
		number++
		switch {
		case line[0] == '#', line[0] == '"': // comment, legend
		case !bytes.HasSuffix(line, []byte("\n")):
			return 0, fmt.Errorf("%w: line %d has no end", ErrLogGarbled, number)
		case !bytes.HasPrefix(line, []byte("Tag=")):
			return 0, fmt.Errorf("%w: line %d is neither a comment nor a tagged histogram", ErrLogGarbled, number)
		default:
			count++
		}
	}
	return count, nil
}

// checkBounds refuses a histogram that was recorded with another range or resolution.
func checkBounds(h *hdrhistogram.Histogram) error {
	if h.LowestTrackableValue() != Lowest.Microseconds() || h.HighestTrackableValue() != Highest.Microseconds() ||
		h.SignificantFigures() != SignificantDigits {
		return fmt.Errorf("%w: %d to %d with %d digits, allowed: %d to %d µs with %d digits", ErrLogBounds,
			h.LowestTrackableValue(), h.HighestTrackableValue(), h.SignificantFigures(),
			Lowest.Microseconds(), Highest.Microseconds(), SignificantDigits)
	}
	return nil
}
