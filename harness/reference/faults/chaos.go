package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"syscall"
	"time"

	"github.com/prometheus/procfs"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
)

const (
	// interval is the time between two disturbances of the chaos, at most twice that.
	interval = 300 * time.Millisecond
	// bookings is how many writes the chaos makes a second, of its own.
	bookings = 20
	// booked is on how many accounts they are spread; so few a list of the latest shows.
	booked = 200
)

// chaos disturbs the cluster at random all through the window, while it makes writes of its
// own, the first of them before. When the load has ended it waits until the cluster is as it was, and looks for every
// write that was acknowledged.
func chaos(f *fault) error {
	before, err := f.fresh()
	if err != nil {
		return err
	}
	if err := f.moment(0); err != nil {
		return err
	}
	counts, acknowledged, err := f.injectRandomWithWrites()
	if err != nil {
		return err
	}
	f.note("%v, %d writes acknowledged", counts, len(acknowledged))
	injected := time.Now()
	whole, err := f.until(func() bool { return len(f.workers()) == f.spec.Phase.Workers && f.healthy() })
	if err != nil {
		return err
	}
	f.note("all workers are ready: %v, after %.0f ms", whole, milliseconds(time.Since(injected)))
	f.set("recovery", milliseconds(time.Since(injected)))
	select {
	case <-f.unloaded: // the load's connections have been closed
	case <-f.ctx.Done():
		return f.ctx.Err()
	}
	if err := f.quiet(before); err != nil {
		return err
	}
	missing, err := f.missing(acknowledged)
	if err != nil {
		return err
	}
	f.set("missing", float64(missing))
	return nil
}

// fresh is what the primary of such a cluster holds that has had as many workers as the chaos
// starts, and no load: of each slot that there was, it keeps one descriptor.
func (f *fault) fresh() (holds, error) {
	var h holds
	err := f.tried(fmt.Sprintf("CLUSTER_WORKERS=%d", f.spec.Phase.Workers), func(p *probed) (err error) {
		if err = p.scaleTo(2 * f.spec.Phase.Workers); err != nil {
			return err
		}
		if err = p.command(p.cluster.Reload); err != nil { // which has one more for a while
			return err
		}
		if err = p.scaleTo(f.spec.Phase.Workers); err != nil {
			return err
		}
		h, err = holding(p.primary())
		return err
	})
	return h, err
}

// injectRandomWithWrites disturbs until the end of the window. It begins when a write is acknowledged, so
// that there is one to look for, and writes go on until the end.
func (f *fault) injectRandomWithWrites() (counts map[string]int, acknowledged map[string]int64, err error) {
	first, writes := make(chan struct{}), make(chan map[string]int64, 1)
	ctx, end := context.WithCancel(f.ctx)
	defer end()
	go func() { writes <- f.book(ctx, first) }()
	select {
	case <-first:
		if counts, err = f.injectRandom(); err == nil {
			err = f.moment(1)
		}
	case <-time.After(recoveryTimeout):
		err = fmt.Errorf("no write was acknowledged within %v, so that none could be looked for", recoveryTimeout)
	case <-f.ctx.Done():
		err = f.ctx.Err()
	}
	end()
	return counts, <-writes, err
}

// injectRandom disturbs at least once and until shortly before the end of the window, and counts what it did.
func (f *fault) injectRandom() (counts map[string]int, err error) {
	counts = map[string]int{}
	rng := rand.New(rand.NewPCG(f.spec.Choices, 1))
	victim := func(s syscall.Signal) func() error {
		return func() error {
			if all := f.workers(); len(all) > 1 { // with none left there would be nobody to take over
				_ = syscall.Kill(all[rng.IntN(len(all))].pid, s) // it may have ended by itself
			}
			return nil
		}
	}
	kinds := []struct {
		name string
		do   func() error
	}{
		{"SIGKILL", victim(syscall.SIGKILL)},
		{"SIGSTOP", victim(syscall.SIGSTOP)},
		{"SIGTERM", victim(syscall.SIGTERM)},
		{"reload", func() error { return f.command(f.Cluster.Reload) }},
		{"scale", func() error { return f.scaleTo(2 + rng.IntN(2*f.spec.Phase.Workers-1)) }},
	}
	// The end is left for the cluster to come to rest under load.
	end := f.spec.End - (f.spec.End-f.spec.Start)/10
	for len(counts) == 0 || f.now() < end {
		kind := kinds[rng.IntN(len(kinds))]
		if err := kind.do(); err != nil {
			return counts, fmt.Errorf("%s: %w", kind.name, err)
		}
		counts[kind.name]++
		if err := f.wait(time.Duration(rng.Int64N(int64(2 * interval)))); err != nil {
			return counts, err
		}
	}
	return counts, f.scaleTo(f.spec.Phase.Workers)
}

// book makes writes until the context ends, and closes first when one was acknowledged; it returns
// the accounts of those that were, by id.
func (f *fault) book(ctx context.Context, first chan<- struct{}) map[string]int64 {
	acknowledged := map[string]int64{}
	for i := 0; ctx.Err() == nil; i++ {
		// those that the load writes to, too
		account := int64(f.Dataset.Accounts - i%min(booked, max(1, f.Dataset.Accounts/10)))
		transfer := wire.Transfer{
			ID: fmt.Sprintf("%08x-0000-8000-8000-%012x", uint32(f.spec.Choices), i), AmountCents: 1, Memo: "chaos",
		}
		body, err := json.Marshal(transfer)
		if err != nil {
			f.note("%v", err)
			break
		}
		var done wire.Booked
		path := fmt.Sprintf("/api/accounts/%d/transactions", account)
		if _, err := f.ask(http.MethodPost, path, "", body, &done); err == nil && done.ID == transfer.ID {
			if acknowledged[transfer.ID] = account; len(acknowledged) == 1 {
				close(first)
			}
		}
		if pause(ctx, time.Second/bookings) != nil {
			break
		}
	}
	return acknowledged
}

// missing counts the acknowledged writes that are not there exactly once.
func (f *fault) missing(acknowledged map[string]int64) (int, error) {
	seen := map[string]int{}
	for _, account := range slices.Compact(slices.Sorted(maps.Values(acknowledged))) {
		var list wire.Transactions
		path := fmt.Sprintf("/api/accounts/%d/transactions?limit=%d", account, wire.MaxLimit)
		if _, err := f.ask(http.MethodGet, path, "", nil, &list); err != nil {
			return 0, err
		}
		for _, t := range list.Transactions {
			seen[t.ID]++
		}
	}
	missing := 0
	for id, account := range acknowledged {
		if seen[id] != 1 {
			if missing++; missing <= 3 {
				f.note("write %s on account %d is there %d times", id, account, seen[id])
			}
		}
	}
	f.note("%d of %d acknowledged writes are missing", missing, len(acknowledged))
	return missing, nil
}

// healthy reports whether the cluster calls itself healthy.
func (f *fault) healthy() bool {
	report, err := f.health()
	return err == nil && report.Status == "healthy"
}

// primary is the pid of the primary process.
func (f *fault) primary() int {
	for _, p := range f.Cluster.Processes() {
		if p.Name == "primary" {
			return p.PID
		}
	}
	return 0
}

// quiet waits until the primary has no more descriptors than a fresh one, and tells what it has too much.
func (f *fault) quiet(before holds) error {
	var now holds
	var failed error
	_, err := f.until(func() bool {
		now, failed = holding(f.primary())
		return failed == nil && now.descriptors <= before.descriptors
	})
	if err != nil || failed != nil {
		return fmt.Errorf("look at what the primary holds: %v, %v", err, failed)
	}
	f.note("the primary has %d descriptors open and %.1f MiB resident, a fresh one %d and %.1f MiB", now.descriptors,
		now.mebibytes, before.descriptors, before.mebibytes)
	f.set("descriptors", float64(max(0, now.descriptors-before.descriptors)))
	f.set("primary_rss_growth", max(0, now.mebibytes-before.mebibytes))
	return nil
}

// holds is what a process holds.
type holds struct {
	descriptors int
	mebibytes   float64 // resident
}

// holding looks at a process in /proc.
func holding(pid int) (holds, error) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return holds{}, err
	}
	open, err := p.FileDescriptorsLen()
	if err != nil {
		return holds{}, err
	}
	stat, err := p.Stat()
	return holds{open, float64(stat.ResidentMemory()) / (1 << 20)}, err
}
