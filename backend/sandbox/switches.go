package sandbox

import (
	"crypto/rand"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Part is a side of a service that a fault can be limited to.
type Part string

// The parts. A switch that is given none changes both.
const (
	Token Part = "token"
	API   Part = "api"
)

// Kind is a sort of unusable answer.
type Kind string

// The kinds of garbage, each with status 200.
const (
	HTML      Kind = "html"
	Truncated Kind = "truncated" // JSON that ends in the middle
	Empty     Kind = "empty"
	Huge      Kind = "huge" // 10 MB
)

type fault struct {
	status     int
	retryAfter time.Duration
	slow       time.Duration
	garbage    Kind
}

// Expire ends the life of all grants and keys given so far.
func (s *Service) Expire() { s.book.expire(true) }

// ExpireAccess ends the life of all access tokens given so far; they can be renewed.
func (s *Service) ExpireAccess() { s.book.expire(false) }

// Revoke withdraws all grants and keys given so far. A new consent works.
func (s *Service) Revoke() { s.book.revokeAll() }

// DropScope takes a scope away from all grants and keys, present and future.
func (s *Service) DropScope(scope string) { s.book.dropScope(scope, true) }

// RestoreScope gives it back.
func (s *Service) RestoreScope(scope string) { s.book.dropScope(scope, false) }

// HideShop takes a shop out of what all accounts see.
func (s *Service) HideShop(id string) { s.book.hideShop(id, true) }

// ShowShop gives it back.
func (s *Service) ShowShop(id string) { s.book.hideShop(id, false) }

// SwitchAccount makes all grants and keys act as the account of that name, and selects it in the
// consent page; "" ends that.
func (s *Service) SwitchAccount(name string) { s.book.switchAccount(name) }

// DropClient makes the server forget the OAuth client, until Heal.
func (s *Service) DropClient() { s.book.dropClient(true) }

// RotateSecret replaces the client's secret, as its owner does in the vendor's console: the old one is
// refused from now on, and every grant lives on.
func (s *Service) RotateSecret() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issued[s.secret] = true
	s.secret = "cs_" + rand.Text()
}

// KeepRefresh makes renewals answer without a new refresh token; the old one stays valid.
func (s *Service) KeepRefresh() { s.book.keepRefresh() }

// Status makes the parts answer with this status and a short JSON error.
func (s *Service) Status(status int, parts ...Part) {
	s.change(parts, func(f *fault) { f.status, f.retryAfter, f.garbage = status, 0, "" })
}

// Fail makes one path of the API answer with this status, until Heal.
func (s *Service) Fail(path string, status int) {
	s.change([]Part{Part(path)}, func(f *fault) { f.status, f.retryAfter, f.garbage = status, 0, "" })
}

// RateLimit makes the parts answer 429, with Retry-After in whole seconds.
func (s *Service) RateLimit(retryAfter time.Duration, parts ...Part) {
	s.change(parts, func(f *fault) { f.status, f.retryAfter, f.garbage = http.StatusTooManyRequests, retryAfter, "" })
}

// Slow delays the answers of the parts.
func (s *Service) Slow(d time.Duration, parts ...Part) {
	s.change(parts, func(f *fault) { f.slow = d })
}

// Garbage makes the parts answer with something unusable.
func (s *Service) Garbage(kind Kind, parts ...Part) {
	s.change(parts, func(f *fault) { f.status, f.garbage = 0, kind })
}

func (s *Service) change(parts []Part, edit func(*fault)) {
	if len(parts) == 0 {
		parts = []Part{Token, API}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, part := range parts {
		f := s.faults[part]
		edit(&f)
		s.faults[part] = f
	}
}

// behind counts a request and puts the part's fault before its answer.
func (s *Service) behind(part Part, count *atomic.Int64, serve http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if count != nil {
			count.Add(1)
		}
		s.mu.Lock()
		f := s.faults[part]
		if own, ok := s.faults[Part(r.URL.Path)]; ok {
			f = own
		}
		s.mu.Unlock()
		if f.slow > 0 {
			wait(r.Context(), f.slow)
		}
		w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
		switch {
		case f.garbage != "":
			garbage(w, f.garbage)
		case f.status == http.StatusTooManyRequests:
			if f.retryAfter > 0 {
				w.Header().Set("Retry-After", strconv.Itoa(int(f.retryAfter.Seconds())))
			}
			refuse(w, f.status, "rate_limited", "Too many requests.")
		case f.status != 0:
			refuse(w, f.status, "service_"+strconv.Itoa(f.status), http.StatusText(f.status)+".")
		default:
			serve(w, r)
		}
	})
}

func garbage(w http.ResponseWriter, kind Kind) {
	w.Header().Set("Content-Type", "application/json")
	body := ""
	switch kind {
	case HTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		body = "<!doctype html><html><head><title>Welcome</title></head><body><h1>Please sign in to the network</h1></body></html>"
	case Truncated:
		body = `{"account":{"id":"acc_1001","name":"ana@sh`
	case Huge:
		body = `{"orders":["` + strings.Repeat("x", 10<<20) + `"]}`
	}
	_, _ = w.Write([]byte(body)) // whoever asked may be gone
}
