package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptrace"
	"sync"

	"relink/backend/integration"
)

// connecting watches one connection come about, from below the driver.
type connecting struct {
	dial      func(ctx context.Context, network, address string) (net.Conn, error)
	resolver  *net.Resolver // nil is the system's
	seen      *trace
	encrypted bool

	mu     sync.Mutex
	dialed bool
	shook  bool   // the TLS handshake went well
	failed error  // of the dial or of the verification
	broke  error  // of the connection, which some drivers tell as a text alone
	onFail func() // ends an attempt of a driver that would try again and again; may be nil
}

// connect dials for the driver.
func (c *connecting) connect(ctx context.Context, network, address string) (net.Conn, error) {
	first := !c.dialedAlready()
	if first { // what a driver dials beside it is no stage of the check
		ctx = httptrace.WithClientTrace(ctx, c.seen.hooks())
	}
	conn, err := c.dial(ctx, network, address)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.fail(err)
		return nil, err
	}
	if c.dialed {
		return &watched{conn, c}, nil
	}
	c.dialed = true
	if c.encrypted {
		c.seen.enter(integration.StageTLS, true)
	} else {
		c.seen.enter(integration.StageSignIn, true)
	}
	return &watched{conn, c}, nil
}

// fail keeps the first failure. The lock is held.
func (c *connecting) fail(err error) {
	if c.failed == nil {
		c.failed = err
	}
	if c.onFail != nil {
		c.onFail()
	}
}

// watched is a connection that remembers why it broke.
type watched struct {
	net.Conn
	by *connecting
}

// Read remembers the error.
func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.by.brokeBy(err)
	return n, err
}

// Write remembers the error.
func (w *watched) Write(b []byte) (int, error) {
	n, err := w.Conn.Write(b)
	w.by.brokeBy(err)
	return n, err
}

func (c *connecting) brokeBy(err error) {
	if err == nil || errors.Is(err, net.ErrClosed) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broke == nil {
		c.broke = err
	}
	if c.onFail != nil {
		c.onFail()
	}
}

// endBy sets what the next failure calls.
func (c *connecting) endBy(end func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onFail = end
}

// broken is why the connection broke, nil when it did not.
func (c *connecting) broken() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.broke
}

// explained is err, with the reason why the connection broke where the driver keeps it to itself.
func (c *connecting) explained(err error, d driver) error {
	if code, _ := d.code(err); code != "" {
		return err
	}
	if _, fault := Network(err); fault == integration.NetworkOther && c.broken() != nil {
		return errors.Join(c.broken(), err)
	}
	return err
}

// dialedAlready says whether a connection came about.
func (c *connecting) dialedAlready() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dialed
}

// secured says whether a TLS handshake went well.
func (c *connecting) secured() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shook
}

// verified wraps the check that ends a TLS handshake.
func (c *connecting) verified(check func(tls.ConnectionState) error) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		if check != nil {
			if err := check(state); err != nil {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.fail(&tls.CertificateVerificationError{UnverifiedCertificates: state.PeerCertificates, Err: err})
				return err
			}
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.shook = true
		c.seen.enter(integration.StageSignIn, true)
		return nil
	}
}

func (c *connecting) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed
}

// visible makes a refused certificate known: some drivers tell of the handshake as a text, or of nothing but the time that passed.
func visible(c *connecting, encryption *tls.Config) {
	if encryption.InsecureSkipVerify {
		return // what there is to verify is verified by VerifyConnection already
	}
	then, roots, host := encryption.VerifyConnection, encryption.RootCAs, encryption.ServerName
	encryption.InsecureSkipVerify = true // the chain and the name are verified below
	encryption.VerifyConnection = func(state tls.ConnectionState) error {
		name := host
		if state.ServerName != "" {
			name = state.ServerName // Azure sends a login on to another server
		}
		if err := verified(state, x509.VerifyOptions{Roots: roots, DNSName: name}); err != nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.fail(&tls.CertificateVerificationError{UnverifiedCertificates: state.PeerCertificates, Err: err})
			return err
		}
		return then(state)
	}
}

// refusedTLS says whether the server took the connection and offered no encryption on it.
func (c *connecting) refusedTLS(err error, d driver) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if code, _ := d.code(err); code != "" || !c.encrypted || !c.dialed || c.shook {
		return false
	}
	_, fault := Network(err)
	return fault == integration.NetworkOther || fault == integration.NetworkTLSOther
}
