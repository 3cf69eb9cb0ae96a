package archivetest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/google/pprof/profile"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/measure"
)

// stacks are call paths of a made-up cluster, the outermost function first, by role, each with how often it was seen.
var stacks = map[measure.Role]map[string]int64{
	measure.RoleWorker: {
		archive.Module + "/clusterimpl/worker.(*server).attend net/http.HandlerFunc.ServeHTTP " +
			archive.Module + "/clusterimpl/platform.(*Platform).risk": 40,
		archive.Module + "/clusterimpl/worker.(*server).attend net/http.HandlerFunc.ServeHTTP " +
			"encoding/json.Marshal runtime.mallocgc": 25,
		archive.Module + "/clusterimpl/worker.(*server).attend internal/poll.(*FD).Write syscall.Syscall": 20,
		"runtime.mcall runtime.park_m runtime.schedule runtime.futex":                                     10,
	},
	measure.RolePrimary: {archive.Module + "/clusterimpl/primary.(*primary).loop": 5},
}

// Profiled adds profiles of two workers and the primary to every trial of a run.
func Profiled(r *archive.Run) *archive.Run {
	for _, p := range r.Phases {
		for i := range p.Trials {
			t := &p.Trials[i]
			for n, role := range []measure.Role{measure.RolePrimary, measure.RoleWorker, measure.RoleWorker} {
				t.Profiles = append(t.Profiles, archive.Profile{
					Role: role, Data: profileOf(role),
					File: fmt.Sprintf("profiles/p%d-r%d/%s-%d.pprof", p.Number, t.Number, role, 100+n),
				})
			}
		}
	}
	return r
}

// profileOf is a profile of a process at 100 samples a second.
func profileOf(role measure.Role) []byte {
	p := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
		PeriodType: &profile.ValueType{Type: "cpu", Unit: "nanoseconds"}, Period: 10_000_000,
	}
	var paths []string
	for path := range stacks[role] {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		times := stacks[role][path]
		sample := &profile.Sample{Value: []int64{times, times * p.Period}}
		for _, name := range strings.Fields(path) {
			f := &profile.Function{ID: uint64(len(p.Function) + 1), Name: name}
			l := &profile.Location{ID: f.ID, Line: []profile.Line{{Function: f}}}
			p.Function, p.Location = append(p.Function, f), append(p.Location, l)
			sample.Location = append([]*profile.Location{l}, sample.Location...)
		}
		p.Sample = append(p.Sample, sample)
	}
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		panic(fmt.Sprintf("archivetest: write a profile: %v", err)) // into memory
	}
	return b.Bytes()
}
