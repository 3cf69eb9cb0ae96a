package traffic

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
)

// makeAccounts renders the reads of accounts, the most popular first.
func (s *Source) makeAccounts() error {
	for _, id := range s.read {
		want, err := line(s.expected(id))
		if err != nil {
			return err
		}
		s.accounts = append(s.accounts,
			&Request{Operation: Account, Method: http.MethodGet, Path: accountPath(id), Check: exactly(want)})
	}
	return nil
}

func accountPath(id int64) string { return "/api/accounts/" + strconv.FormatInt(id, 10) }

func (s *Source) expected(id int64) wire.Account {
	return wire.AccountOf(s.config.Dataset.Account(id))
}

func (s *Source) account() *Request {
	if s.random.IntN(freshReads) > 0 {
		return s.accounts[s.popular.Uint64()]
	}
	id := s.transferAccount()
	return &Request{Operation: Account, Method: http.MethodGet, Path: accountPath(id),
		Check: func(status int, _ http.Header, body []byte) error {
			if err := wantStatus(status, http.StatusOK, body); err != nil {
				return err
			}
			var got wire.Account
			if err := decode(body, &got); err != nil {
				return err
			}
			want := s.expected(id)
			if got.Version < 0 || got.Version == 0 && got.BalanceCents != want.BalanceCents {
				return fmt.Errorf(
					"account %d has version %d and balance %d, want a version from 0, and at 0 the balance %d", id,
					got.Version, got.BalanceCents, want.BalanceCents,
				)
			}
			got.BalanceCents, got.Version = want.BalanceCents, want.Version
			if got != want {
				return fmt.Errorf("the account differs: got %+v, want %+v", got, want)
			}
			return nil
		}}
}

// transferAccount is one of the accounts that transfers go to.
func (s *Source) transferAccount() int64 {
	return s.reserved + s.random.Int64N(int64(s.config.Dataset.Accounts)-s.reserved+1)
}

// makeLists renders the lists of transactions, the most popular account first.
func (s *Source) makeLists() error {
	held := make([]wire.Transaction, 0, wire.DefaultLimit)
	for _, id := range s.read {
		list := wire.Transactions{Account: id, Transactions: held}
		all := s.config.Dataset.TransactionsOf(id)
		for _, t := range all[:min(len(all), wire.DefaultLimit)] {
			list.Transactions = append(list.Transactions, wire.TransactionOf(t))
		}
		want, err := line(list)
		if err != nil {
			return err
		}
		s.lists = append(s.lists, &Request{Operation: Transactions, Method: http.MethodGet,
			Path: accountPath(id) + "/transactions?limit=" + strconv.Itoa(wire.DefaultLimit), Check: exactly(want)})
	}
	return nil
}

var memos = []string{"rent share", "dinner", "train tickets", "birthday present", "invoice 2041", "savings",
	"loan instalment", "thank you"}

var jsonHeader = http.Header{"Content-Type": {"application/json"}}

// transfer books on an account of its own kind, under an id that follows from salt, seed
// and count.
func (s *Source) transfer() *Request {
	s.booked++
	id := s.transferAccount()
	amount := 1 + s.random.Int64N(50_000)
	if s.random.IntN(2) == 0 {
		amount = -amount
	}
	t := wire.Transfer{ID: s.transferID(), AmountCents: amount, Memo: memos[s.random.IntN(len(memos))]}
	body, _ := line(t) // numbers and text always encode
	return &Request{Operation: Transfer, Method: http.MethodPost, Path: accountPath(id) + "/transactions",
		Header: jsonHeader, Body: body,
		Check: func(status int, _ http.Header, body []byte) error {
			if err := wantStatus(status, http.StatusCreated, body); err != nil {
				return err
			}
			return checkBooked(body, id, t)
		}}
}

func (s *Source) transferID() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %d", s.config.Salt, s.config.Seed, s.booked))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // a UUID of version 8
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func checkBooked(body []byte, account int64, t wire.Transfer) error {
	var got wire.Booked
	if err := decode(body, &got); err != nil {
		return err
	}
	want := wire.Booked{ID: t.ID, Account: account, AmountCents: t.AmountCents, Memo: t.Memo,
		BalanceCents: got.BalanceCents, Version: got.Version, Booked: got.Booked}
	if got != want {
		return fmt.Errorf("another transfer was booked: got %+v, want %+v", got, want)
	}
	if got.Version < 1 || got.Booked.IsZero() || got.Booked.Location() != time.UTC {
		return errors.New("the transfer has no version from 1, or no time in UTC")
	}
	return nil
}
