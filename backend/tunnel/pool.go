package tunnel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net"
	"strings"
	"sync"
	"time"
)

// Pool keeps one tunnel for each bastion and login, however many checks go through it at once. One
// that nobody used for a while, or whose bastion went away, is closed and opened again when asked for.
type Pool struct {
	options Options
	idle    time.Duration

	mu      sync.Mutex
	tunnels map[string]*shared
	closed  bool
}

// shared is one tunnel and those who use it.
type shared struct {
	opened chan struct{} // closed when tunnel or err is there
	tunnel *Tunnel
	err    error
	users  int
	timer  *time.Timer // closes it when idle; nil while in use
}

// NewPool returns a Pool whose unused tunnels live for idle; 5 minutes when 0.
func NewPool(o Options, idle time.Duration) *Pool {
	if idle <= 0 {
		idle = 5 * time.Minute
	}
	return &Pool{options: o, idle: idle, tunnels: map[string]*shared{}}
}

// Use returns a dialer that leads through the bastion, and release, which must be called once the
// connections are closed. Errors are those of Open.
func (p *Pool) Use(ctx context.Context, b Bastion) (dial DialFunc, release func(), err error) {
	key := identity(b)
	for {
		s, mine, err := p.claim(key)
		if err != nil {
			return nil, nil, err
		}
		if mine {
			s.tunnel, s.err = Open(ctx, b, p.options)
			close(s.opened)
		}
		select {
		case <-s.opened:
		case <-ctx.Done():
			p.release(key, s)
			return nil, nil, ctx.Err()
		}
		if s.err != nil {
			p.drop(key, s)
			if !mine && (errors.Is(s.err, context.Canceled) || errors.Is(s.err, context.DeadlineExceeded)) && ctx.Err() == nil {
				continue // whoever opened it gave up; we did not
			}
			return nil, nil, s.err
		}
		select {
		case <-s.tunnel.Done(): // the bastion was restarted meanwhile
			p.drop(key, s)
			continue
		default:
		}
		var once sync.Once
		return s.tunnel.DialContext, func() { once.Do(func() { p.release(key, s) }) }, nil
	}
}

// claim counts a user; mine says that this one must open it.
func (p *Pool) claim(key string) (s *shared, mine bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, false, net.ErrClosed
	}
	s, ok := p.tunnels[key]
	if !ok {
		s = &shared{opened: make(chan struct{})}
		p.tunnels[key] = s
	}
	s.users++
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	return s, !ok, nil
}

// release counts a user out; the last one starts the clock.
func (p *Pool) release(key string, s *shared) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.users--
	if s.users == 0 && s.timer == nil {
		s.timer = time.AfterFunc(p.idle, func() { p.expire(key, s) })
	}
}

// expire closes a tunnel that is still unused.
func (p *Pool) expire(key string, s *shared) {
	p.mu.Lock()
	unused := s.users == 0
	if unused && p.tunnels[key] == s {
		delete(p.tunnels, key)
	}
	p.mu.Unlock()
	if unused {
		s.end()
	}
}

// drop forgets a tunnel that did not come about or has ended.
func (p *Pool) drop(key string, s *shared) {
	p.mu.Lock()
	if p.tunnels[key] == s {
		delete(p.tunnels, key)
	}
	s.users--
	p.mu.Unlock()
	s.end()
}

func (s *shared) end() {
	<-s.opened
	if s.tunnel != nil {
		_ = s.tunnel.Close()
	}
}

// Open is how many tunnels there are.
func (p *Pool) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.tunnels)
}

// Close ends all tunnels; no new one is opened.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	ending := make([]*shared, 0, len(p.tunnels))
	for _, s := range p.tunnels {
		if s.timer != nil {
			s.timer.Stop()
		}
		ending = append(ending, s)
	}
	clear(p.tunnels)
	p.mu.Unlock()
	for _, s := range ending {
		s.end()
	}
}

// identity tells tunnels apart: who signs in where, with what, and which keys are believed. Secrets
// are in it as fingerprints alone.
func identity(b Bastion) string {
	parts := []string{b.User, b.Address(), b.KnownHosts, b.Login.Key.Fingerprint(), b.Login.Passphrase.Fingerprint(), b.Login.Password.Fingerprint()}
	if b.Login.Agent != nil {
		parts = append(parts, "agent")
	}
	if b.Via != nil {
		parts = append(parts, identity(*b.Via))
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}
