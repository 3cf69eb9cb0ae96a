package platform

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/near"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
)

// sessionTTL is how long a login is valid.
const sessionTTL = wire.SessionSeconds * time.Second

// maxSessions bounds the sessions in one worker's memory; the oldest go first.
const maxSessions = 100_000

var errSessionsDown = errors.New("the session store does not answer")

// sessions knows which account a token stands for, by the token's digest.
type sessions interface {
	put(ctx context.Context, t digest, account int64) error
	get(ctx context.Context, t digest) (account int64, ok bool, err error)
}

func (p *Platform) login(w http.ResponseWriter, r *http.Request) error {
	var l wire.Login
	if err := decode(w, r, &l); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), p.config.StoreTimeout)
	defer cancel()
	account, known, right := p.authenticate(l)
	if err := p.limitAttempts(ctx, w, account, known, right); err != nil {
		return err
	}
	if !right {
		return &problem{status: http.StatusUnauthorized, reason: "user or secret is wrong"}
	}
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails
	token := hex.EncodeToString(raw[:])
	if err := p.sessions.put(ctx, digestOf(token), account); err != nil {
		return err
	}
	return answer(w, http.StatusOK, wire.LoggedIn{User: l.User, Token: token, ExpiresIn: wire.SessionSeconds})
}

// limitAttempts counts a failed login, and refuses a user who has had too many. A user who
// is not known is not counted: there is nothing to find.
func (p *Platform) limitAttempts(ctx context.Context, w http.ResponseWriter, account int64, known, right bool) error {
	if !known {
		return nil
	}
	count := p.attempts.count
	if !right {
		count = p.attempts.failed
	}
	n, err := count(ctx, account)
	switch {
	case err != nil:
		return err
	case right && n < maxAttempts, n <= maxAttempts && !right:
		return nil
	}
	w.Header().Set("Retry-After", strconv.Itoa(int(attemptsWindow.Seconds())))
	return &problem{status: http.StatusTooManyRequests, reason: "too many failed logins of this user", field: "user",
		allowed: fmt.Sprintf("%d failed logins within %v", maxAttempts, attemptsWindow)}
}

// authenticate checks a secret against the user's. Secrets have 128 random bits, so nobody
// can try them all and a fast hash does; passwords that people choose would need a slow
// one. Both hashes are compared in constant time, also for a user who does not exist.
func (p *Platform) authenticate(l wire.Login) (account int64, known, right bool) {
	number, _ := strings.CutPrefix(l.User, "user")
	account, err := strconv.ParseInt(number, 10, 64)
	inRange := err == nil && account >= 1 && account <= int64(p.config.Dataset.Accounts)
	if !inRange {
		account = 1
	}
	user := p.config.Dataset.User(account)
	equal := hmac.Equal(secretHash(user.Name, user.Secret), secretHash(user.Name, l.Secret))
	known = inRange && user.Name == l.User
	return account, known, known && equal
}

func secretHash(user, secret string) []byte {
	h := hmac.New(sha256.New, []byte("nameplate login "+user))
	h.Write([]byte(secret))
	return h.Sum(nil)
}

func (p *Platform) session(w http.ResponseWriter, r *http.Request) error {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || len(token) != 32 {
		return unauthorized(w)
	}
	ctx, cancel := context.WithTimeout(r.Context(), p.config.StoreTimeout)
	defer cancel()
	account, ok, err := p.sessions.get(ctx, digestOf(token))
	if err != nil {
		return err
	}
	if !ok {
		return unauthorized(w)
	}
	return answer(w, http.StatusOK, wire.Session{User: "user" + strconv.FormatInt(account, 10), Account: account})
}

func unauthorized(w http.ResponseWriter) error {
	w.Header().Set("WWW-Authenticate", "Bearer")
	return &problem{
		status: http.StatusUnauthorized, reason: "there is no such session", field: "Authorization",
		allowed: "Bearer and the token of a login",
	}
}

// digest is what is stored of a token: who reads the store cannot use its sessions.
type digest [16]byte

func digestOf(token string) digest {
	sum := sha256.Sum256([]byte(token))
	return digest(sum[:16])
}

// redisSessions are sessions that every worker knows. A session never changes until it
// expires, so one that was found is kept in the near cache, for as long as Redis is known
// to be there, and the same Redis.
type redisSessions struct {
	client *redis.Client
	prefix string
	near   *near.Memory
	lease  *lease
}

func (s *redisSessions) key(d digest) string { return s.prefix + "session:" + hex.EncodeToString(d[:]) }

func (d digest) near() near.Key {
	return near.Key{binary.LittleEndian.Uint64(d[:8]), binary.LittleEndian.Uint64(d[8:])}
}

func (s *redisSessions) put(ctx context.Context, d digest, account int64) error {
	if err := s.client.Set(ctx, s.key(d), account, sessionTTL).Err(); err != nil {
		return fmt.Errorf("%w: %w", errSessionsDown, err)
	}
	return nil
}

func (s *redisSessions) get(ctx context.Context, d digest) (int64, bool, error) {
	now := time.Now()
	epoch := s.lease.epoch(now)
	var room [8]byte
	if value, ok := s.near.Sessions.Get(d.near(), epoch, now, room[:0]); ok && len(value) == len(room) {
		return int64(binary.LittleEndian.Uint64(value)), true, nil
	}
	pipe := s.client.Pipeline()
	stored, left := pipe.Get(ctx, s.key(d)), pipe.PTTL(ctx, s.key(d))
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return 0, false, fmt.Errorf("%w: %w", errSessionsDown, err)
	}
	account, err := stored.Int64()
	if errors.Is(err, redis.Nil) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("%w: %w", errSessionsDown, err)
	}
	binary.LittleEndian.PutUint64(room[:], uint64(account))
	// now was before the time left was read, so that it never expires late.
	s.near.Sessions.Put(d.near(), 0, epoch, now.Add(min(nearTTL, left.Val())), room[:])
	return account, true, nil
}

// memorySessions are sessions that this worker alone knows. All live equally long, so the
// oldest expires first.
type memorySessions struct {
	now func() time.Time

	mu    sync.Mutex
	of    map[digest]memorySession
	queue []digest // oldest first
}

type memorySession struct {
	account int64
	expires time.Time
}

func newMemorySessions(now func() time.Time) *memorySessions {
	return &memorySessions{now: now, of: map[digest]memorySession{}}
}

func (s *memorySessions) put(_ context.Context, d digest, account int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for len(s.queue) > 0 && (len(s.queue) >= maxSessions || !now.Before(s.of[s.queue[0]].expires)) {
		delete(s.of, s.queue[0])
		s.queue = s.queue[1:]
	}
	s.of[d] = memorySession{account, now.Add(sessionTTL)}
	s.queue = append(s.queue, d)
	return nil
}

func (s *memorySessions) get(_ context.Context, d digest) (int64, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.of[d]
	return found.account, ok && s.now().Before(found.expires), nil
}
