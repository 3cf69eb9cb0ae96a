package clusterimpl

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/nameplate-dev/nameplate/clusterimpl/config"
	"github.com/nameplate-dev/nameplate/clusterimpl/health"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/near"
	"github.com/nameplate-dev/nameplate/clusterimpl/worker"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
)

// newPlatform makes the application that the reference cluster serves.
func newPlatform(ctx context.Context, c config.Config, shared *os.File, log *slog.Logger) (worker.Handler, error) {
	var memory *near.Memory
	if shared != nil {
		var err error
		if memory, err = near.Open(shared); err != nil {
			return nil, err
		}
	}
	p, err := platform.New(ctx, platform.Config{
		DatabaseURL: c.DatabaseURL,
		RedisURL:    c.RedisURL,
		RedisPrefix: c.RedisPrefix,
		Dataset:     dataset.Spec{Seed: c.Seed, Accounts: c.Accounts, Transactions: c.Transactions},
		Slowdown:    c.Slowdown,
		Leak:        c.Leak,
		Workers:     c.Workers,
		Near:        memory, // mapped until the process ends: a request that was given up may still use it
		Logger:      log,
	})
	if err != nil {
		return nil, err
	}
	return connected{p}, nil
}

// connected tells a worker what the platform keeps open.
type connected struct{ *platform.Platform }

// Database implements [worker.Connected].
func (c connected) Database() health.Database {
	return health.Database(c.Connections())
}

// release tells the next cluster on the same Redis that it need not wait for this one, whose workers have ended.
func release(c config.Config, shared *near.Memory) error {
	return platform.Release(context.Background(),
		platform.Config{RedisURL: c.RedisURL, RedisPrefix: c.RedisPrefix, Near: shared})
}

// share makes the memory that all workers of a cluster have; nil when the platform needs none,
// or this system has no such thing.
func share(c config.Config) (*near.Memory, error) {
	if c.RedisURL == "" {
		return nil, nil
	}
	m, err := near.Create(c.Accounts, platform.NearSessions)
	if errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return m, err
}
