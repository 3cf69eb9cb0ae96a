package platform

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
)

// storeTimeout is how long an operation may take in the stores, if nothing else was said.
const storeTimeout = 2 * time.Second

// What a transfer may be.
const (
	maxAmount = 1_000_000_000_00 // in cents, either way
	maxMemo   = 140              // characters
)

func (p *Platform) account(w http.ResponseWriter, r *http.Request) error {
	id, err := accountID(r)
	if err != nil {
		return err
	}
	body, err := p.accountBody(r.Context(), id)
	if err != nil {
		return err
	}
	answerBytes(w, http.StatusOK, body)
	return nil
}

// accountBody is an account as it is answered, from the cache where there is one.
func (p *Platform) accountBody(ctx context.Context, id int64) ([]byte, error) {
	load := func(ctx context.Context) ([]byte, error) {
		a, err := p.ledger.Account(ctx, id)
		if err != nil {
			return nil, err
		}
		return render(a)
	}
	if p.cache == nil {
		ctx, cancel := context.WithTimeout(ctx, p.config.StoreTimeout)
		defer cancel()
		return load(ctx)
	}
	return p.cache.through(ctx, id, load)
}

func (p *Platform) transactions(w http.ResponseWriter, r *http.Request) error {
	id, err := accountID(r)
	if err != nil {
		return err
	}
	limit, err := listLimit(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), p.config.StoreTimeout)
	defer cancel()
	list, err := p.ledger.Transactions(ctx, id, limit)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, wire.Transactions{Account: id, Transactions: list})
}

func (p *Platform) transfer(w http.ResponseWriter, r *http.Request) error {
	id, err := accountID(r)
	if err != nil {
		return err
	}
	var t wire.Transfer
	if err := decode(w, r, &t); err != nil {
		return err
	}
	if err := checkTransfer(t); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), p.config.StoreTimeout)
	defer cancel()
	done, fresh, err := p.ledger.Transfer(ctx, id, t, p.config.Now().UTC().Truncate(time.Second))
	if err != nil {
		return err
	}
	if p.cache != nil { // of a replay too: the first answer may have got lost before the mark was set
		p.cache.mark(context.WithoutCancel(ctx), id)
	}
	status := http.StatusOK
	if fresh {
		status = http.StatusCreated
	}
	return answer(w, status, done)
}

func accountID(r *http.Request) (int64, error) {
	text := r.PathValue("id")
	if text == "" { // the path is of the common form
		text, _, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, accounts), "/")
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, &problem{
			status: http.StatusBadRequest, reason: "the account's id is not a number", field: "id",
			allowed: "a whole number from 1",
		}
	}
	return id, nil
}

func listLimit(r *http.Request) (int, error) {
	if r.URL.RawQuery == "" {
		return wire.DefaultLimit, nil
	}
	values, given := r.URL.Query()["limit"]
	if !given {
		return wire.DefaultLimit, nil
	}
	limit, err := strconv.Atoi(values[0])
	if err != nil || len(values) != 1 || limit < 1 || limit > wire.MaxLimit {
		return 0, &problem{status: http.StatusBadRequest, reason: "the limit is not allowed", field: "limit",
			allowed: fmt.Sprintf("one whole number from 1 to %d", wire.MaxLimit)}
	}
	return limit, nil
}

func checkTransfer(t wire.Transfer) error {
	switch {
	case !isUUID(t.ID):
		return refuse("id", "the id is not a UUID", "a UUID in lower case, e.g. 6ba7b810-9dad-81d1-80b4-00c04fd430c8")
	case t.AmountCents == 0 || t.AmountCents > maxAmount || t.AmountCents < -maxAmount:
		return refuse("amount_cents", "the amount is not allowed",
			fmt.Sprintf("%d to %d, but not 0", -maxAmount, maxAmount))
	case utf8.RuneCountInString(t.Memo) > maxMemo:
		return refuse("memo", "the memo is too long", fmt.Sprintf("up to %d characters", maxMemo))
	}
	for _, c := range t.Memo {
		if c < ' ' || c == 0x7f {
			return refuse("memo", "the memo holds a control character", "one line of text")
		}
	}
	return nil
}

// isUUID accepts the canonical form alone, so that one id has one spelling.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}
