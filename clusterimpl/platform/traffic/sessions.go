package traffic

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
)

// maxUsers is the number of users who log in.
const maxUsers = 100

// maxAnswer bounds the answer to a login, in bytes.
const maxAnswer = 64 << 10

func (s *Source) users() int64 { return min(maxUsers, int64(s.config.Dataset.Accounts)) }

func (s *Source) makeLogins() error {
	for id := int64(1); id <= s.users(); id++ {
		r, err := s.login(id)
		if err != nil {
			return err
		}
		s.logins = append(s.logins, r)
	}
	return nil
}

func (s *Source) login(id int64) (*Request, error) {
	user := s.config.Dataset.User(id)
	body, err := line(wire.Login{User: user.Name, Secret: user.Secret})
	return &Request{Operation: Login, Method: http.MethodPost, Path: "/api/login", Header: jsonHeader, Body: body,
		Check: func(status int, _ http.Header, body []byte) error {
			_, err := loggedIn(status, body, user.Name)
			return err
		}}, err
}

// loggedIn checks the answer to a login and returns its token.
func loggedIn(status int, body []byte, user string) (token string, err error) {
	if err := wantStatus(status, http.StatusOK, body); err != nil {
		return "", err
	}
	var got wire.LoggedIn
	if err := decode(body, &got); err != nil {
		return "", err
	}
	raw, err := hex.DecodeString(got.Token)
	if err != nil || len(raw) != 16 || got.User != user || got.ExpiresIn != wire.SessionSeconds {
		return "", fmt.Errorf("want a session of %s for %d s with a token of 32 hexadecimal digits, got one of %q "+
			"for %d s with %d characters",
			user, wire.SessionSeconds, got.User, got.ExpiresIn, len(got.Token))
	}
	return got.Token, nil
}

// Prepare logs users in, whose sessions the requests then use. It does nothing if the mix
// has no sessions.
func (s *Source) Prepare(ctx context.Context, baseURL string) error {
	if !slices.ContainsFunc(s.config.Mix, func(share Share) bool { return share.Operation == Session }) {
		return nil
	}
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	s.sessions = nil
	for id := int64(1); id <= s.users(); id++ {
		r, err := s.open(ctx, client, strings.TrimSuffix(baseURL, "/"), id)
		if err != nil {
			return fmt.Errorf("prepare the traffic: log in user %d: %w", id, err)
		}
		s.sessions = append(s.sessions, r)
	}
	return nil
}

// open logs a user in and makes the request that uses the session.
func (s *Source) open(ctx context.Context, client *http.Client, baseURL string, id int64) (*Request, error) {
	login, err := s.login(id)
	if err != nil {
		return nil, err
	}
	message, err := http.NewRequestWithContext(ctx, login.Method, baseURL+login.Path, bytes.NewReader(login.Body))
	if err != nil {
		return nil, err
	}
	message.Header = login.Header.Clone()
	response, err := client.Do(message)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	user := s.config.Dataset.User(id).Name
	token, err := loggedIn(response.StatusCode, body, user)
	if err != nil {
		return nil, err
	}
	want, err := line(wire.Session{User: user, Account: id})
	return &Request{Operation: Session, Method: http.MethodGet, Path: "/api/session",
		Header: http.Header{"Authorization": {"Bearer " + token}}, Check: exactly(want)}, err
}
