package platformtest_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/near"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/platformtest"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
	"github.com/nameplate-dev/nameplate/fixtures"
)

// The accounts that are written and read while it is checked who sees what.
const (
	firstContended = 150
	contended      = 5
)

// witness knows which version of each account was acknowledged, and checks that no read
// that begins later is answered with an older one.
type witness struct {
	users        *users
	tally        tally
	urls         []string
	acknowledged [contended]atomic.Int64
	salt         int64
}

// write books on accounts that are drawn from a seed, at one of the workers.
func (w *witness) write(seed uint64) {
	rng := rand.New(rand.NewPCG(1, seed))
	w.users.each(func(i int) {
		n := rng.IntN(contended)
		url := w.urls[rng.IntN(len(w.urls))]
		id := fmt.Sprintf("%08x-%04x-8000-8000-%012x", i, seed, w.salt)
		status, header, body, err := w.users.ask(http.MethodPost,
			fmt.Sprintf("%s/api/accounts/%d/transactions", url, firstContended+n),
			fmt.Appendf(nil, `{"id":%q,"amount_cents":3,"memo":"near"}`, id))
		if err != nil {
			w.tally.fail("write: %v", err)
			return
		}
		var done wire.Booked
		if !w.tally.answered(http.StatusCreated, status, header, body) || json.Unmarshal(body, &done) != nil {
			return
		}
		for at := &w.acknowledged[n]; ; {
			if known := at.Load(); known >= done.Version || at.CompareAndSwap(known, done.Version) {
				break
			}
		}
		time.Sleep(time.Duration(rng.IntN(3000)) * time.Microsecond) // of think time: entries are to live for a while
	})
}

// read reads them, at one of the workers.
func (w *witness) read(seed uint64, reads *atomic.Int64) {
	rng := rand.New(rand.NewPCG(2, seed))
	w.users.each(func(int) {
		n := rng.IntN(contended)
		url := w.urls[rng.IntN(len(w.urls))]
		least := w.acknowledged[n].Load()
		status, header, body, err := w.users.ask(http.MethodGet,
			fmt.Sprintf("%s/api/accounts/%d", url, firstContended+n), nil)
		if err != nil {
			w.tally.fail("read: %v", err)
			return
		}
		var got wire.Account
		if !w.tally.answered(http.StatusOK, status, header, body) || json.Unmarshal(body, &got) != nil {
			return
		}
		start := platformtest.Dataset.Account(int64(firstContended + n)).BalanceCents
		if got.Version < least || got.BalanceCents != start+3*got.Version {
			w.tally.fail("account %d is answered as %s after version %d was acknowledged", firstContended+n, body,
				least)
		}
		reads.Add(1)
		time.Sleep(time.Duration(rng.IntN(3000)) * time.Microsecond) // as between writes; else readers take all cores
	})
}

// begin starts writers and readers.
func (w *witness) begin(writers, readers uint64, reads *atomic.Int64) {
	w.salt = time.Now().UnixNano() & 0xffffffffffff
	for i := range writers {
		w.write(i)
	}
	for i := range readers {
		w.read(i, reads)
	}
}

// TestNoWorkerAnswersWhatIsOlderThanAnAcknowledgedTransfer has two workers that share a near
// cache and one that does not, as in another cluster, and a Redis that is restarted.
func TestNoWorkerAnswersWhatIsOlderThanAnAcknowledgedTransfer(t *testing.T) {
	for _, provider := range []string{fixtures.Local, fixtures.Embedded} {
		for _, foreign := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, another cluster %v", provider, foreign), func(t *testing.T) {
				t.Parallel()
				set := stores(t, provider, bare)
				one := config(set)
				// A mark that Redis was too slow to take would leave the old balance to the other cluster.
				one.StoreTimeout = platformtest.Unhurried
				other := one
				one.Near = near.New(platformtest.Dataset.Accounts, 64)
				w := &witness{
					users: newUsers(t), urls: []string{platformtest.Start(t, one), platformtest.Start(t, one)},
				}
				if foreign {
					w.urls = append(w.urls, platformtest.Start(t, other))
				}
				var reads atomic.Int64
				w.begin(2, 4, &reads)
				ctx := testContext(t)
				for range 2 {
					more(t, "requests", &w.tally.right)
					time.Sleep(outage()) // for the lease to be given, and taken
					require.NoError(t, set.Stop(ctx, fixtures.Redis))
					more(t, "reads without Redis", &reads)
					require.NoError(t, set.Start(ctx, fixtures.Redis))
				}
				more(t, "reads after", &reads)
				w.users.end()
				assert.Empty(t, w.tally.wrong)
				t.Logf("%d reads, %d versions of the first account", reads.Load(), w.acknowledged[0].Load())
			})
		}
	}
}

// TestTheProcessesOfAClusterShareWhatTheyHaveRead checks the same over real processes, two
// clusters of them, and that Redis is asked far less often than the cluster.
func TestTheProcessesOfAClusterShareWhatTheyHaveRead(t *testing.T) {
	set := stores(t, fixtures.Local, bare)
	first := startCluster(t, set, 3)
	w := &witness{users: newUsers(t), urls: []string{first.URL()}}
	var reads atomic.Int64
	w.begin(0, 8, &reads)
	commands := func() int64 {
		stats, err := set.Stats(testContext(t))
		require.NoError(t, err)
		require.NotNil(t, stats.Redis)
		return *stats.Redis.Commands
	}
	require.Eventually(t, func() bool { // once the lease is given
		before, from := commands(), reads.Load()
		for reads.Load() < from+20*enough {
			time.Sleep(time.Millisecond)
		}
		return commands()-before < (reads.Load()-from)/2
	}, hang, time.Millisecond, "most reads are answered without Redis")
	w.write(1)
	more(t, "requests", &w.tally.right)
	more(t, "reads", &reads)
	w.users.end()
	assert.Empty(t, w.tally.wrong)

	second := startCluster(t, set, 3)
	both := &witness{users: newUsers(t), urls: []string{first.URL(), second.URL()}}
	for n := range contended {
		both.acknowledged[n].Store(w.acknowledged[n].Load())
	}
	both.begin(2, 6, &reads)
	for range 5 {
		more(t, "reads", &reads)
	}
	time.Sleep(outage())
	more(t, "reads", &reads)
	both.users.end()
	assert.Empty(t, both.tally.wrong)
}

// TestAClusterThatStopsLetsTheNextBelieveAtOnce looks at what real processes leave in Redis.
func TestAClusterThatStopsLetsTheNextBelieveAtOnce(t *testing.T) {
	t.Parallel()
	set := stores(t, fixtures.Embedded, bare)
	client := redisClient(t, set)
	lease := func() string {
		value, err := client.Get(t.Context(), set.Variable("REDIS_PREFIX")+"near").Result()
		require.NoError(t, err)
		return value
	}
	var before string
	for range 2 {
		c := startCluster(t, set, 2)
		assert.Regexp(t, "^near:", lease(), "a worker is ready once that is known")
		require.NoError(t, c.Stop(testContext(t)))
		given := lease()
		assert.Regexp(t, "^free:", given)
		assert.NotEqual(t, before, given)
		before = given
	}
}

func TestAClusterOnPostgreSQLReadsItsAccountsAhead(t *testing.T) {
	t.Parallel()
	platformtest.ReadAhead(t, config(stores(t, fixtures.Local, bare)))
}
