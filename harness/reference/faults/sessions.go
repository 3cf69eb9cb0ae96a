package faults

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"syscall"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
	"github.com/nameplate-dev/nameplate/harness/run"
)

// Uses of the session over fresh connections.
const (
	usesPerWorker = 50 // at most, until every worker has served it
	usesAfter     = 100
)

// errUnknownSession says that a worker does not know a session.
var errUnknownSession = errors.New("the worker does not know the session")

// useSession opens a session and uses it over fresh connections until every worker has
// served it; then it kills the worker that opened it, and uses it on.
func useSession(f *fault) error {
	if err := f.moment(0.1); err != nil {
		return err
	}
	token, creator, err := f.login()
	if err != nil {
		return err
	}
	f.note("worker %s opened the session", creator)
	served, wrong, forgotten := map[string]bool{}, 0, 0
	use := func() {
		worker, err := f.use(token)
		f.count(&wrong, 3, err)
		switch {
		case err == nil:
			served[worker] = true
		case errors.Is(err, errUnknownSession):
			forgotten++
		}
	}
	for i := 0; i < usesPerWorker*f.spec.Phase.Workers && len(served) < f.spec.Phase.Workers; i++ {
		use()
	}
	f.note("%d workers have served it", len(served))
	slot, _ := strconv.Atoi(creator)
	for _, w := range f.workers() {
		if w.slot == slot {
			if err := syscall.Kill(w.pid, syscall.SIGKILL); err != nil {
				return fmt.Errorf("kill worker %d: %w", slot, err)
			}
			f.note("worker %d (pid %d), which opened it, was killed", w.slot, w.pid)
		}
	}
	for range usesAfter {
		use()
	}
	f.note("used %d times more, %d wrong answers in all", usesAfter, wrong)
	f.set("wrong", float64(wrong))
	f.set("session_misses", float64(forgotten))
	f.set("served", float64(len(served)))
	return nil
}

// login opens a session of the data set's first user and says which worker did.
func (f *fault) login() (token, worker string, err error) {
	body, err := json.Marshal(wire.Login{User: f.Dataset.User(1).Name, Secret: f.Dataset.User(1).Secret})
	if err != nil {
		return "", "", err
	}
	var in wire.LoggedIn
	worker, err = f.ask(http.MethodPost, "/api/login", "", body, &in)
	if err == nil && in.Token == "" {
		err = errors.New("POST /api/login: no token")
	}
	return in.Token, worker, err
}

// use asks who the session belongs to.
func (f *fault) use(token string) (worker string, err error) {
	var s wire.Session
	worker, err = f.ask(http.MethodGet, "/api/session", token, nil, &s)
	if err == nil && s.User != f.Dataset.User(1).Name {
		err = fmt.Errorf("GET /api/session: user %q, want %q", s.User, f.Dataset.User(1).Name)
	}
	return worker, err
}

// ask makes a request over a fresh connection and reads its JSON answer.
func (f *fault) ask(method, path, token string, body []byte, into any) (worker string, err error) {
	header := http.Header{"Content-Type": {"application/json"}}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	answer, text, err := f.exchange(method, path, header, body)
	if err != nil {
		return "", err
	}
	if answer.StatusCode == http.StatusUnauthorized {
		return "", fmt.Errorf("%s %s: %w: %.100s", method, path, errUnknownSession, text)
	}
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("%s %s: status %d: %.100s", method, path, answer.StatusCode, text)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return "", fmt.Errorf("%s %s: %w", method, path, err)
	}
	return answer.Header.Get(run.WorkerHeader), nil
}
