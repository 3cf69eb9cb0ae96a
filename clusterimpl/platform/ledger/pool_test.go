package ledger

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestThePoolsOfAllWorkersFitTheServer(t *testing.T) {
	for workers := range 65 {
		size := poolSize(workers)
		assert.GreaterOrEqual(t, size, 1)
		assert.LessOrEqual(t, size, maxConnections)
		assert.LessOrEqual(t, workers*size, max(sharedConnections, workers), "%d workers", workers)
	}
	assert.Equal(t, []int{10, 10, 5, 1, 1}, []int{poolSize(1), poolSize(4), poolSize(8), poolSize(40), poolSize(64)})
}

func TestErrorsOfTheServerAreToldApart(t *testing.T) {
	for code, want := range map[string]error{
		"53300": ErrExhausted,   // too many connections
		"57P01": ErrUnavailable, // it shuts down
		"57P03": ErrUnavailable, // it starts up
		"40P01": ErrUnavailable, // deadlock
	} {
		err := postgresError(&pgconn.PgError{Code: code})
		assert.ErrorIs(t, err, want, code)
		assert.ErrorIs(t, err, ErrUnavailable, code)
	}
	assert.NotErrorIs(t, postgresError(&pgconn.PgError{Code: "57P03"}), ErrExhausted)
	assert.NotErrorIs(t, postgresError(&pgconn.PgError{Code: "42601"}), ErrUnavailable, "a statement that is wrong")
}
