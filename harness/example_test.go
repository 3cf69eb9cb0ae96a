package harness_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/nameplate-dev/nameplate/harness"
)

const shop = `
version: 1
name: shop
title: The shop's README, put to the test
source: README.md
plan:
  runs: 6
  warmup: 0 s
  duration: 1 s
  timeout: 5 s
  seed: 1
  connections: 8
  arrivals: constant
  validity: {schedule_lag: 10 %, offered: 99 %, host_noise: 50 %}
dataset: {accounts: 100, transactions: 100}
workloads:
  - name: items
    kind: http
    requests:
      - {name: item, path: "/items/${random:1-1000}", expect: {status: 200}}
phases:
  - {phase: 1, name: small, source: README.md, cluster: false, workers: 1, memory: 256 MiB, stores: [], rate: 50 req/s, workload: items}
claims:
  - {id: p99, phase: 1, source: README.md, metric: p99, op: "<=", value: 150 ms}
`

// A handler is verified in a test of its package. The file holds no more than this.
func ExampleVerify() {
	_ = func(t *testing.T) { // func TestTheShopKeepsItsPromises(t *testing.T)
		suite, err := harness.ReadSuite("shop.yaml")
		if err != nil {
			t.Fatal(err)
		}
		harness.Verify(t, suite, harness.Handler(http.NewServeMux()))
	}
}

// Outside of a test, what runs at a URL is measured and the run returned. One run is no evidence,
// and says so.
func ExampleOptions_Run() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "an item")
	}))
	defer server.Close()
	out, err := os.MkdirTemp("", "shop-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(out)
	suite, err := harness.ParseSuite("shop.yaml", []byte(shop))
	if err != nil {
		fmt.Println(err)
		return
	}
	run, err := harness.Options{Runs: 1, Out: out}.Run(context.Background(), suite, harness.URL(server.URL))
	if err != nil {
		fmt.Println(err)
		return
	}
	window := run.Phases[0].Trials[0].Window
	fmt.Println(window.Offered, "offered,", window.Failed, "failed; status", run.ExitStatus)
	// Output: 50 offered, 0 failed; status 3
}

// What is wrong with a suite is said with its line and what is allowed.
func ExampleParseSuite() {
	_, err := harness.ParseSuite("shop.yaml", []byte(strings.Replace(shop, "runs: 6", "runs: none", 1)))
	fmt.Println(err)
	// Output:
	// shop.yaml:7:9: runs: must be a whole number, not the text "none"
	//     7 |   runs: none
	//       |         ^
	//   allowed: a whole number from 1 to 1000, in plain digits
	//
	// shop.yaml: 1 problem
}
