// Package tunnel answers whether an SSH bastion lets this computer through to a database, and carries
// the connection there. It knows no product words.
//
// # Why
// A bastion that shows another host key than the one that was enrolled may be anybody, so nothing is
// ever sent to it: no password, no key's signature. There is no way in this package to skip that check.
// Connections are dialled inside the process, so that no port is open on this computer, and one
// tunnel serves everything behind its bastion.
package tunnel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"relink/backend/secret"
)

// DialFunc connects to an address, as net.Dialer.DialContext does.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// Bastion is an SSH server on the way to a database.
type Bastion struct {
	Host, Port, User string
	// KnownHosts are the host keys that a person enrolled, as lines of OpenSSH's known_hosts; empty
	// means that none was, and that nothing is sent.
	KnownHosts string
	Login      Login
	Via        *Bastion // a jump host before it; nil for none
}

// Address is host:port.
func (b Bastion) Address() string { return net.JoinHostPort(b.Host, b.port()) }

func (b Bastion) port() string {
	if b.Port == "" {
		return "22"
	}
	return b.Port
}

// Login is what a bastion is shown. What is empty is not offered; keys go first.
type Login struct {
	Key        secret.Text // private, PEM: OpenSSH, PKCS #1 or PKCS #8; where it is there, the agent is not asked
	Passphrase secret.Text // of Key
	Password   secret.Text
	Agent      string // the ssh-agent's socket; "" when it is not to be asked
}

// Stage is a part of the way into a tunnel, after the connection to the bastion.
type Stage string

// The stages, in their order. Behind a jump host they are passed twice.
const (
	StageHostKey Stage = "host-key"
	StageSignIn  Stage = "sign-in"
	StageForward Stage = "forward"
)

// Options are the parts of the world that a tunnel is given.
type Options struct {
	Dial DialFunc
	// Watch is told when a stage begins; nil for nobody.
	Watch func(Stage)
	// KeepAlive is how often the bastion is asked whether it is still there; 15 s when 0.
	KeepAlive time.Duration
}

func (o Options) enter(s Stage) {
	if o.Watch != nil {
		o.Watch(s)
	}
}

// clientVersion is how Relink calls itself to SSH servers (RFC 4253 section 4.2).
const clientVersion = "SSH-2.0-Relink"

// handshakeLimit is how long key exchange and sign-in may take.
const handshakeLimit = 10 * time.Second

// Tunnel is a connection to a bastion that has signed in.
type Tunnel struct {
	client *ssh.Client
	via    *Tunnel
	gone   chan struct{} // closed when the connection has ended
	once   sync.Once
}

// Open connects to the bastion, checks its host key, and signs in. The error is the dial's own, a
// *HostKeyError, a *SignInError, a *KeyError, a *ProtocolError, or says that ctx ended.
func Open(ctx context.Context, b Bastion, o Options) (*Tunnel, error) {
	keys, err := readHostKeys(b.KnownHosts, b.Address())
	if err != nil {
		return nil, err
	}
	methods, done, err := b.Login.methods(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	dial := o.Dial
	var via *Tunnel
	if b.Via != nil {
		if via, err = Open(ctx, *b.Via, o); err != nil {
			return nil, &JumpError{Host: b.Via.Address(), Err: err}
		}
		dial = via.DialContext
	}
	client, err := handshake(ctx, watched(dial, o), b.Address(), &ssh.ClientConfig{
		User: b.User, Auth: methods, HostKeyCallback: keys.believed(o), HostKeyAlgorithms: keys.algorithms(), ClientVersion: clientVersion,
	})
	if err != nil {
		if via != nil {
			_ = via.Close()
		}
		if noSharedKey(err) { // none of the enrolled kinds is there any more
			return nil, keys.problem(HostKeyChanged, "")
		}
		return nil, explained(err)
	}
	o.enter(StageForward)
	t := &Tunnel{client: client, via: via, gone: make(chan struct{})}
	go func() {
		defer close(t.gone)
		_ = client.Wait()
	}()
	go t.keepAlive(o.KeepAlive)
	return t, nil
}

// watched tells when the connection to the bastion is there.
func watched(dial DialFunc, o Options) DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err == nil {
			o.enter(StageHostKey)
		}
		return conn, err
	}
}

// handshake connects and signs in within its limit. The error is the dial's or the library's own.
func handshake(ctx context.Context, dial DialFunc, address string, config *ssh.ClientConfig) (*ssh.Client, error) {
	conn, err := dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeLimit)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	signed, channels, requests, err := ssh.NewClientConn(conn, address, config)
	if err != nil {
		_ = conn.Close()
		if ended := ctx.Err(); ended != nil {
			return nil, fmt.Errorf("sign in to the bastion: %w", ended)
		}
		return nil, err
	}
	return ssh.NewClient(signed, channels, requests), nil
}

// DialContext opens a connection from the bastion to an address, which the bastion looks up. The
// error is a *ForwardError, or says that the tunnel or ctx ended.
func (t *Tunnel) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := t.client.DialContext(ctx, network, address)
	if err == nil {
		return forwarded(conn), nil
	}
	var refused *ssh.OpenChannelError
	if errors.As(err, &refused) {
		return nil, &ForwardError{Prohibited: refused.Reason == ssh.Prohibited, Words: printable(refused.Message)}
	}
	if ended := ctx.Err(); ended != nil {
		return nil, fmt.Errorf("connect through the bastion: %w", ended)
	}
	return nil, ErrGone
}

// ErrGone means that the bastion ended the connection.
var ErrGone = errors.New("the connection to the bastion has ended")

// Done is closed when the connection to the bastion has ended.
func (t *Tunnel) Done() <-chan struct{} { return t.gone }

// Close ends the tunnel and everything in it.
func (t *Tunnel) Close() error {
	var err error
	t.once.Do(func() {
		err = t.client.Close()
		if t.via != nil {
			err = errors.Join(err, t.via.Close())
		}
	})
	<-t.gone
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// keepAlive asks the bastion now and then; one that does not answer is given up.
func (t *Tunnel) keepAlive(every time.Duration) {
	if every <= 0 {
		every = 15 * time.Second
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-t.gone:
			return
		case <-ticker.C:
		}
		answered := make(chan error, 1)
		go func() {
			_, _, err := t.client.SendRequest("keepalive@openssh.com", true, nil)
			answered <- err
		}()
		select {
		case <-answered: // a refusal is an answer; a broken connection closes gone
		case <-t.gone:
			return
		case <-time.After(every):
			_ = t.client.Close()
		}
	}
}

// methods are the ways of signing in that are at hand; done must be called after the sign-in.
func (l Login) methods(ctx context.Context) (methods []ssh.AuthMethod, done func(), err error) {
	done = func() {}
	switch {
	case !l.Key.Empty():
		signer, err := signerOf(l.Key, l.Passphrase)
		if err != nil {
			return nil, nil, err
		}
		methods = append(methods, ssh.PublicKeys(signer))
	case l.Agent != "":
		var method ssh.AuthMethod
		method, done = agentKeys(ctx, l.Agent)
		methods = append(methods, method)
	}
	if !l.Password.Empty() {
		methods = append(methods, ssh.Password(l.Password.Reveal()), ssh.KeyboardInteractive(l.answer))
	}
	if len(methods) == 0 {
		return nil, nil, &KeyError{Problem: KeyAbsent}
	}
	return methods, done, nil
}

// answer gives the password to a server that asks for it by keyboard-interactive (RFC 4256): to one
// hidden question, and to no other.
func (l Login) answer(_, _ string, questions []string, echos []bool) ([]string, error) {
	switch {
	case len(questions) == 0:
		return nil, nil
	case len(questions) == 1 && !echos[0]:
		return []string{l.Password.Reveal()}, nil
	}
	return nil, errors.New("the bastion asks more than the password")
}

// explained gives the library's errors a type. The library has none for a refused sign-in.
func explained(err error) error {
	var (
		host        *HostKeyError
		key         *KeyError
		forward     *ForwardError
		negotiation *ssh.AlgorithmNegotiationError
		network     net.Error
	)
	words := printable(strings.TrimPrefix(err.Error(), "ssh: handshake failed: "))
	switch {
	case errors.As(err, &host):
		return host
	case errors.As(err, &key):
		return key
	case errors.As(err, &forward), errors.Is(err, ErrGone), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &negotiation):
		return &ProtocolError{Words: words, cause: err}
	case strings.Contains(words, "unable to authenticate"), strings.Contains(words, "Too many authentication failures"):
		return &SignInError{Words: words}
	case errors.As(err, &network), errors.Is(err, net.ErrClosed), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return err
	}
	return &ProtocolError{Words: words, cause: err}
}
