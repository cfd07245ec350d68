package probe_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	neturl "net/url"
	"testing"

	"relink/backend/integration"
	"relink/backend/probe"
)

// reaching sends every dial to the address.
func reaching(address string) func(*probe.Options) {
	return func(o *probe.Options) {
		o.Reach = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}
	}
}

func TestN10OnlineIsAskedOfUnrelatedHosts(t *testing.T) {
	a := newAuthority(t)
	named := func(names ...string) tls.Certificate {
		return a.issue(t, func(c *x509.Certificate) { c.DNSNames = names })
	}
	well := secured(t, &tls.Config{Certificates: []tls.Certificate{named("one.example", "two.example", "three.example")}}, json(200, `{}`)).Listener.Addr().String()
	portal := secured(t, &tls.Config{Certificates: []tls.Certificate{named("portal.example")}}, json(200, `{}`)).Listener.Addr().String()
	strangers := newAuthority(t)
	inspected := secured(t, &tls.Config{Certificates: []tls.Certificate{strangers.issue(t, func(c *x509.Certificate) { c.DNSNames = []string{"one.example", "two.example", "three.example"} })}}, json(200, `{}`)).Listener.Addr().String()
	hosts := []string{"one.example", "two.example", "three.example"}
	for _, c := range []struct {
		name   string
		change func(*probe.Options)
		hosts  []string
		want   integration.Online
	}{
		{"all answer", reaching(well), hosts, integration.OnlineYes},
		{"one answers", func(o *probe.Options) {
			o.Reach = func(ctx context.Context, network, address string) (net.Conn, error) {
				if address == "two.example:443" {
					return (&net.Dialer{}).DialContext(ctx, network, well)
				}
				return nil, &net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}
			}
		}, hosts, integration.OnlineYes},
		{"none can be dialled", reaching("127.0.0.1:1"), hosts, integration.OnlineNo},
		{"connections that say nothing", reaching(listening(t, silent)), hosts, integration.OnlineNo},
		{"somebody else answers", reaching(portal), hosts, integration.OnlineCaptive},
		{"a program inspects the connections", reaching(inspected), hosts, integration.OnlineYes},
		{"no hosts", reaching(well), nil, integration.OnlineUnasked},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := newProber(t, within(limits), trusting(a.pool), c.change).Online(context.Background(), c.hosts); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestN10OnlineGoesThroughTheProxy(t *testing.T) {
	s := answering(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	via, _ := neturl.Parse(s.URL)
	proxied := func(o *probe.Options) { o.Proxy = func(*http.Request) (*url, error) { return via, nil } }
	if got := newProber(t, within(limits), proxied).Online(context.Background(), []string{"api.invalid"}); got != integration.OnlineNo {
		t.Errorf("%q", got)
	}
}
