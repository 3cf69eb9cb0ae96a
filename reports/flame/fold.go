package flame

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/google/pprof/profile"
)

// Stack is a call path on which processor time was sampled.
type Stack struct {
	Frames []string // the functions, the outermost first; inlined ones, too
	Spent
}

// Spent is sampled processor time, 0 and more.
type Spent struct {
	Samples     float64
	Nanoseconds float64
}

// plus is both together.
func (s Spent) plus(o Spent) Spent {
	return Spent{s.Samples + o.Samples, s.Nanoseconds + o.Nanoseconds}
}

// What a profile may have at the most. Go's own have 128 frames a stack.
const (
	mostBytes  = 64 << 20 // once it is unpacked
	mostFrames = 256      // of a stack; the outermost are kept
	mostValue  = 1 << 53  // of one sample
)

// unnamed stands for a function of which the profile has no name.
const unnamed = "(no name)"

// Fold reads a profile of processor time in the format of pprof, packed with gzip or not.
func Fold(text []byte) ([]Stack, error) {
	stacks, err := fold(text)
	if err != nil {
		return nil, fmt.Errorf("read profile: %w", err)
	}
	return stacks, nil
}

func fold(text []byte) ([]Stack, error) {
	data, err := unpack(text)
	if err != nil {
		return nil, err
	}
	p, err := profile.ParseUncompressed(data)
	if err == nil {
		err = p.CheckValid()
	}
	if err != nil {
		return nil, err
	}
	if len(p.SampleType) != 2 || p.SampleType[1].Unit != "nanoseconds" {
		return nil, errors.New("it is no profile of processor time; allowed: samples with a count and nanoseconds")
	}
	stacks := make([]Stack, 0, len(p.Sample))
	for i, s := range p.Sample {
		for _, v := range s.Value {
			if v < 0 || v > mostValue {
				return nil, fmt.Errorf("sample %d has the value %d; allowed: 0 to 2^53", i+1, v)
			}
		}
		stacks = append(stacks, Stack{framesOf(s), Spent{float64(s.Value[0]), float64(s.Value[1])}})
	}
	return stacks, nil
}

// unpack is the profile without its packing.
func unpack(text []byte) ([]byte, error) {
	if !bytes.HasPrefix(text, []byte{0x1f, 0x8b}) {
		return text, nil
	}
	packed, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(packed, mostBytes+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > mostBytes:
		return nil, fmt.Errorf("it has more than %d MiB once it is unpacked; allowed: as many", mostBytes>>20)
	}
	return data, nil
}

// framesOf are the functions of a sample. A location with inlined calls has a line for each, the innermost first.
func framesOf(s *profile.Sample) []string {
	var frames []string
	for i := len(s.Location) - 1; i >= 0 && len(frames) < mostFrames; i-- {
		lines := s.Location[i].Line
		if len(lines) == 0 {
			frames = append(frames, unnamed)
		}
		for n := len(lines) - 1; n >= 0 && len(frames) < mostFrames; n-- {
			name := unnamed
			if f := lines[n].Function; f != nil && f.Name != "" {
				name = f.Name
			}
			frames = append(frames, name)
		}
	}
	return frames
}
