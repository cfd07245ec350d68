package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"syscall"
	"time"
)

// The sizes of an answer that are read.
const (
	maxBody   = 1 << 20
	maxHeader = 64 << 10
)

// errProxy means that the proxy did not open the way.
var errProxy = errors.New("the proxy refused")

// transport is an HTTP transport that dials what it may and nothing else.
type transport struct {
	*http.Transport
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
	resolver *net.Resolver
	reach    reach
	proxies  sync.Map // host:port of proxies that the environment named: they may stand anywhere
}

// newTransport returns a transport with a deadline for each phase. Redirects, cookies and Referer
// do not exist at this level.
func newTransport(o Options, r reach) *transport {
	t := &transport{resolver: o.Resolver, reach: r, dial: dialer(o, r).DialContext}
	toProxy := dialer(o, anyOwn).DialContext
	t.Transport = &http.Transport{
		Proxy: func(req *http.Request) (*url.URL, error) { return t.proxy(req, o.Proxy) },
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if _, ok := t.proxies.Load(address); ok {
				return toProxy(ctx, network, address)
			}
			return t.dial(ctx, network, address)
		},
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
			if answer.StatusCode != http.StatusOK {
				return errProxy
			}
			return nil
		},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots},
		TLSHandshakeTimeout:    o.Limits.TLS,
		ResponseHeaderTimeout:  o.Limits.Header,
		MaxResponseHeaderBytes: maxHeader,
		MaxIdleConns:           512,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        90 * time.Second,
		ForceAttemptHTTP2:      true,
	}
	return t
}

// dialer decides on the address that is really dialled, after the name was looked up.
func dialer(o Options, r reach) *net.Dialer {
	return &net.Dialer{Timeout: o.Limits.Dial, Resolver: o.Resolver, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || denied(at.Addr(), r) {
			return DeniedError{Address: address}
		}
		return nil
	}}
}

// proxy asks which proxy stands in the way. A proxy dials in our place, out of sight of our dialer,
// so what must not be dialled is refused before it is asked.
func (t *transport) proxy(req *http.Request, pick func(*http.Request) (*url.URL, error)) (*url.URL, error) {
	via, err := pick(req)
	if err != nil || via == nil {
		return via, err
	}
	if err := t.askedOf(req.Context(), req.URL.Hostname()); err != nil {
		return nil, err
	}
	t.proxies.Store(withPort(via), true)
	return via, nil
}

// askedOf refuses a host that a proxy must not be asked for: one whose address is denied, or that is
// a number in a form of which nobody knows how the proxy reads it. A name that only the proxy can
// look up passes.
func (t *transport) askedOf(ctx context.Context, host string) error {
	if looksNumeric(host) {
		return DeniedError{Address: host}
	}
	if a, err := netip.ParseAddr(host); err == nil {
		if denied(a, t.reach) {
			return DeniedError{Address: host}
		}
		return nil
	}
	resolver := t.resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	found, err := resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil
	}
	for _, a := range found {
		if denied(a, t.reach) {
			return DeniedError{Address: host}
		}
	}
	return nil
}

func withPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	}
	if port == "" {
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}
