// Package wire holds the JSON shapes of the platform's requests and answers, for the
// handlers and for whoever asks them.
package wire

import (
	"time"

	"github.com/nameplate-dev/nameplate/fixtures/dataset"
)

// SessionSeconds is how long a login is valid, in seconds.
const SessionSeconds = 1800

// The number of transactions that a list may hold.
const (
	DefaultLimit = 20
	MaxLimit     = 100
)

// Account is one account.
type Account struct {
	ID           int64  `json:"id"`
	Owner        string `json:"owner"`
	Currency     string `json:"currency"` // ISO 4217
	Opened       string `json:"opened"`   // 2006-01-02
	BalanceCents int64  `json:"balance_cents"`
	Version      int64  `json:"version"` // number of transfers
}

// AccountOf is an account of a data set.
func AccountOf(a dataset.Account) Account {
	return Account{a.ID, a.Owner, a.Currency, a.Opened.Format(time.DateOnly), a.BalanceCents, a.Version}
}

// Transaction is one booking on an account.
type Transaction struct {
	ID          string    `json:"id"` // a UUID
	AmountCents int64     `json:"amount_cents"`
	Kind        string    `json:"kind"`
	Memo        string    `json:"memo"`
	Booked      time.Time `json:"booked"` // UTC, whole seconds
}

// TransactionOf is a transaction of a data set.
func TransactionOf(t dataset.Transaction) Transaction {
	return Transaction{t.ID, t.AmountCents, t.Kind, t.Memo, t.Booked}
}

// Transactions are the latest bookings on an account, newest first.
type Transactions struct {
	Account      int64         `json:"account"`
	Transactions []Transaction `json:"transactions"`
}

// Transfer asks for a booking. The client chooses its id, so that it may ask again
// without booking twice.
type Transfer struct {
	ID          string `json:"id"` // a UUID
	AmountCents int64  `json:"amount_cents"`
	Memo        string `json:"memo"`
}

// Booked is a transfer that was booked, and the account after it.
type Booked struct {
	ID           string    `json:"id"`
	Account      int64     `json:"account"`
	AmountCents  int64     `json:"amount_cents"`
	Memo         string    `json:"memo"`
	BalanceCents int64     `json:"balance_cents"`
	Version      int64     `json:"version"`
	Booked       time.Time `json:"booked"` // UTC, whole seconds
}

// Login asks for a session.
type Login struct {
	User   string `json:"user"`
	Secret string `json:"secret"` // hexadecimal
}

// LoggedIn is a session that was opened.
type LoggedIn struct {
	User      string `json:"user"`
	Token     string `json:"token"`      // 128 random bits, hexadecimal
	ExpiresIn int    `json:"expires_in"` // seconds
}

// Session is the session of a token.
type Session struct {
	User    string `json:"user"`
	Account int64  `json:"account"`
}

// Classify asks for the category of a text.
type Classify struct {
	Text string `json:"text"`
}

// Calibrated says what a calibrated request was asked for and what it used, in microseconds.
type Calibrated struct {
	CPU  int64 `json:"cpu_us"`
	Wait int64 `json:"wait_us"`
	Used int64 `json:"used_us"` // processor time of the thread that burnt
}

// Error is the answer to a request that failed.
type Error struct {
	Error   string `json:"error"`
	Field   string `json:"field,omitempty"`
	Allowed string `json:"allowed,omitempty"`
	Line    int    `json:"line,omitempty"` // of an imported file
}
