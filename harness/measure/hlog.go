package measure

import (
	"bufio"
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
}

// slots lists the places of a window's histograms, in the order of the log. Tags are
// PREFIX.response, PREFIX.endpoint.NAME.response, PREFIX.second.INDEX.response and the
// like; a name is escaped as in a URL's path, an index counts from 0.
func slots(prefix string, w *Window) []slot {
	var all []slot
	add := func(tag string, h **Histogram) {
		all = append(all, slot{prefix + "." + tag, w.Start, w.End, h})
	}
	add("response", &w.Response)
	add("service", &w.Service)
	add("lateness", &w.ScheduleLag)
	add("wait", &w.Wait)
	for _, part := range []struct {
		kind string
		of   []Breakdown
	}{{"endpoint", w.Endpoints}, {"worker", w.Workers}} {
		for i := range part.of {
			b, name := &part.of[i], part.kind+"."+url.PathEscape(part.of[i].Name)
			add(name+".response", &b.Response)
			add(name+".service", &b.Service)
		}
	}
	for i := range w.Seconds {
		s := &w.Seconds[i]
		all = append(all, slot{
			prefix + ".second." + strconv.Itoa(i) + ".response", s.At, min(s.At+time.Second, w.End), &s.Response,
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
			h = NewSparseHistogram()
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
	if h.packed != nil {
		h = &Histogram{packed: h.packed} // which stays as it is
		h.unpack()
	}
	h.sparse.SetTag(tag)
	h.sparse.SetStartTimeMs(from)
	h.sparse.SetEndTimeMs(to)
	return log.OutputIntervalPackedHistogram(h.sparse)
}

// ReadLog fills in the histograms of a run's two windows from what [WriteLog] wrote.
// The windows say which histograms there are: one that is missing, unknown, or there
// twice is an error, and then no histogram of the windows has been set. All are sparse:
// a run has thousands.
func ReadLog(r io.Reader, warmup, window *Window) error {
	all := append(slots("warmup", warmup), slots("window", window)...)
	found, err := decodeLog(bufio.NewReaderSize(r, 64<<10), all)
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
func decodeLog(r *bufio.Reader, all []slot) ([]*Histogram, error) {
	places := make(map[string]int, len(all))
	for i, s := range all {
		places[s.tag] = i
	}
	found := make([]*Histogram, len(all))
	for number := 1; ; number++ {
		line, err := r.ReadBytes('\n')
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0:
			return found, nil
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		}
		if line[0] == '#' || line[0] == '"' { // comment, legend
			continue
		}
		tag, encoded, err := fields(line)
		if err != nil {
			return nil, fmt.Errorf("%w: line %d %w", ErrLogGarbled, number, err)
		}
		i, ok := places[tag]
		if !ok {
			return nil, fmt.Errorf("%w: %.100q", ErrLogUnknown, tag)
		}
		if found[i] != nil {
			return nil, fmt.Errorf("%w: %s is there twice", ErrLogGarbled, tag)
		}
		if found[i], err = decodeHistogram(encoded); err != nil {
			return nil, fmt.Errorf("line %d: %s: %w", number, tag, err)
		}
	}
}

// fields are the tag and the encoded histogram of a line, Tag=TAG,START,LENGTH,MAX,HISTOGRAM.
func fields(line []byte) (tag string, encoded []byte, err error) {
	line, whole := bytes.CutSuffix(line, []byte("\n"))
	if !whole {
		return "", nil, errors.New("has no end")
	}
	parts := bytes.Split(bytes.TrimSuffix(line, []byte("\r")), []byte(","))
	named, ok := bytes.CutPrefix(parts[0], []byte("Tag="))
	if !ok || len(parts) != 5 {
		return "", nil, errors.New("is neither a comment nor a tagged histogram")
	}
	for _, number := range parts[1:4] {
		if _, err := strconv.ParseFloat(string(number), 64); err != nil {
			return "", nil, fmt.Errorf("has %.20q for a number", number)
		}
	}
	return string(named), parts[4], nil
}

func decodeHistogram(encoded []byte) (*Histogram, error) {
	decoded, err := hdrhistogram.DecodePacked(encoded)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLogGarbled, err)
	}
	if err := checkBounds(decoded); err != nil {
		return nil, err
	}
	p, err := pack(decoded)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLogGarbled, err)
	}
	return &Histogram{packed: p}, nil
}

// checkBounds refuses a histogram that was recorded with another range or resolution.
func checkBounds(h *hdrhistogram.PackedHistogram) error {
	if h.LowestTrackableValue() != Lowest.Microseconds() || h.HighestTrackableValue() != Highest.Microseconds() ||
		h.SignificantFigures() != SignificantDigits {
		return fmt.Errorf("%w: %d to %d with %d digits, allowed: %d to %d µs with %d digits", ErrLogBounds,
			h.LowestTrackableValue(), h.HighestTrackableValue(), h.SignificantFigures(),
			Lowest.Microseconds(), Highest.Microseconds(), SignificantDigits)
	}
	return nil
}
