package clusterimpl

import (
	"context"
	"log/slog"

	"github.com/nameplate-dev/nameplate/clusterimpl/config"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform"
	"github.com/nameplate-dev/nameplate/clusterimpl/worker"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
)

// newPlatform makes the application that the reference cluster serves.
func newPlatform(ctx context.Context, c config.Config, log *slog.Logger) (worker.Handler, error) {
	p, err := platform.New(ctx, platform.Config{
		DatabaseURL: c.DatabaseURL,
		RedisURL:    c.RedisURL,
		RedisPrefix: c.RedisPrefix,
		Dataset:     dataset.Spec{Seed: c.Seed, Accounts: c.Accounts, Transactions: c.Transactions},
		Slowdown:    c.Slowdown,
		Leak:        c.Leak,
		Workers:     c.Workers,
		Logger:      log,
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}
