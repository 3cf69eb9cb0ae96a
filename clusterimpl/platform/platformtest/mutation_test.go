package platformtest_test

import (
	"bufio"
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

var mutations = flag.Int("mutations", 0,
	"mutated requests that a cluster must withstand; 0: as many as belong to the level of effort")

// wholesome are requests that are mutated.
var wholesome = []string{
	"GET /api/accounts/7 HTTP/1.1\r\nHost: h\r\n\r\n",
	"GET /api/accounts/7/transactions?limit=20 HTTP/1.1\r\nHost: h\r\n\r\n",
	"POST /api/accounts/7/transactions HTTP/1.1\r\nHost: h\r\nContent-Length: 75\r\n\r\n" +
		`{"id":"00000000-0000-8000-8000-000000000001","amount_cents":1,"memo":"mem"}`,
	"POST /api/classify HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n{\"text\":\"rent\"}\r\n0\r\n\r\n",
	"POST /api/login HTTP/1.1\r\nHost: h\r\nContent-Length: 30\r\n\r\n" + `{"user":"user1","secret":"00"}`,
	"POST /api/import HTTP/1.1\r\nHost: h\r\nContent-Length: 62\r\n\r\n" +
		"zip_code,latitude,longitude,city,state,county\n00501,1,1,C,NY,\n",
	"POST /api/risk HTTP/1.1\r\nHost: h\r\nContent-Length: 85\r\n\r\n" +
		`{"positions":[{"factor":"construction","value":1}],"confidence":0.9,"horizon_months":1}`,
	"GET /health HTTP/1.1\r\nHost: h\r\n\r\n", "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n",
}

// mutated changes a request in one to four places.
func mutated(rng *rand.Rand) []byte {
	b := []byte(wholesome[rng.IntN(len(wholesome))])
	for range 1 + rng.IntN(4) {
		at := rng.IntN(len(b))
		switch rng.IntN(6) {
		case 0:
			b[at] = byte(rng.IntN(256))
		case 1:
			b[at] ^= 1 << rng.IntN(8)
		case 2:
			b = append(b[:at], b[min(len(b), at+1+rng.IntN(8)):]...)
		case 3:
			b = append(b[:at:at], append([]byte(strings.Repeat(string(b[at]), rng.IntN(300))), b[at:]...)...)
		case 4:
			other := wholesome[rng.IntN(len(wholesome))]
			b = append(b[:at:at], other[rng.IntN(len(other)):]...)
		case 5:
			b = b[:at]
		}
		if len(b) == 0 {
			return []byte("\r\n")
		}
	}
	return b
}

func TestMutatedRequestsLeaveAllWorkersAlive(t *testing.T) {
	c, err := clusterimpl.Start(t.Context(), clusterimpl.Options{ReadyTimeout: hang, Log: io.Discard, Env: []string{
		"CLUSTER_WORKERS=2", "PORT=0", "MEMORY_LIMIT=512", "PLATFORM_ACCOUNTS=100", "PLATFORM_TRANSACTIONS=200"}})
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, c.Stop(context.WithoutCancel(t.Context())))
	})
	before := c.Processes()
	address := strings.TrimPrefix(c.URL(), "http://")
	const clients, batch = 4, 10
	var failed, answered [clients]int
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(1, uint64(i)))
			for range cmp.Or(*mutations, effort.Of(10_000, 40_000, 200_000)) / clients / batch {
				n, err := send(address, rng, batch)
				answered[i] += n
				if err != nil {
					failed[i]++
				}
			}
		})
	}
	all.Wait()
	assert.Zero(t, failed, "connections that could not be opened, or hung")
	assert.NotZero(t, answered, "answers with a status below 500")
	assert.Equal(t, before, c.Processes(), "no worker was replaced")
	assert.Empty(t, c.Faults())
	response, err := http.Get(c.URL() + "/health")
	require.NoError(t, err)
	response.Body.Close()
	assert.Equal(t, http.StatusOK, response.StatusCode)
}

// send sends some mutated requests over one connection, and no more; it counts the answers.
// That the server ends the connection is its right.
func send(address string, rng *rand.Rand, count int) (answers int, err error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(hang))
	for range count {
		if _, err := conn.Write(mutated(rng)); err != nil {
			break
		}
	}
	if conn.(*net.TCPConn).CloseWrite() != nil {
		return 0, nil
	}
	for r := bufio.NewReader(conn); ; answers++ {
		response, err := http.ReadResponse(r, nil)
		if err != nil {
			var late net.Error
			if e, ok := err.(net.Error); ok {
				late = e
			}
			if late != nil && late.Timeout() {
				return answers, fmt.Errorf("the connection hangs: %w", err)
			}
			return answers, nil
		}
		if response.StatusCode == http.StatusInternalServerError {
			return answers, fmt.Errorf("status %d", response.StatusCode)
		}
		_, err = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if err != nil {
			return answers, nil
		}
	}
}
