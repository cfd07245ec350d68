package oauth

import (
	"context"
	"net"
	"slices"
	"sync"
)

// maxConns is how many connections the receiver keeps open.
const maxConns = 16

// gate is a listener that keeps at most maxConns connections. A further one takes the place of the
// oldest that has not yet sent a whole request, so that no crowd of slow senders can keep the
// genuine redirect out.
type gate struct {
	net.Listener
	mu   sync.Mutex
	open []*gatedConn // oldest first
}

type gatedConn struct {
	net.Conn
	gate *gate
	busy bool // its request is being answered
}

type connKey struct{}

func newGate(l net.Listener) *gate { return &gate{Listener: l} }

// Accept returns the next connection, after it made room for it.
func (g *gate) Accept() (net.Conn, error) {
	c, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	conn := &gatedConn{Conn: c, gate: g}
	g.mu.Lock()
	var evicted *gatedConn
	if len(g.open) >= maxConns {
		i := max(0, slices.IndexFunc(g.open, func(c *gatedConn) bool { return !c.busy }))
		evicted = g.open[i]
		g.open = slices.Delete(g.open, i, i+1)
	}
	g.open = append(g.open, conn)
	g.mu.Unlock()
	if evicted != nil {
		_ = evicted.Conn.Close()
	}
	return conn, nil
}

// connContext lets a request find its connection.
func (g *gate) connContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// busy marks the request's connection as one that keeps its place.
func (g *gate) busy(ctx context.Context) {
	if c, ok := ctx.Value(connKey{}).(*gatedConn); ok {
		g.mu.Lock()
		c.busy = true
		g.mu.Unlock()
	}
}

// Close ends the connection and frees its place.
func (c *gatedConn) Close() error {
	c.gate.mu.Lock()
	if i := slices.Index(c.gate.open, c); i >= 0 {
		c.gate.open = slices.Delete(c.gate.open, i, i+1)
	}
	c.gate.mu.Unlock()
	return c.Conn.Close()
}
