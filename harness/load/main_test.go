package load

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"
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

// report is what a generator in a process of its own says of its run.
type report struct{ Offered, Sent, Late, Waited, Slow uint64 }

// generate drives the server that the environment names, over one connection.
func generate() {
	rate, _ := strconv.ParseFloat(os.Getenv("LOAD_TEST_RATE"), 64)
	long, _ := time.ParseDuration(os.Getenv("LOAD_TEST_LONG"))
	o, err := Drive(context.Background(), Config{
		BaseURL: os.Getenv("LOAD_TEST_URL"), Source: &counting{}, Schedule: Constant(rate), Duration: 2 * time.Second, Timeout: 5 * time.Second,
		Connections: 1, Started: func(time.Time) { fmt.Println("started") },
	})
	if err != nil {
		panic(err)
	}
	w := o.Window
	json.NewEncoder(os.Stdout).Encode(report{w.Offered, w.Sent, above(w.Lateness, long), above(w.Wait, long), above(w.Response, long)})
}
