// Package traffic makes the requests of the platform workload, and knows what each must
// be answered.
//
// All follows from a seed. Requests that read are drawn from pools that are rendered
// beforehand with their answers. The last tenth of the accounts is for transfers; reads go
// to the others, whose answers never change, but for one in [freshReads] that reads an
// account of a transfer and is checked but for its balance and version.
package traffic

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"

	"github.com/nameplate-dev/nameplate/fixtures/dataset"
)

// The operations there are.
const (
	Account      = "account"
	Transactions = "transactions"
	Transfer     = "transfer"
	Import       = "import"
	Risk         = "risk"
	Classify     = "classify"
	Login        = "login"
	Session      = "session"
)

// Share is an operation's part of the requests.
type Share struct {
	Operation string
	Share     float64 // above 0; in relation to the sum of all
}

// Config says what requests are wanted.
type Config struct {
	Dataset dataset.Spec // what the platform holds
	Mix     []Share      // no operation twice
	Seed    uint64       // of every choice
	Salt    string       // unique to a run: no transfer of another run has its ids
}

// Request is one request.
type Request struct {
	Operation string
	Method    string
	Path      string
	Header    http.Header
	Body      []byte
	// Check says what is wrong with the answer. It may be called by several goroutines at
	// once and does not keep body.
	Check func(status int, header http.Header, body []byte) error
}

const (
	minAccounts = 10     // fewer cannot be shared out
	maxPopular  = 10_000 // accounts that are read
	freshReads  = 20     // one read in so many is of an account of a transfer
	zipfS       = 1.07   // how much more popular an account is than the next: its rank to the power of -s
)

// Source makes requests. It serves one goroutine.
type Source struct {
	config Config
	random *rand.Rand
	bounds []float64 // of the operations, cumulated to 1
	makers []func() *Request

	popular  *rand.Zipf
	read     []int64 // ids, the most popular first
	reserved int64   // the first id of an account for transfers
	booked   uint64  // transfers made

	accounts, lists, imports, risks, texts, logins, sessions []*Request
}

// New makes a source. If the mix has sessions, [Source.Prepare] comes before the first request.
func New(c Config) (*Source, error) {
	if err := c.Dataset.Validate(); err != nil {
		return nil, fmt.Errorf("make the traffic: data set: %w", err)
	}
	if c.Dataset.Accounts < minAccounts {
		return nil, fmt.Errorf("make the traffic: %d accounts, allowed: at least %d", c.Dataset.Accounts, minAccounts)
	}
	s := &Source{config: c, random: rand.New(rand.NewPCG(c.Seed, 0x6e616d65706c6174))}
	s.reserved = int64(c.Dataset.Accounts - c.Dataset.Accounts/10 + 1)
	s.rank()
	if err := s.mix(); err != nil {
		return nil, fmt.Errorf("make the traffic: %w", err)
	}
	return s, nil
}

// rank puts the accounts that are read in a random order of popularity.
func (s *Source) rank() {
	n := int(min(s.reserved-1, maxPopular))
	s.read = make([]int64, n)
	for i := range s.read {
		s.read[i] = 1 + int64(i)*(s.reserved-1)/int64(n)
	}
	s.random.Shuffle(n, func(i, j int) { s.read[i], s.read[j] = s.read[j], s.read[i] })
	s.popular = rand.NewZipf(s.random, zipfS, 8, uint64(n-1))
}

// mix makes the pools of the operations that are wanted.
func (s *Source) mix() error {
	makers := map[string]struct {
		prepare func() error
		next    func() *Request
	}{
		Account:      {s.makeAccounts, s.account},
		Transactions: {s.makeLists, func() *Request { return s.lists[s.popular.Uint64()] }},
		Transfer:     {func() error { return nil }, s.transfer},
		Import:       {s.makeImports, func() *Request { return s.pick(s.imports) }},
		Risk:         {s.makeRisks, func() *Request { return s.pick(s.risks) }},
		Classify:     {s.makeTexts, func() *Request { return s.pick(s.texts) }},
		Login:        {s.makeLogins, func() *Request { return s.pick(s.logins) }},
		Session:      {func() error { return nil }, func() *Request { return s.pick(s.sessions) }},
	}
	sum, seen := 0.0, map[string]bool{}
	for _, share := range s.config.Mix {
		m, known := makers[share.Operation]
		if !known || seen[share.Operation] {
			return fmt.Errorf("operation %q is not known or is there twice", share.Operation)
		}
		if !(share.Share > 0) || math.IsInf(share.Share, 0) {
			return fmt.Errorf("operation %s has the share %v, allowed: above 0", share.Operation, share.Share)
		}
		seen[share.Operation] = true
		sum += share.Share
		s.bounds = append(s.bounds, sum)
		s.makers = append(s.makers, m.next)
		if err := m.prepare(); err != nil {
			return fmt.Errorf("operation %s: %w", share.Operation, err)
		}
	}
	if len(s.bounds) == 0 {
		return errors.New("the mix is empty")
	}
	for i := range s.bounds {
		s.bounds[i] /= sum
	}
	return nil
}

// Next is the next request.
func (s *Source) Next() *Request {
	x := s.random.Float64()
	last := len(s.bounds) - 1
	for i, bound := range s.bounds[:last] {
		if x < bound {
			return s.makers[i]()
		}
	}
	return s.makers[last]()
}

func (s *Source) pick(pool []*Request) *Request { return pool[s.random.IntN(len(pool))] }
