package handover_test

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/nameplate-dev/nameplate/clusterimpl/handover"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hang is how long anything may take before a test gives up. Nothing is judged by it.
const hang = 5 * time.Minute

// inEach runs a test with and without a journal.
func inEach(t *testing.T, test func(*testing.T, handover.Mode)) {
	for _, mode := range []handover.Mode{handover.Journal, handover.Handover} {
		t.Run(string(mode), func(t *testing.T) { test(t, mode) })
	}
}

// rig is a spreader whose workers are in this process.
type rig struct {
	handover.Spreader
	t       *testing.T
	mode    handover.Mode
	address string
	served  chan error
}

func newRig(t *testing.T, mode handover.Mode, workers int) *rig {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s, err := handover.New(mode, ln.(*net.TCPListener), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	for slot := range workers {
		_, err := s.Files(slot + 1)
		require.NoError(t, err)
	}
	return &rig{s, t, mode, ln.Addr().String(), make(chan error, 1)}
}

// serve starts spreading, and ends it with the test.
func (r *rig) serve() {
	go func() { r.served <- r.Serve() }()
	r.t.Cleanup(func() {
		r.Finish()
		assert.NoError(r.t, <-r.served)
		assert.NoError(r.t, r.Close())
	})
}

// worker is what the process of a slot would have.
func (r *rig) worker(slot int) handover.Receiver {
	r.t.Helper()
	var files []*os.File
	inherited, err := r.Files(slot)
	require.NoError(r.t, err)
	for _, f := range inherited {
		fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		require.NoError(r.t, err)
		files = append(files, os.NewFile(uintptr(fd), f.Name()))
	}
	w, err := handover.Receive(r.mode, slot, files)
	require.NoError(r.t, err)
	r.t.Cleanup(func() { w.Close() })
	return w
}

// dial makes a connection and sends its name over it.
func (r *rig) dial(name string) net.Conn {
	r.t.Helper()
	c, err := net.Dial("tcp", r.address)
	require.NoError(r.t, err)
	r.t.Cleanup(func() { c.Close() })
	_, err = fmt.Fprintf(c, "%-8s", name)
	require.NoError(r.t, err)
	return c
}

// take accepts a connection and returns it with its name.
func take(t *testing.T, w handover.Receiver) (net.Conn, string) {
	t.Helper()
	c, err := w.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(hang)))
	name := make([]byte, 8)
	_, err = io.ReadFull(c, name)
	require.NoError(t, err)
	var trimmed string
	fmt.Sscan(string(name), &trimmed)
	return c, trimmed
}

// assertAll takes so many connections, each of which has another name.
func assertAll(t *testing.T, w handover.Receiver, connections int) {
	t.Helper()
	got := map[string]bool{}
	for range connections {
		c, name := take(t, w)
		c.Close()
		got[name] = true
	}
	assert.Len(t, got, connections, "%v", got)
}

func TestOfEqualWorkersEachHasItsTurn(t *testing.T) {
	inEach(t, func(t *testing.T, mode handover.Mode) {
		r := newRig(t, mode, 3)
		workers := []handover.Receiver{r.worker(1), r.worker(2), r.worker(3)}
		for slot := range workers {
			r.Open(slot + 1)
		}
		r.serve()
		for n := range 12 {
			r.dial(fmt.Sprint(n))
			_, name := take(t, workers[n%3])
			assert.Equal(t, fmt.Sprint(n), name)
		}
	})
}

func TestTheLeastBusyWorkerGetsTheNextConnection(t *testing.T) {
	inEach(t, func(t *testing.T, mode handover.Mode) {
		r := newRig(t, mode, 2)
		first, second := r.worker(1), r.worker(2)
		r.Open(1)
		r.Open(2)
		r.serve()
		r.dial("a")
		a, _ := take(t, first)
		r.dial("b")
		take(t, second)
		a.Close()
		for _, name := range []string{"c", "d"} { // the first has none, the second one
			r.dial(name)
			_, got := take(t, first)
			assert.Equal(t, name, got)
			if name == "c" {
				r.dial("e")
				_, got := take(t, second)
				assert.Equal(t, "e", got, "of equals, the one whose turn it is")
			}
		}
	})
}

func TestConnectionsWaitForTheFirstWorker(t *testing.T) {
	inEach(t, func(t *testing.T, mode handover.Mode) {
		r := newRig(t, mode, 2)
		r.serve()
		r.dial("early")
		w := r.worker(2)
		r.Open(2)
		_, name := take(t, w)
		assert.Equal(t, "early", name)
	})
}

func TestWhatADeadWorkerHadNotTakenGoesToAnother(t *testing.T) {
	inEach(t, func(t *testing.T, mode handover.Mode) {
		r := newRig(t, mode, 2)
		r.worker(1) // never accepts
		r.Open(1)
		r.serve()
		for n := range 5 {
			r.dial(fmt.Sprint(n))
		}
		second := r.worker(2)
		r.Open(2)
		r.Gone(1, false)
		assertAll(t, second, 5)
	})
}

func TestTheNextWorkerOfASlotStartsWithAnEmptyLine(t *testing.T) {
	inEach(t, func(t *testing.T, mode handover.Mode) {
		r := newRig(t, mode, 1)
		r.worker(1)
		r.Open(1)
		r.serve()
		r.dial("a")
		r.Retire(1) // the end is in the line of a worker that does not read
		r.Gone(1, false)
		next := r.worker(1)
		r.Open(1)
		_, name := take(t, next)
		assert.Equal(t, "a", name, "the end was not meant for this worker")
		r.dial("b")
		_, name = take(t, next)
		assert.Equal(t, "b", name)
	})
}

func TestAFullLineLosesNothing(t *testing.T) {
	inEach(t, func(t *testing.T, mode handover.Mode) {
		const connections = 500 // more than fit into a line
		r := newRig(t, mode, 1)
		w := r.worker(1)
		r.Open(1)
		r.serve()
		dialled := make(chan struct{})
		go func() {
			defer close(dialled)
			for n := range connections {
				c, err := net.Dial("tcp", r.address)
				if err == nil {
					fmt.Fprintf(c, "%-8d", n)
					c.Close()
				}
			}
		}()
		<-dialled
		assertAll(t, w, connections)
	})
}

func TestAllThatWaitForRoomGetIt(t *testing.T) {
	inEach(t, func(t *testing.T, mode handover.Mode) {
		const workers, connections = 3, 450 // more than fit into a line
		r := newRig(t, mode, workers+1)
		last := r.worker(workers + 1)
		for slot := range workers {
			r.Open(slot + 1)
		}
		r.serve()
		for n := range connections {
			r.dial(fmt.Sprint(n))
		}
		for slot := range workers { // they have taken none
			r.Gone(slot+1, false)
		}
		r.Open(workers + 1)
		assertAll(t, last, connections)
	})
}

func TestARetiredWorkerHearsOfTheEndBehindItsLastConnection(t *testing.T) {
	inEach(t, func(t *testing.T, mode handover.Mode) {
		r := newRig(t, mode, 2)
		first, second := r.worker(1), r.worker(2)
		r.Open(1)
		r.serve()
		r.dial("a")
		r.Open(2)
		take(t, first)
		r.Retire(1)
		_, err := first.Accept()
		assert.ErrorIs(t, err, net.ErrClosed)
		for _, name := range []string{"b", "c"} {
			r.dial(name)
			_, got := take(t, second)
			assert.Equal(t, name, got)
		}
	})
}

func TestFinishHandsOverWhatTheKernelHasAccepted(t *testing.T) {
	inEach(t, func(t *testing.T, mode handover.Mode) {
		r := newRig(t, mode, 1)
		w := r.worker(1)
		r.Open(1)
		for n := range 5 {
			r.dial(fmt.Sprint(n)) // nobody accepts yet
		}
		r.Finish()
		r.serve()
		assertAll(t, w, 5)
		_, err := w.Accept()
		assert.ErrorIs(t, err, net.ErrClosed)
		_, err = net.Dial("tcp", r.address)
		assert.Error(t, err, "nobody listens any more")
	})
}

func TestAProbeReachesTheWorkerItIsMeantFor(t *testing.T) {
	inEach(t, func(t *testing.T, mode handover.Mode) {
		r := newRig(t, mode, 2)
		r.worker(1)
		second := r.worker(2)
		r.Open(1)
		r.Open(2)
		r.serve()
		probe, err := r.Dial(2)
		require.NoError(t, err)
		defer probe.Close()
		fmt.Fprintf(probe, "%-8s", "probe")
		_, name := take(t, second)
		assert.Equal(t, "probe", name)
	})
}

func TestWorkersEndWithTheirPrimary(t *testing.T) {
	inEach(t, func(t *testing.T, mode handover.Mode) {
		r := newRig(t, mode, 1)
		w := r.worker(1)
		require.NoError(t, r.Close())
		_, err := w.Accept()
		assert.ErrorIs(t, err, net.ErrClosed)
	})
}

func TestNoDescriptorIsLeaked(t *testing.T) {
	inEach(t, func(t *testing.T, mode handover.Mode) {
		count := func() int {
			fds, err := os.ReadDir("/proc/self/fd")
			require.NoError(t, err)
			return len(fds)
		}
		before := count()
		t.Run("a life", func(t *testing.T) {
			r := newRig(t, mode, 2)
			w := r.worker(1)
			r.Open(1)
			r.serve()
			for n := range 50 {
				c := r.dial(fmt.Sprint(n))
				if n%2 == 0 {
					s, _ := take(t, w)
					s.Close()
				}
				c.Close()
			}
			r.Gone(1, false)
		})
		assert.Equal(t, before, count())
	})
}

func TestWhatIsInheritedIsChecked(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "board")
	require.NoError(t, err)
	_, err = handover.Receive(handover.Handover, 1, []*os.File{file, file})
	assert.ErrorContains(t, err, "read its header")
	_, err = handover.Receive(handover.Handover, 1, nil)
	assert.ErrorContains(t, err, "want 2")
	_, err = handover.Receive(handover.Inherited, 1, nil)
	assert.ErrorContains(t, err, "want 1")
	_, err = handover.Receive("pigeon", 1, nil)
	assert.ErrorContains(t, err, `unknown mode "pigeon", allowed: journal, handover, inherited`)
}

func TestConnectionsThatMatchAreTakenAside(t *testing.T) {
	inEach(t, func(t *testing.T, mode handover.Mode) {
		r := newRig(t, mode, 1)
		w := r.worker(1)
		r.Open(1)
		aside := make(chan net.Conn, 1)
		r.Aside(func(first []byte) bool { return string(first) == "aside   " }, func(c net.Conn) { aside <- c })
		r.serve()
		r.dial("aside")
		_, name := take(t, w)
		assert.Equal(t, "aside", name, "not looked at")
		r.LookAside(true)
		r.dial("aside")
		c := <-aside
		defer c.Close()
		first := make([]byte, 8)
		_, err := io.ReadFull(c, first)
		require.NoError(t, err)
		assert.Equal(t, "aside   ", string(first), "nothing of it was read")
		r.dial("other")
		_, name = take(t, w)
		assert.Equal(t, "other", name)
		silent, err := net.Dial("tcp", r.address)
		require.NoError(t, err)
		defer silent.Close()
		got, err := w.Accept()
		require.NoError(t, err, "one that says nothing is handed over after a while")
		got.Close()
	})
}
