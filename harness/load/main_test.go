package load

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

// The test binary plays other parts when this variable names one.
const partVariable = "LOAD_TEST_PART"

func TestMain(m *testing.M) {
	switch os.Getenv(partVariable) {
	case "server":
		serveTiny()
	case "generator":
		generate()
	default:
		effort.SideBySide(4) // these tests mostly wait
		goleak.VerifyTestMain(m)
	}
}

// serveTiny serves short answers until its standard input ends.
func serveTiny() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println("http://" + l.Addr().String())
	go func() {
		panic(http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) })))
	}()
	os.Stdin.Read(make([]byte, 1))
}

// report is what a generator in a process of its own says of a request.
type report struct{ Scheduled, Released, Sent, Done time.Duration }

// generate drives the server that the environment names, over one connection, and says when it began, and at the end
// what became of every request.
func generate() {
	rate, _ := strconv.ParseFloat(os.Getenv("LOAD_TEST_RATE"), 64)
	var mu sync.Mutex
	var all []report
	o, err := Drive(context.Background(), Config{
		BaseURL: os.Getenv("LOAD_TEST_URL"), Source: &counting{}, Schedule: Constant(rate), Duration: 3 * time.Second,
		Timeout: 10 * time.Minute, Connections: 1, Started: func(origin time.Time) { fmt.Println(origin.UnixNano()) },
		Observe: func(s measure.Sample) {
			mu.Lock()
			defer mu.Unlock()
			all = append(all, report{s.Scheduled, s.Released, s.Sent, s.Done})
		},
	})
	if err != nil || o.Window.Failed+o.Window.Unsent > 0 {
		panic(fmt.Sprint(err, o.Window.Errors))
	}
	json.NewEncoder(os.Stdout).Encode(all)
}
