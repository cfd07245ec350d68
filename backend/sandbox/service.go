package sandbox

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Service is one third party: an OAuth server and an API on a port of its own, with the switches of
// switches.go.
type Service struct {
	seed     Seed
	now      func() time.Time
	book     *book
	oauth    *oauthServer
	clientID string

	tokenRequests, apiRequests atomic.Int64

	mu      sync.Mutex
	secret  string // of the client
	address string
	server  *http.Server // nil while down
	served  chan struct{}
	faults  map[Part]fault
	issued  map[string]bool // see Secrets
}

func newService(seed Seed, o Options) (*Service, error) {
	s := &Service{
		seed:     seed,
		now:      o.Now,
		book:     newBook(seed, o),
		clientID: seed.ID + "-client",
		secret:   "cs_" + rand.Text(),
		faults:   map[Part]fault{},
		issued:   map[string]bool{},
	}
	var err error
	if s.oauth, err = newOAuthServer(s); err != nil {
		return nil, err
	}
	return s, nil
}

// listen opens the service at the address, and keeps its port for the next time.
func (s *Service) listen(address string) error {
	l, err := net.Listen("tcp4", address)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", address, err)
	}
	server := &http.Server{Handler: s.routes(), ReadHeaderTimeout: 5 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	served := make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.address, s.server, s.served = l.Addr().String(), server, served
	go func() {
		defer close(served)
		_ = server.Serve(l) // ends with Down
	}()
	return nil
}

func (s *Service) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", s.oauth.authorize)
	mux.HandleFunc("POST /authorize", s.oauth.decide)
	mux.Handle("POST /token", s.behind(Token, &s.tokenRequests, s.witnessed(s.oauth.token)))
	mux.Handle("POST /revoke", s.behind(Token, nil, s.oauth.revoke))
	mux.Handle("POST /signed/request", s.behind(Token, &s.tokenRequests, s.signedRequest))
	mux.Handle("POST /login", s.behind(Token, &s.tokenRequests, s.login))
	mux.Handle("POST /login/code", s.behind(Token, &s.tokenRequests, s.loginWithCode))
	mux.HandleFunc("GET /signed/authorize", s.signedConsent)
	mux.Handle("POST /signed/access", s.behind(Token, &s.tokenRequests, s.signedAccess))
	mux.Handle("GET /signed/orders", s.behind(API, &s.apiRequests, s.signed(s.orders)))
	mux.Handle("GET /api/me", s.behind(API, &s.apiRequests, s.bearer(ScopeProfile, s.me)))
	mux.Handle("GET /api/orders", s.behind(API, &s.apiRequests, s.bearer(ScopeOrders, s.orders)))
	mux.Handle("GET /key/me", s.behind(API, &s.apiRequests, s.keyed(ScopeOrders, s.orders)))
	return mux
}

// Name is the service's name for people.
func (s *Service) Name() string { return s.seed.Name }

// ProviderID is the id of its provider.
func (s *Service) ProviderID() string { return s.seed.ID }

// Host is the service's address and port.
func (s *Service) Host() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.address
}

// URL is the root of the service, without a slash at its end.
func (s *Service) URL() string { return "http://" + s.Host() }

// Client returns the OAuth client that is registered here.
func (s *Service) Client() (id, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clientID, s.secret
}

// APIKey returns the newest key that works, or the last one that did.
func (s *Service) APIKey() string { return s.book.lastKey() }

// NewAPIKey makes a key for the account of that name; the older ones stay as they are.
func (s *Service) NewAPIKey(account string) (string, error) { return s.book.newKey(account) }

// TokenRequests counts what reached the token endpoint.
func (s *Service) TokenRequests() int { return int(s.tokenRequests.Load()) }

// APIRequests counts what reached the API.
func (s *Service) APIRequests() int { return int(s.apiRequests.Load()) }

// Down makes the service refuse connections; those that are open are cut.
func (s *Service) Down() {
	s.mu.Lock()
	server, served := s.server, s.served
	s.server = nil
	s.mu.Unlock()
	if server != nil {
		_ = server.Close()
		<-served
	}
}

// Heal ends Down, Status, RateLimit, Slow and Garbage, and lets the OAuth client in again. What was
// revoked, expired or dropped stays so. The error tells that the old port was taken meanwhile.
func (s *Service) Heal() error {
	s.book.dropClient(false)
	s.mu.Lock()
	s.faults = map[Part]fault{}
	down, address := s.server == nil, s.address
	s.mu.Unlock()
	if down {
		return s.listen(address)
	}
	return nil
}

func (s *Service) account(name string) (Account, bool) {
	for _, a := range s.seed.Accounts {
		if strings.EqualFold(a.Name, name) || a.ID == name {
			return a, true
		}
	}
	return Account{}, false
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
