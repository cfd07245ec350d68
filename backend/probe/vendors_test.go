package probe_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	neturl "net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"relink/backend/catalog"
	"relink/backend/diagnosis"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/probe"
	"relink/backend/secret"
)

// vendors is the internet as far as a test needs it: a proxy that leads every https address to one
// server on loopback, which has a certificate for whatever host is asked for. The product is told of
// it by what a person may set as well: a proxy, and a certificate authority.
type vendors struct {
	proxy *url
	roots *x509.CertPool

	mu     sync.Mutex
	answer catalog.Case
	asked  []string // hosts
}

func newVendors(t testing.TB) *vendors {
	t.Helper()
	ca := newAuthority(t)
	v := &vendors{roots: ca.pool}
	arrived := make(chan net.Conn)
	behind := &inside{conns: arrived, done: make(chan struct{})}
	var certificates sync.Map
	server := &http.Server{Handler: http.HandlerFunc(v.serve), ErrorLog: quiet, TLSConfig: &tls.Config{
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if c, ok := certificates.Load(hello.ServerName); ok {
				return c.(*tls.Certificate), nil
			}
			c := ca.issue(t, func(c *x509.Certificate) { c.DNSNames = []string{hello.ServerName} })
			certificates.Store(hello.ServerName, &c)
			return &c, nil
		},
	}}
	go func() { _ = server.ServeTLS(behind, "", "") }()
	front := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
		arrived <- tunnelled{conn, buffered.Reader}
	})
	t.Cleanup(func() { close(behind.done); _ = server.Close() })
	v.proxy, _ = neturl.Parse(front.URL)
	return v
}

// inside is a listener for connections that came through the proxy.
type inside struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *inside) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *inside) Close() error   { return nil }
func (p *inside) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// tunnelled is a connection whose first bytes may have been read already.
type tunnelled struct {
	net.Conn
	early *bufio.Reader
}

func (t tunnelled) Read(b []byte) (int, error) { return t.early.Read(b) }

func (v *vendors) serve(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked = append(v.asked, r.Host)
	for name, value := range v.answer.Headers {
		w.Header().Set(name, value)
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasPrefix(strings.TrimSpace(v.answer.Body), "<") {
			w.Header().Set("Content-Type", "text/html")
		}
	}
	status := v.answer.Status
	if status == 0 {
		status = http.StatusOK
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, v.answer.Body)
}

func (v *vendors) play(c catalog.Case) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.answer, v.asked = c, nil
}

func (v *vendors) hosts() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.asked)
}

func (v *vendors) via(*http.Request) (*url, error) { return v.proxy, nil }

// filled is an integration of the provider with plausible values in every field, by the given method.
func filled(p catalog.Provider, m catalog.Method, now time.Time) probe.Target {
	t := probe.Target{
		Integration: integration.Integration{ID: "int_1", ProviderID: p.ID, Settings: map[string]string{}},
		Grant: integration.Grant{ID: "grt_1", ProviderID: p.ID, Method: m.Kind, Version: 1, Public: map[string]string{},
			ObtainedAt: now.Add(-2 * time.Hour), UsedAt: now.Add(-time.Hour), RenewedAt: now.Add(-time.Hour)},
		Secrets: secret.Fields{"access_token": secret.New(canary)},
	}
	if m.OAuth != nil {
		t.Secrets["refresh_token"] = secret.New(canary + "-refresh")
		for name := range m.OAuth.Captured {
			t.Grant.Public[name] = "1234567890"
			if p.Probe.HTTP != nil && strings.HasPrefix(p.Probe.HTTP.URL, "{"+name+"}") && len(p.Probe.HTTP.Hosts) > 0 {
				t.Grant.Public[name] = "https://" + strings.Replace(p.Probe.HTTP.Hosts[0], "*", "eu1", 1)
			}
		}
	}
	for _, f := range p.Settings {
		t.Integration.Settings[f.ID] = plausible(f)
	}
	for _, f := range m.Fields {
		if f.Secret() {
			t.Secrets[f.ID] = secret.New(canary)
		} else {
			t.Grant.Public[f.ID] = plausible(f)
		}
	}
	return t
}

func plausible(f integration.Field) string {
	switch {
	case f.Default != "":
		return f.Default
	case f.Example != "":
		return f.Example
	case f.Optional:
		return ""
	case f.Kind == integration.FieldURL:
		return "https://shop.example.com"
	case f.Kind == integration.FieldHost:
		return "shop.example.com"
	case f.Kind == integration.FieldChoice && len(f.Choices) > 0:
		return f.Choices[0]
	}
	return "12345"
}

// played is what Relink says about one contract case, over the whole way: the vendor's host, TLS, the
// request, the answer's meaning, the verdict; false for a case that no request leads to.
func (v *vendors) played(t testing.TB, p catalog.Provider, k catalog.Case, refusals int) (integration.Evidence, bool) {
	t.Helper()
	now := time.Now()
	for _, m := range p.Methods {
		if k.Method != "" && k.Method != m.Kind {
			continue
		}
		on := filled(p, m, now)
		resolved, err := p.For(on.Integration.Settings)
		if err != nil {
			t.Fatalf("%s: the examples of its own settings are refused: %v", p.ID, err)
		}
		on.Provider = resolved
		var e integration.Evidence
		switch {
		case k.At == "api" && p.Probe.HTTP != nil && m.OAuth1 == nil:
			v.play(k)
			prober := newProber(t, trusting(v.roots), lookingUp(resolver(t, failing(dnsmessage.RCodeNameError))), func(o *probe.Options) { o.Proxy = v.via })
			e = prober.Run(context.Background(), on)
		case k.At == "token" && m.OAuth != nil:
			v.play(k)
			resolvedMethod, _ := resolved.Method(m.Kind)
			transport := &http.Transport{Proxy: v.via, TLSClientConfig: &tls.Config{RootCAs: v.roots}, DisableKeepAlives: true}
			exchange := oauth.NewExchange(transport, time.Now)
			_, err := exchange.Refresh(context.Background(), grant.Server(*resolvedMethod.OAuth), grant.Client(on.Grant.Public, on.Secrets), on.Secrets["refresh_token"])
			if err == nil {
				return integration.Evidence{Stage: integration.StageDone, Vault: integration.VaultOK}, true
			}
			e = probe.FromTokenError(err, resolved, m.Kind)
		case k.At == "token" && m.Trade != nil:
			v.play(k)
			transport := &http.Transport{Proxy: v.via, TLSClientConfig: &tls.Config{RootCAs: v.roots}, DisableKeepAlives: true}
			use := grant.Use{Provider: p, Settings: on.Integration.Settings}
			_, err := grant.Obtain(context.Background(), oauth.NewExchange(transport, time.Now), use, grant.Held{Grant: on.Grant, Secrets: on.Secrets})
			if err == nil {
				return integration.Evidence{Stage: integration.StageDone, Vault: integration.VaultOK}, true
			}
			e = probe.FromTokenError(err, resolved, m.Kind)
		default:
			continue
		}
		e.Method, e.Online, e.At = m.Kind, integration.OnlineYes, now
		e.Facts = integration.GrantFacts{ObtainedAt: on.Grant.ObtainedAt, UsedAt: on.Grant.UsedAt, RefusedInARow: refusals, RefusedAt: now.Add(-25 * time.Hour)}
		return e, true
	}
	return integration.Evidence{}, false
}

// rightCauses are the causes that may be told for an answer of this meaning. It is written down here
// a second time, from the design and not from the rules.
var rightCauses = map[integration.Meaning][]integration.Cause{
	integration.MeaningCredentialDead:    {integration.CauseUnknown, integration.CauseExpired, integration.CauseAccountChange},
	integration.MeaningCredentialExpired: {integration.CauseExpired},
	integration.MeaningCredentialRevoked: {integration.CauseAccountChange},
	integration.MeaningAccessExpired:     {integration.CauseExpired},
	integration.MeaningPasswordExpired:   {integration.CauseExpired},
	integration.MeaningLoginRefused:      {integration.CauseAccountChange},
	integration.MeaningAccountDisabled:   {integration.CauseAccountChange},
	integration.MeaningScopeMissing:      {integration.CauseAccountChange},
	integration.MeaningPermissionDenied:  {integration.CauseAccountChange},
	integration.MeaningResourceGone:      {integration.CauseAccountChange},
	integration.MeaningClientInvalid:     {integration.CauseOAuthApp},
	integration.MeaningAppBlocked:        {integration.CauseOAuthApp},
	integration.MeaningAddressNotAllowed: {integration.CauseThisComputer},
	// One answer for two causes: without a change of this computer's address nothing tells them apart (design, section 5).
	integration.MeaningKeyOrAddress:     {integration.CauseUnknown, integration.CauseThisComputer},
	integration.MeaningTLSRequired:      {integration.CauseAccountChange},
	integration.MeaningRateLimited:      {integration.CauseThirdParty},
	integration.MeaningServiceDown:      {integration.CauseThirdParty},
	integration.MeaningConnectionLimit:  {integration.CauseThirdParty},
	integration.MeaningRequestOutdated:  {integration.CauseUnknown},
	integration.MeaningNoCredentialSent: {integration.CauseThisComputer},
}

// harm says what would hurt a person: an outage that asks for a login, or a dead grant that looks well.
func harm(k catalog.Case, f integration.Finding) string {
	m := k.Want.Meaning
	outage := m == integration.MeaningServiceDown || m == integration.MeaningRateLimited || m == integration.MeaningConnectionLimit ||
		m == integration.MeaningNone && (k.Status >= 500 || k.Status == http.StatusTooManyRequests)
	proven := m == integration.MeaningNone && k.Want.Proof != nil && *k.Want.Proof
	switch {
	case outage && (f.Status == integration.StatusNeedsReauthorization || f.Latch || f.Definitive):
		return "an outage asks for a login"
	case !proven && f.OK():
		return "what is broken looks well"
	case proven && !f.OK():
		return "what works looks broken"
	}
	return ""
}

func TestD5ContractCasesReachTheRightCauseThroughTheRealStack(t *testing.T) {
	v := newVendors(t)
	c, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	played, right := 0, 0
	var wrong []string
	for _, p := range c.All() {
		contract, err := catalog.Contract(p.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range contract {
			refusals := 0
			if k.Unconfirmed {
				refusals = 3 // what nobody saw is believed when it comes again and again
			}
			e, ok := v.played(t, p, k, refusals)
			if !ok {
				continue
			}
			played++
			f := diagnosis.Of(e)
			name := fmt.Sprintf("%s: %s: %s %d", p.ID, k.Name, k.At, k.Status)
			if bad := harm(k, f); bad != "" {
				t.Errorf("%s: %s (rule %s, status %s)", name, bad, f.Rule, f.Status)
			}
			want := rightCauses[k.Want.Meaning]
			if k.Want.Meaning == integration.MeaningNone || slices.Contains(want, f.Cause) {
				right++
			} else {
				wrong = append(wrong, fmt.Sprintf("%s: rule %s says %s, want one of %v (%s, network %q)", name, f.Rule, f.Cause, want, k.Want.Meaning, e.Network))
			}
		}
	}
	t.Logf("%d cases over the wire, %d with the right cause", played, right)
	if right*100 < played*95 || played == 0 {
		t.Errorf("%d of %d cases have the right cause, want 95 %%:\n%s", right, played, strings.Join(wrong, "\n"))
	} else if len(wrong) > 0 {
		t.Logf("not right:\n%s", strings.Join(wrong, "\n"))
	}
}

func TestProbesMakeOneRequestToTheHostThatTheCatalogNames(t *testing.T) {
	v := newVendors(t)
	c, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.All() {
		e, ok := v.played(t, p, catalog.Case{At: "api", Status: http.StatusOK, Body: "{}"}, 0)
		if !ok {
			continue // a database, or a provider whose requests are all signed
		}
		if hosts := v.hosts(); len(hosts) != 1 || hosts[0] != e.Host {
			t.Errorf("%s: asked %v for an answer without proof, want %s once", p.ID, hosts, e.Host)
		}
		if resolved, _ := p.For(filled(p, p.Methods[0], time.Now()).Integration.Settings); e.Stage == integration.StageDone && resolved.Probe.HTTP.Proof != "-" {
			t.Errorf("%s: an empty object passes for its proof", p.ID)
		}
	}
}
