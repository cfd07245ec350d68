package probe

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"

	"relink/backend/integration"
)

// Online says whether this computer reaches any of the hosts, which should be unrelated to each
// other; the port is 443 unless a host names one. Yes: one answered. Captive: somebody answered, with
// a certificate for another name, and nobody properly. Without hosts nothing is known.
func (p *Prober) Online(ctx context.Context, hosts []string) integration.Online {
	if len(hosts) == 0 {
		return integration.OnlineUnasked
	}
	ctx, cancel := context.WithTimeout(ctx, p.Limits.Online)
	defer cancel()
	answers := make(chan integration.Online, len(hosts))
	for _, host := range hosts {
		go func() { answers <- p.reached(ctx, host) }()
	}
	verdict := integration.OnlineNo
	for range hosts {
		switch <-answers {
		case integration.OnlineYes:
			verdict = integration.OnlineYes
			cancel() // the others may stop; they are waited for all the same
		case integration.OnlineCaptive:
			if verdict == integration.OnlineNo {
				verdict = integration.OnlineCaptive
			}
		}
	}
	return verdict
}

// reached looks at one host. Behind a proxy only a request tells.
func (p *Prober) reached(ctx context.Context, host string) integration.Online {
	look := &http.Request{Method: http.MethodHead, URL: &url.URL{Scheme: "https", Host: host, Path: "/"}}
	if via, err := p.Proxy(look); err == nil && via != nil {
		return p.asked(ctx, look)
	}
	name, _, err := net.SplitHostPort(host)
	address := host
	if err != nil {
		name, address = host, net.JoinHostPort(host, "443")
	}
	dial := p.Reach
	if dial == nil {
		dial = p.public.dial
	}
	conn, err := dial(ctx, "tcp", address)
	if err != nil {
		return integration.OnlineNo
	}
	defer conn.Close()
	return p.greeted(ctx, conn, name)
}

// greeted says who stands at the other end of a connection. One that answers without TLS is somebody,
// too; one that says nothing may be a gateway that lets nobody through.
func (p *Prober) greeted(ctx context.Context, conn net.Conn, name string) integration.Online {
	if until, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(until.Add(-50 * time.Millisecond))
	}
	err := tls.Client(conn, &tls.Config{ServerName: name, RootCAs: p.Roots, MinVersion: tls.VersionTLS12}).HandshakeContext(ctx)
	switch _, fault := Network(err); fault {
	case integration.NetworkTLSName:
		return integration.OnlineCaptive
	case integration.NetworkTimeout, integration.NetworkReset:
		return integration.OnlineNo
	}
	return integration.OnlineYes
}

// asked makes a request without any credential.
func (p *Prober) asked(ctx context.Context, look *http.Request) integration.Online {
	look.Header = http.Header{"User-Agent": {"Relink"}}
	answer, err := p.public.RoundTrip(look.WithContext(ctx))
	if err == nil {
		answer.Body.Close()
		return integration.OnlineYes
	}
	if _, fault := Network(err); fault == integration.NetworkTLSName {
		return integration.OnlineCaptive
	}
	return integration.OnlineNo
}
