package tunnel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// Pool keeps one tunnel for each bastion and login, however many checks go through it at once, and one
// for each jump host, however many bastions stand behind it. One
// that nobody used for a while, that is old, or whose bastion went away, is opened anew when asked
// for: a check must find out whether the bastion still lets this computer in.
type Pool struct {
	options Options
	limits  PoolLimits

	mu      sync.Mutex
	tunnels map[string]*shared
	closed  bool
}

// PoolLimits are how long tunnels live. A zero one means the default.
type PoolLimits struct {
	Idle time.Duration // without a user; 30 s
	Life time.Duration // until those who come later get a new one; 10 minutes
}

// shared is one tunnel and those who use it.
type shared struct {
	opened chan struct{} // closed when tunnel or err is there
	tunnel *Tunnel
	via    func() // gives the jump host's tunnel back; nil where there is none
	err    error
	users  int
	timer  *time.Timer // closes it when idle; nil while in use
	life   *time.Timer // makes it old
}

// NewPool returns a Pool without tunnels.
func NewPool(o Options, l PoolLimits) *Pool {
	if l.Idle <= 0 {
		l.Idle = 30 * time.Second
	}
	if l.Life <= 0 {
		l.Life = 10 * time.Minute
	}
	return &Pool{options: o, limits: l, tunnels: map[string]*shared{}}
}

// Use returns a dialer that leads through the bastion, and release, which must be called once the
// connections are closed. watch is told how far it came, nil for nobody: on a tunnel that is there
// already everything is passed at once. Errors are those of Open.
func (p *Pool) Use(ctx context.Context, b Bastion, watch func(Stage)) (dial DialFunc, release func(), err error) {
	key := identity(b)
	o := p.options
	o.Watch = watch
	for {
		s, mine, err := p.claim(key)
		if err != nil {
			return nil, nil, err
		}
		if mine {
			p.open(ctx, s, b, o)
			p.begin(key, s)
		}
		select {
		case <-s.opened:
		case <-ctx.Done():
			p.release(key, s)
			return nil, nil, ctx.Err()
		}
		if s.err != nil {
			p.release(key, s)
			if !mine && gaveUp(s.err) && ctx.Err() == nil {
				continue // whoever opened it gave up; we did not
			}
			return nil, nil, s.err
		}
		select {
		case <-s.tunnel.Done(): // the bastion was restarted meanwhile
			p.forget(key, s)
			p.release(key, s)
			continue
		default:
		}
		if !mine {
			for _, stage := range []Stage{StageHostKey, StageSignIn, StageForward} {
				o.enter(stage)
			}
		}
		var once sync.Once
		return s.tunnel.DialContext, func() { once.Do(func() { p.release(key, s) }) }, nil
	}
}

// open opens a tunnel, through the one to its jump host, which it shares with others.
func (p *Pool) open(ctx context.Context, s *shared, b Bastion, o Options) {
	jump := b.Via
	if jump == nil {
		s.tunnel, s.err = Open(ctx, b, o)
		return
	}
	dial, release, err := p.Use(ctx, *jump, o.Watch)
	if err != nil {
		s.err = &JumpError{Host: jump.Address(), Err: err}
		return
	}
	b.Via, o.Dial = nil, dial
	if s.tunnel, s.err = Open(ctx, b, o); s.err != nil {
		release()
		return
	}
	s.via = release
}

func gaveUp(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
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

// begin lets those who wait for a tunnel go on. One that did not come about is nobody's.
func (p *Pool) begin(key string, s *shared) {
	p.mu.Lock()
	switch {
	case s.err != nil && p.tunnels[key] == s:
		delete(p.tunnels, key)
	case s.err == nil && !p.closed:
		s.life = time.AfterFunc(p.limits.Life, func() { p.forget(key, s) })
	}
	p.mu.Unlock()
	close(s.opened)
}

// forget makes those who come later open a new tunnel; the last of its users closes this one.
func (p *Pool) forget(key string, s *shared) {
	p.mu.Lock()
	if p.tunnels[key] == s {
		delete(p.tunnels, key)
	}
	unused := s.users == 0
	p.mu.Unlock()
	if unused {
		s.end()
	}
}

// release counts a user out. The last one starts the clock, or closes a tunnel that was forgotten.
func (p *Pool) release(key string, s *shared) {
	p.mu.Lock()
	s.users--
	unused, kept := s.users == 0, p.tunnels[key] == s
	if unused && kept {
		s.timer = time.AfterFunc(p.limits.Idle, func() { p.expire(key, s) })
	}
	p.mu.Unlock()
	if unused && !kept {
		s.end()
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

// end closes the tunnel; it may be called twice.
func (s *shared) end() {
	<-s.opened
	if s.life != nil {
		s.life.Stop()
	}
	if s.tunnel != nil {
		_ = s.tunnel.Close()
	}
	if s.via != nil {
		s.via()
	}
}

// Open is how many tunnels there are.
func (p *Pool) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.tunnels)
}

// Close ends all tunnels, also those in use; no new one is opened.
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

// believed are the host keys that count for the bastion: what is enrolled for others makes no difference.
func (b Bastion) believed() string {
	k, err := readHostKeys(b.KnownHosts, b.Address())
	if err != nil {
		return "unusable\n" + b.KnownHosts
	}
	var lines []string
	for kind, keys := range map[string][]ssh.PublicKey{"key": k.keys, "authority": k.authorities, "revoked": k.revoked} {
		for _, key := range keys {
			lines = append(lines, kind+" "+string(key.Marshal()))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// identity tells tunnels apart: who signs in where, with what, and which keys are believed. It is a
// digest, and stays in memory.
func identity(b Bastion) string {
	l := b.Login
	parts := []string{b.User, b.Address(), b.believed(), l.Key.Reveal(), l.Passphrase.Reveal(), l.Password.Reveal(), l.Agent}
	if b.Via != nil {
		parts = append(parts, identity(*b.Via))
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}
