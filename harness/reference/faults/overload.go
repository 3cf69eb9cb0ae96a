package faults

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/traffic"
	"github.com/nameplate-dev/nameplate/harness/load"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// course holds the lengths of the parts of an overload, in the order in which they are taken.
type course struct {
	settling   time.Duration // the start of each step, which is not counted
	saturation time.Duration // in which the capacity is looked for
	ordinary   time.Duration // in which half of it is asked for, to see what is normal
	doubled    time.Duration // in which twice of it is asked for
	tripled    time.Duration // in which three times of it is asked for; there is no start to it
	after      time.Duration // in which half of it is asked for when that is over
}

// theCourse are as long as it takes to see them through: the claims say of the longest that it is 5 s.
var theCourse = course{
	settling: time.Second, saturation: 3 * time.Second, ordinary: 3 * time.Second, doubled: 3 * time.Second,
	tripled: 5 * time.Second, after: 5 * time.Second,
}

// OverloadWork is the processor time that a cluster which is to be overloaded burns for each
// request that it lets in, beside its work. To refuse a request, and to make it, takes processor
// time, too, which on a host that all share is taken from those who serve: where both cost
// a tenth of serving, nine of ten is the best that can be done at twice the capacity. With this
// work they cost about a fortieth.
const OverloadWork = 8 * time.Millisecond

const (
	// userTimeout is how long the users of an overload wait for an answer, from the moment
	// at which they ask.
	userTimeout = time.Second
	// normalFactor is what the p99 may be, as a multiple of what it was before the overload, to
	// be normal again: twice the highest of any stretch before.
	normalFactor = 2
	// stretch is the interval over which the p99 after an overload is taken, moved on by stride.
	stretch = time.Second
	stride  = 50 * time.Millisecond
)

// loader is what an overload does to a cluster, and reads of it. The fault does it to a real one.
type loader interface {
	connects() (connects, error)
	saturate(s course, when string) (rate float64, refused int64, err error)
	offer(observe *overloaded, warmup time.Duration, pieces ...load.Piece) (*measure.Window, error)
}

// overload finds out what the cluster can do at most, asks for twice and for three times as
// much, and sees what is done then and how soon all is as before. It begins when the phase's own
// load has ended, which no overload is part of.
//
// Bronson et al., Metastable Failures in Distributed Systems, HotOS 2021, is about the
// systems that do not come back from this.
func (s course) overload(f *fault) error { return s.take(f, f) }

// take goes through the steps of an overload, and keeps in the fault what they show.
func (s course) take(f *fault, cluster loader) error {
	before, err := cluster.connects()
	if err != nil {
		return err
	}
	select {
	case <-f.unloaded:
	case <-f.ctx.Done():
		return f.ctx.Err()
	}
	capacity, refused, err := cluster.saturate(s, "before")
	if err != nil {
		return err
	}
	f.note("at most %.0f req/s, found with %d users, who were refused %d times", capacity,
		perWorker*f.spec.Phase.Workers, refused)

	normal := &overloaded{}
	half := load.Piece{Length: s.ordinary, From: capacity / 2, To: capacity / 2}
	if _, err = cluster.offer(normal, s.settling, half); err != nil {
		return err
	}
	usual, ok := normal.highest(s.settling, s.settling+s.ordinary)
	if !ok {
		return fmt.Errorf("half of the capacity is more than the cluster can do: of all requests, %s",
			normal.outcomes())
	}
	f.note("%.0f req/s: p99 up to %.1f ms in a second", capacity/2, milliseconds(usual))

	twice := &overloaded{}
	w, err := cluster.offer(twice, s.settling, load.Piece{Length: s.doubled, From: 2 * capacity, To: 2 * capacity})
	if err != nil {
		return err
	}
	f.note("%.0f req/s: %.0f req/s answered well; of all, %s", 2*capacity, w.Goodput(), twice.outcomes())
	// Once more, since others may have begun meanwhile to take some of the host, or have ceased.
	again, refused, err := cluster.saturate(s, "after")
	if err != nil {
		return err
	}
	f.note("at most %.0f req/s, found again; the users were refused %d times", again, refused)
	f.set("goodput_share", 100*w.Goodput()/((capacity+again)/2))

	spike := &overloaded{}
	if _, err = cluster.offer(spike, 0, load.Piece{Length: s.tripled, From: 3 * capacity, To: 3 * capacity},
		load.Piece{Length: s.after, From: capacity / 2, To: capacity / 2}); err != nil {
		return err
	}
	took := spike.normalAgain(s.tripled, s.tripled+s.after, normalFactor*usual)
	f.note("%.0f req/s for %v, then %.0f req/s: p99 is below %.1f ms again after %.0f ms",
		3*capacity, s.tripled, capacity/2, normalFactor*milliseconds(usual), milliseconds(took))
	f.note("the p99 of each second since: %s; of all, %s", spike.perSecond(s.tripled, s.tripled+s.after),
		spike.outcomes())
	f.set("recovery_p99", milliseconds(took))

	return f.opened(cluster, before)
}

// opened keeps how many connections to the database were opened or tried since before.
func (f *fault) opened(cluster loader, before connects) error {
	var now connects
	_, err := f.until(func() bool {
		var err error
		now, err = cluster.connects()
		return err == nil
	})
	if err != nil || now == nil {
		return errors.Join(err, errors.New("the cluster does not tell its connections"))
	}
	opened := now.since(before)
	f.note("%d connections to the database were opened or tried meanwhile; the pools keep %d", opened, now.size())
	f.set("connects", float64(opened))
	return nil
}

// offer offers a load to the end, as from users who do not wait for each other, after a start like it
// that is not counted.
func (f *fault) offer(observe *overloaded, warmup time.Duration, pieces ...load.Piece) (*measure.Window, error) {
	source, err := f.requests(fmt.Sprintf("%v", pieces))
	if err != nil {
		return nil, err
	}
	var length time.Duration
	most := 0.0
	for _, p := range pieces {
		length += p.Length
		most = max(most, p.From)
	}
	_, restore, _ := load.RaisePriority() // without the right to it the generator is later
	defer restore()
	c := load.Config{
		BaseURL: f.Cluster.URL(), Source: Requests{source}, Schedule: load.Shaped(pieces...), Duration: length,
		Warmup:  load.FixedWarmup(warmup),
		Timeout: userTimeout,
		// As many as may be waited for at once: the overload is the cluster's, not the generator's.
		Connections: min(suite.MaxConnections, max(64, int(most*userTimeout.Seconds()))),
	}
	if observe != nil {
		c.Observe = observe.add
	}
	outcome, err := load.Drive(f.ctx, c)
	if err != nil {
		return nil, err
	}
	for _, u := range outcome.Unopened {
		f.note("%d of %d connections could not be opened before: %s", u.Count, c.Connections, u.Message)
	}
	if outcome.Interrupted {
		return nil, context.Cause(f.ctx)
	}
	return outcome.Window, nil
}

// requests makes a source of the phase's requests that no other step has made.
func (f *fault) requests(step string) (*traffic.Source, error) {
	config := traffic.Config{
		Dataset: f.Dataset, Mix: f.Mix, Seed: f.spec.Choices,
		Salt: fmt.Sprintf("overload/%d/%d/%s", f.spec.Phase.Number, f.spec.Choices, step),
	}
	source, err := traffic.New(config)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(f.ctx, recoveryTimeout)
	defer cancel()
	return source, source.Prepare(ctx, f.Cluster.URL())
}

// Requests gives the platform's requests to the load generator.
type Requests struct{ *traffic.Source }

// Next is the next request of the mix.
func (r Requests) Next() *load.Request {
	next := load.Request(*r.Source.Next())
	return &next
}
