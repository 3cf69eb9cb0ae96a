package ledger

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/ledger/pool"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
)

// memory is a ledger in this process. An account is generated when it is first asked for.
type memory struct {
	spec dataset.Spec

	mu       sync.RWMutex
	accounts map[int64]*memoryAccount
	booked   map[string]wire.Booked // by id
}

type memoryAccount struct {
	account wire.Account
	list    []wire.Transaction // oldest first
}

func newMemory(spec dataset.Spec) *memory {
	return &memory{spec: spec, accounts: map[int64]*memoryAccount{}, booked: map[string]wire.Booked{}}
}

func (m *memory) Close() error { return nil }

func (m *memory) Connections() pool.Stats { return pool.Stats{} }

// ensure makes sure that an account is generated.
func (m *memory) ensure(id int64) error {
	if id < 1 || id > int64(m.spec.Accounts) {
		return ErrUnknownAccount
	}
	m.mu.RLock()
	_, ok := m.accounts[id]
	m.mu.RUnlock()
	if ok {
		return nil
	}
	made := generate(m.spec, id)
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.accounts[id]; !ok {
		m.accounts[id] = made
	}
	return nil
}

func generate(spec dataset.Spec, id int64) *memoryAccount {
	made := &memoryAccount{account: wire.AccountOf(spec.Account(id))}
	for _, t := range slices.Backward(spec.TransactionsOf(id)) {
		made.list = append(made.list, wire.TransactionOf(t))
	}
	return made
}

func (m *memory) Account(_ context.Context, id int64) (wire.Account, error) {
	if err := m.ensure(id); err != nil {
		return wire.Account{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.accounts[id].account, nil
}

func (m *memory) Accounts(ctx context.Context, from, to int64) ([]wire.Account, error) {
	var all []wire.Account
	for id := max(1, from); id < min(to, int64(m.spec.Accounts)+1); id++ {
		a, err := m.Account(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

func (m *memory) Transactions(_ context.Context, id int64, limit int) ([]wire.Transaction, error) {
	if err := m.ensure(id); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	list := m.accounts[id].list
	newest := make([]wire.Transaction, 0, min(limit, len(list)))
	for i := len(list) - 1; i >= 0 && len(newest) < limit; i-- {
		newest = append(newest, list[i])
	}
	return newest, nil
}

func (m *memory) Transfer(_ context.Context, id int64, t wire.Transfer, booked time.Time) (wire.Booked, bool, error) {
	if err := m.ensure(id); err != nil {
		return wire.Booked{}, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if before, ok := m.booked[t.ID]; ok {
		return replayed(before, id, t, true)
	}
	a := m.accounts[id]
	a.account.BalanceCents += t.AmountCents
	a.account.Version++
	done := wire.Booked{
		ID: t.ID, Account: id, AmountCents: t.AmountCents, Memo: t.Memo,
		BalanceCents: a.account.BalanceCents, Version: a.account.Version, Booked: booked,
	}
	m.booked[t.ID] = done
	a.insert(wire.Transaction{ID: t.ID, AmountCents: t.AmountCents, Kind: KindTransfer, Memo: t.Memo, Booked: booked})
	return done, true, nil
}

// insert keeps the order of the list: by time, and of the same second by id, descending,
// which read backwards is newest first and then by id.
func (a *memoryAccount) insert(t wire.Transaction) {
	i := len(a.list)
	for i > 0 && after(a.list[i-1], t) {
		i--
	}
	a.list = slices.Insert(a.list, i, t)
}

func after(a, b wire.Transaction) bool {
	if !a.Booked.Equal(b.Booked) {
		return a.Booked.After(b.Booked)
	}
	return a.ID < b.ID
}
