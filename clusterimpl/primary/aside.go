package primary

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/inspect"
	"github.com/nameplate-dev/nameplate/clusterimpl/worker"
)

// busyShare of the processors that the workers can use is where connections are looked
// at before they are handed over, so that those who ask for the health need not wait
// behind everybody else.
const busyShare = 0.5

// asks says whether a request is one about the cluster.
func asks(first []byte) bool {
	for _, path := range []string{inspect.Health, inspect.Metrics} {
		rest, found := bytes.CutPrefix(first, []byte("GET "+path))
		if found && len(rest) > 0 && (rest[0] == ' ' || bytes.HasPrefix(rest, []byte("/workers "))) {
			return true
		}
	}
	return false
}

// lookAside decides whether connections are looked at.
func (p *primary) lookAside(now time.Time) {
	p.spread.LookAside(strained(p.workers, runtime.NumCPU(), now))
}

// Signs that workers have not got the processors that they need, however little they use: those
// who load them may share the host with them.
const (
	// refusedLately is how long after a worker has refused a request it counts as strained.
	refusedLately = 2 * time.Second
	// beatLate is how old the latest sign of life of a worker is that is strained.
	beatLate = 4 * worker.BeatInterval
)

// strained says whether a request would wait behind others.
func strained(workers map[int]*member, processors int, now time.Time) bool {
	cores := 0.0
	for _, m := range workers {
		cores += m.stats.CPU.Cores
		if !m.ready {
			continue
		}
		if now.Sub(m.beat) > beatLate || !m.refused.IsZero() && now.Sub(m.refused) < refusedLately {
			return true
		}
	}
	return cores >= busyShare*float64(min(len(workers), processors))
}

// adminServer answers, in this process, what is asked about the cluster.
type adminServer struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
	http  http.Server
}

// question is a request about the cluster, for the main loop.
type question struct {
	path   string
	answer chan<- inspect.Reply // has room for it
}

func (p *primary) newAdminServer() *adminServer {
	d := &adminServer{conns: make(chan net.Conn), done: make(chan struct{})}
	d.http.ReadHeaderTimeout = time.Second
	d.http.WriteTimeout = time.Second
	d.http.SetKeepAlivesEnabled(false)
	d.http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := make(chan inspect.Reply, 1)
		if !inspect.Answers(r.URL.Path) {
			http.NotFound(w, r)
			return
		}
		p.tell(question{r.URL.Path, answer})
		select {
		case reply := <-answer:
			w.Header().Set("Content-Type", reply.Type)
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(reply.Status)
			_, _ = io.WriteString(w, reply.Body) // the client has gone: nobody to tell
		case <-p.done:
			http.Error(w, "the cluster ends", http.StatusServiceUnavailable)
		}
	})
	return d
}

// take gives the server a connection.
func (d *adminServer) take(c net.Conn) {
	select {
	case d.conns <- c:
	case <-d.done:
		c.Close()
	}
}

// Accept implements net.Listener.
func (d *adminServer) Accept() (net.Conn, error) {
	select {
	case c := <-d.conns:
		return c, nil
	case <-d.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (d *adminServer) Close() error {
	d.once.Do(func() { close(d.done) })
	return nil
}

// Addr implements net.Listener.
func (d *adminServer) Addr() net.Addr { return &net.TCPAddr{} }
