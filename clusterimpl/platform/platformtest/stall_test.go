package platformtest_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/platformtest"
)

// way is the way to a server: it counts connections, and can be made to hang.
type way struct {
	network, address string
	listener         net.Listener
	accepted         atomic.Uint64
	all              sync.WaitGroup

	mu    sync.Mutex
	open  []net.Conn
	hangs chan struct{} // closed when it does not, or not any more
}

// newWay makes a way to the database at a URL, and returns the URL at its beginning.
func newWay(t *testing.T, database string) (*way, string) {
	t.Helper()
	config, err := pgx.ParseConfig(database)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &way{listener: listener, hangs: make(chan struct{})}
	close(w.hangs)
	w.network, w.address = pgconn.NetworkAddress(config.Host, config.Port)
	w.all.Go(w.accept)
	t.Cleanup(w.end)
	u, err := url.Parse(database)
	require.NoError(t, err)
	u.Host = listener.Addr().String()
	query := u.Query()
	query.Del("host")
	query.Del("port")
	u.RawQuery = query.Encode()
	return w, u.String()
}

func (w *way) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.accepted.Add(1)
		server, err := net.Dial(w.network, w.address)
		if err != nil {
			client.Close()
			continue
		}
		w.mu.Lock()
		w.open = append(w.open, client, server)
		w.mu.Unlock()
		w.all.Go(func() { w.pass(server, client) })
		w.all.Go(func() { w.pass(client, server) })
	}
}

func (w *way) pass(to, from net.Conn) {
	defer to.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		w.mu.Lock()
		hangs := w.hangs
		w.mu.Unlock()
		<-hangs
		if _, failed := to.Write(buffer[:n]); failed != nil || err != nil {
			return
		}
	}
}

func (w *way) hang() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hangs = make(chan struct{})
}

func (w *way) goOn() {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.hangs:
	default:
		close(w.hangs)
	}
}

func (w *way) end() {
	w.goOn()
	w.listener.Close()
	w.mu.Lock()
	for _, c := range w.open {
		c.Close()
	}
	w.mu.Unlock()
	w.all.Wait()
}

// impatient clients ask for something again and again, and give each request up after a while.
func (u *users) impatient(c *tally, gaveUp *atomic.Int64, address string) {
	u.each(func(int) {
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			c.fail("%v", err)
			return
		}
		answer, err := u.client.Do(r)
		if err != nil {
			gaveUp.Add(1)
			return
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			gaveUp.Add(1)
			return
		}
		c.answered(http.StatusOK, answer.StatusCode, answer.Header, body)
	})
}

// A pool that closes the connections of requests that ran out of time never comes out of
// this: each new connection costs the server more than many requests, and while they are
// made more requests run out of time.
func TestAStallOfTheDatabaseOpensNoConnectionAndPasses(t *testing.T) {
	for _, provider := range faulted {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			set := stores(t, provider, bare)
			c := config(set)
			c.RedisURL, c.Workers = "", 8
			way, address := newWay(t, c.DatabaseURL)
			c.DatabaseURL = address
			p, err := platform.New(t.Context(), c)
			require.NoError(t, err)
			require.NoError(t, p.Close())
			size := uint64(p.Connections().Size)
			require.Equal(t, size, way.accepted.Load(), "all connections are open before the first request")
			way.accepted.Store(0)

			at := platformtest.Start(t, c)
			require.Equal(t, size, way.accepted.Load())
			u := newUsers(t)
			var reads tally
			var gaveUp atomic.Int64
			for i := range 40 {
				u.impatient(&reads, &gaveUp, fmt.Sprintf("%s/api/accounts/%d/transactions", at, i+1))
			}
			more(t, "answers before", &reads.right)
			began := time.Now()
			way.hang()
			for range 5 {
				more(t, "requests given up", &gaveUp)
			}
			way.goOn()
			lasted := time.Since(began)
			for range 10 {
				more(t, "answers after", &reads.right)
			}
			u.end()
			assert.Empty(t, reads.wrong)
			if lasted < 10*time.Second { // else connections are given up, as they should be
				assert.Equal(t, size, way.accepted.Load(), "connections opened, %d requests given up", gaveUp.Load())
			}
			t.Logf("a stall of %v: %d requests given up, %d refused, %d connections opened", lasted, gaveUp.Load(),
				reads.refused.Load(), way.accepted.Load())
		})
	}
}
