package platformtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/platformtest"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
	"github.com/nameplate-dev/nameplate/fixtures"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

// outage is how long a store is down at least; each test also waits until enough was seen.
func outage() time.Duration {
	return effort.Of(300*time.Millisecond, time.Second, 3*time.Second)
}

// enough is how many answers of each sort are waited for.
const enough = 30

// ownTime is how long an operation may take in the stores: one that was refused later than that was refused for the
// want of time, on a host that had none.
const ownTime = 2 * time.Second

// tally is what clients were answered.
type tally struct {
	right, refused atomic.Int64
	starved        atomic.Int64 // refused after [ownTime]
	mu             sync.Mutex
	acknowledged   []string // ids of writes
	wrong          []string
}

func (c *tally) fail(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

// starves files an answer that was refused for the want of time.
func (c *tally) starves(status int, asked time.Time) bool {
	if status != http.StatusServiceUnavailable || time.Since(asked) < ownTime {
		return false
	}
	c.starved.Add(1)
	return true
}

// answered files an answer that may be right or an orderly refusal, and nothing else.
func (c *tally) answered(want, status int, header http.Header, body []byte) (right bool) {
	switch {
	case status == want:
		c.right.Add(1)
		return true
	case status == http.StatusServiceUnavailable && header.Get("Retry-After") != "":
		c.refused.Add(1)
		time.Sleep(2 * time.Millisecond) // a client that heeds it, in a hurry
	default:
		c.fail("status %d, Retry-After %q: %s", status, header.Get("Retry-After"), body)
	}
	return false
}

// users are clients that go on until the test has seen enough.
type users struct {
	client http.Client
	stop   chan struct{}
	wg     sync.WaitGroup
}

func newUsers(t *testing.T) *users {
	u := &users{
		client: http.Client{Timeout: hang, Transport: &http.Transport{MaxIdleConnsPerHost: 16}},
		stop:   make(chan struct{}),
	}
	t.Cleanup(u.end)
	return u
}

func (u *users) end() {
	select {
	case <-u.stop:
		return
	default:
	}
	close(u.stop)
	u.wg.Wait()
	u.client.CloseIdleConnections()
}

// each calls do with 0, 1, … until the end.
func (u *users) each(do func(i int)) {
	u.wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-u.stop:
				return
			default:
				do(i)
			}
		}
	})
}

func (u *users) ask(method, url string, body []byte) (int, http.Header, []byte, error) {
	r, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	answer, err := u.client.Do(r)
	if err != nil {
		return 0, nil, nil, err
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	return answer.StatusCode, answer.Header, got, err
}

// writer books transfers on an account, one after the other, and notes what is
// acknowledged. A refused one may have been booked all the same, so it is asked for again.
func (u *users) writer(c *tally, url string, account int64, name int) {
	next, body := 0, []byte(nil)
	var id string
	u.each(func(int) {
		if body == nil {
			next++
			id = fmt.Sprintf("%08x-0000-8000-8000-%012x", name, next)
			body = fmt.Appendf(nil, `{"id":%q,"amount_cents":3,"memo":"fault"}`, id)
		}
		status, header, got, err := u.ask(http.MethodPost, fmt.Sprintf("%s/api/accounts/%d/transactions", url, account),
			body)
		if err != nil {
			c.fail("write: %v", err)
			return
		}
		want := http.StatusCreated
		if status == http.StatusOK { // booked before, when the answer got lost
			want = http.StatusOK
		}
		if c.answered(want, status, header, got) {
			c.mu.Lock()
			c.acknowledged = append(c.acknowledged, id)
			c.mu.Unlock()
			body = nil
		}
	})
}

// reader reads accounts that nobody writes; each answer must be the data set's.
func (u *users) reader(c *tally, url string, first, count int) {
	u.each(func(i int) {
		want, asked := platformtest.Dataset.Account(int64(first+i%count)), time.Now()
		status, header, body, err := u.ask(http.MethodGet, fmt.Sprintf("%s/api/accounts/%d", url, want.ID), nil)
		if err != nil {
			c.fail("read: %v", err)
			return
		}
		var got wire.Account
		if !c.starves(status, asked) && c.answered(http.StatusOK, status, header, body) &&
			(json.Unmarshal(body, &got) != nil || got.BalanceCents != want.BalanceCents || got.Version != 0) {
			c.fail("account %d is answered as %s", want.ID, body)
		}
		time.Sleep(time.Millisecond) // else readers take all cores, and what is under test waits
	})
}

// more waits until a counter has grown by enough.
func more(t *testing.T, what string, counter *atomic.Int64) {
	t.Helper()
	from := counter.Load()
	require.Eventually(t, func() bool { return counter.Load() >= from+enough }, hang, time.Millisecond, what)
}

// The providers whose servers are faulted here; the embedded Redis is a process, too.
var faulted = []string{fixtures.Local, fixtures.Containers}

func TestWithPostgreSQLStoppedCachedReadsGoOnAndNoAcknowledgedWriteIsLost(t *testing.T) {
	for _, provider := range faulted {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			set := stores(t, provider, bare)
			ctx := testContext(t)
			urls := [2]string{platformtest.Start(t, config(set)), platformtest.Start(t, config(set))}
			u := newUsers(t)
			var writes, cached, others tally
			for w := range 4 {
				u.writer(&writes, urls[w%2], int64(100+w), w+1)
			}
			const warm = 5
			for id := 1; id <= warm; id++ {
				status, _, _, err := u.ask(http.MethodGet, fmt.Sprintf("%s/api/accounts/%d", urls[0], id), nil)
				require.NoError(t, err)
				require.Equal(t, http.StatusOK, status)
			}
			u.reader(&cached, urls[0], 1, warm)
			u.reader(&cached, urls[1], 1, warm)
			u.each(func(i int) { // what is in no cache
				status, header, body, err := u.ask(http.MethodGet, urls[i%2]+"/api/accounts/50/transactions", nil)
				require.NoError(t, err)
				others.answered(http.StatusOK, status, header, body)
			})
			more(t, "writes before", &writes.right)
			more(t, "reads before", &cached.right)
			assert.Zero(t, writes.refused.Load()+cached.refused.Load()+others.refused.Load())

			require.NoError(t, set.Stop(ctx, fixtures.Postgres))
			started := time.Now()
			more(t, "writes refused", &writes.refused)
			more(t, "cached reads go on", &cached.right)
			more(t, "other reads refused", &others.refused)
			during := writes.right.Load()
			time.Sleep(outage() - time.Since(started))
			assert.Equal(t, during, writes.right.Load(), "nothing is acknowledged without a database")
			assert.Zero(t, cached.refused.Load(), "no cached read was refused")

			require.NoError(t, set.Start(ctx, fixtures.Postgres))
			more(t, "writes after", &writes.right)
			more(t, "other reads after", &others.right)
			u.end()

			require.NoError(t, set.Check(ctx))
			audit, err := set.AuditWrites(ctx, writes.acknowledged)
			require.NoError(t, err)
			assert.NoError(t, audit.Err())
			assert.Equal(t, len(writes.acknowledged), audit.Acknowledged)
			assert.Empty(t, writes.wrong)
			assert.Empty(t, cached.wrong)
			assert.Empty(t, others.wrong)
			t.Logf("%+v; %d writes refused, %d cached reads", audit, writes.refused.Load(), cached.right.Load())
		})
	}
}

// logins log a user in, at either of two workers in turn.
func (u *users) logins(t *testing.T, c *tally, urls [2]string) {
	user := platformtest.Dataset.User(3)
	request := fmt.Appendf(nil, `{"user":%q,"secret":%q}`, user.Name, user.Secret)
	u.each(func(i int) {
		status, header, body, err := u.ask(http.MethodPost, urls[i%2]+"/api/login", request)
		require.NoError(t, err)
		c.answered(http.StatusOK, status, header, body)
	})
}

// transfers books at either of two workers in turn. Every transfer is seen by the other worker's next read.
func (u *users) transfers(t *testing.T, c *tally, urls [2]string) {
	const account = "/api/accounts/100"
	u.each(func(i int) {
		id, asked := fmt.Sprintf("%08x-0000-8000-8000-%012x", 1, i), time.Now()
		status, header, body, err := u.ask(http.MethodPost, urls[i%2]+account+"/transactions",
			fmt.Appendf(nil, `{"id":%q,"amount_cents":3,"memo":"fault"}`, id))
		require.NoError(t, err)
		var done wire.Booked
		if c.starves(status, asked) || !c.answered(http.StatusCreated, status, header, body) ||
			json.Unmarshal(body, &done) != nil {
			return
		}
		c.acknowledged = append(c.acknowledged, id)
		_, _, body, err = u.ask(http.MethodGet, urls[(i+1)%2]+account, nil)
		require.NoError(t, err)
		var got wire.Account
		if json.Unmarshal(body, &got) != nil || got.BalanceCents != done.BalanceCents || got.Version != done.Version {
			c.fail("after %+v the account is answered as %s", done, body)
		}
	})
}

func TestWithRedisStoppedReadsFallThroughToPostgreSQLAndAreRight(t *testing.T) {
	for _, provider := range faulted {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			set := stores(t, provider, bare)
			ctx := testContext(t)
			urls := [2]string{platformtest.Start(t, config(set)), platformtest.Start(t, config(set))}
			u := newUsers(t)
			var reads, writes, logins tally
			u.reader(&reads, urls[0], 1, 40)
			u.reader(&reads, urls[1], 1, 40)
			u.logins(t, &logins, urls)
			u.transfers(t, &writes, urls)
			more(t, "reads before", &reads.right)
			more(t, "logins before", &logins.right)

			require.NoError(t, set.Stop(ctx, fixtures.Redis))
			started := time.Now()
			more(t, "reads during", &reads.right)
			more(t, "writes during", &writes.right)
			more(t, "logins refused", &logins.refused)
			time.Sleep(outage() - time.Since(started))
			require.NoError(t, set.Start(ctx, fixtures.Redis))
			more(t, "logins after", &logins.right)
			more(t, "writes after", &writes.right)
			client := redisClient(t, set)
			require.Eventually(t, func() bool {
				n, err := client.Exists(ctx, set.Variable("REDIS_PREFIX")+"account:1").Result()
				return err == nil && n == 1
			}, hang, time.Millisecond, "the cache is used again")
			u.end()

			require.NoError(t, set.Check(ctx))
			assert.Zero(t, reads.refused.Load(), "no read was refused")
			assert.Zero(t, writes.refused.Load(), "no write was refused")
			assert.Empty(t, reads.wrong)
			assert.Empty(t, writes.wrong)
			assert.Empty(t, logins.wrong)
			audit, err := set.AuditWrites(ctx, writes.acknowledged)
			require.NoError(t, err)
			assert.NoError(t, audit.Err())
			assert.LessOrEqual(t, int64(audit.Unacknowledged), writes.starved.Load(), "refused late, booked before")
			t.Logf("%+v; %d reads, %d logins refused", audit, reads.right.Load(), logins.refused.Load())
		})
	}
}
