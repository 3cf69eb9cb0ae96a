package results

import (
	"bufio"
	"container/heap"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// encoders make the encoder of each format.
var encoders = map[Format]func(io.Writer) vegeta.Encoder{
	Gob: vegeta.NewEncoder, JSON: vegeta.NewJSONEncoder, CSV: vegeta.NewCSVEncoder,
}

// Write writes the requests of all runs, run by run, each in the order of the schedule. Every run is an attack of its
// own: "run 2", or "run 2, excluded".
func (k *Kept) Write(to io.Writer, f Format, excluded func(run int) bool) (Written, error) {
	if err := CheckFormat(f); err != nil {
		return Written{}, err
	}
	buffered := bufio.NewWriterSize(to, 64<<10)
	encode := encoders[f](buffered)
	var done Written
	for _, r := range k.runs {
		attack := fmt.Sprint("run ", r.run.Number)
		if excluded(r.run.Number) {
			attack += ", excluded"
		}
		n, err := r.write(encode, attack)
		done.Runs, done.Requests, done.Unsent = done.Runs+1, done.Requests+n, done.Unsent+r.unsent
		if err != nil {
			return done, fmt.Errorf("write vegeta's results: %w", err)
		}
		if r.lost > 0 && done.Missing == nil {
			done.Missing = fmt.Errorf("%d requests of run %d are missing: %w", r.lost, r.run.Number, r.err)
		}
	}
	if err := buffered.Flush(); err != nil {
		return done, fmt.Errorf("write vegeta's results: %w", err)
	}
	return done, nil
}

// write writes the requests of the window. The numbers of vegeta's plot must be in the order of time, without a gap.
func (r *Recording) write(encode vegeta.Encoder, attack string) (count uint64, err error) {
	m, err := r.merge()
	for err == nil && len(m) > 0 {
		s := m[0].entry
		if r.start <= s.scheduled && s.scheduled < r.end {
			result := r.result(s)
			result.Attack, result.Seq = attack, count
			if err := encode(result); err != nil {
				return count, err
			}
			count++
		}
		err = m.advance()
	}
	return count, err
}

// result is a request as vegeta has it.
func (r *Recording) result(s entry) *vegeta.Result {
	v := &vegeta.Result{
		Code: s.status, Timestamp: r.origin.Add(s.scheduled), Latency: s.latency, BytesOut: uint64(s.out),
		BytesIn: uint64(s.in), Error: r.kept.texts[s.err], URL: r.run.URL,
	}
	if int(s.operation) < len(r.run.Operations) {
		o := r.run.Operations[s.operation]
		v.Method, v.URL = o.Method, r.run.URL+o.Path
	}
	if v.Error != "" && v.Code >= 200 && v.Code < 400 {
		v.Code = 0 // else vegeta counts it as a success, whatever its error is
	}
	return v
}

// entry is a request as it stands in the file.
type entry struct {
	scheduled, latency time.Duration
	in, out, err       uint32
	status, operation  uint16
}

// merger is a heap of chunks by the first request that each has left.
type merger []*reader

// reader reads a chunk.
type reader struct {
	from  *bufio.Reader
	entry entry
}

// next reads the next request; [io.EOF] after the last one.
func (r *reader) next() error {
	var b [entrySize]byte
	if _, err := io.ReadFull(r.from, b[:]); err != nil {
		return err
	}
	le := binary.LittleEndian
	r.entry = entry{
		time.Duration(le.Uint64(b[0:])), time.Duration(le.Uint64(b[8:])), le.Uint32(b[16:]), le.Uint32(b[20:]),
		le.Uint32(b[24:]), le.Uint16(b[28:]), le.Uint16(b[30:]),
	}
	return nil
}

// merge starts at the first request of all chunks.
func (r *Recording) merge() (merger, error) {
	var m merger
	for _, c := range r.chunks {
		one := &reader{from: bufio.NewReader(io.NewSectionReader(r.kept.file, c.offset, c.length))}
		if err := one.next(); err != nil {
			return nil, err
		}
		m = append(m, one)
	}
	heap.Init(&m)
	return m, nil
}

// advance goes on to the next request.
func (m *merger) advance() error {
	switch err := (*m)[0].next(); err {
	case nil:
		heap.Fix(m, 0)
		return nil
	case io.EOF:
		heap.Pop(m)
		return nil
	default:
		return err
	}
}

// Len is the number of chunks that have a request left.
func (m merger) Len() int { return len(m) }

// Less compares two by when the schedule wanted their request sent.
func (m merger) Less(i, j int) bool { return m[i].entry.scheduled < m[j].entry.scheduled }

// Swap swaps two.
func (m merger) Swap(i, j int) { m[i], m[j] = m[j], m[i] }

// Push adds one.
func (m *merger) Push(x any) { *m = append(*m, x.(*reader)) }

// Pop takes the last one away.
func (m *merger) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}
