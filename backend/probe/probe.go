// Package probe answers how far one cheap read with a grant comes, and what is said on the way. It
// reports evidence and decides nothing.
//
// # Why
// "Bad" and "could not tell" must never be mixed, so a probe has no opinion and returns no error: it
// notes the stage that it reached and the answer's documented meaning, and diagnosis concludes.
// Every connection goes through transports of its own, because a general HTTP client forwards
// custom headers with a credential to whatever host a redirect names.
package probe

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/secret"
	"relink/backend/tunnel"
)

// Limits are the longest waits of a probe, by phase. A zero one means the default.
type Limits struct {
	Dial   time.Duration // name lookup and connection, 5 s
	TLS    time.Duration // 5 s
	Header time.Duration // from the request to the answer's head, 10 s
	SSH    time.Duration // until a bastion has let us in, 15 s
	SignIn time.Duration // of a database, from the connection to the end of its sign-in, 10 s
	Whole  time.Duration // everything, 20 s
	Online time.Duration // of one look whether this computer is online, 3 s
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		limit    *time.Duration
		standard time.Duration
	}{{&l.Dial, 5 * time.Second}, {&l.TLS, 5 * time.Second}, {&l.Header, 10 * time.Second}, {&l.SSH, 15 * time.Second},
		{&l.SignIn, 10 * time.Second}, {&l.Whole, 20 * time.Second}, {&l.Online, 3 * time.Second}} {
		if *d.limit <= 0 {
			*d.limit = d.standard
		}
	}
	return l
}

// Options are the parts of the world that a Prober is given. The zero value is the real one.
type Options struct {
	Now func() time.Time
	// Transport carries HTTP probes in the place of the prober's own, which alone keeps the rules
	// about addresses and phases.
	Transport http.RoundTripper
	// Resolver looks names up; nil is the system's.
	Resolver *net.Resolver
	// Roots are the certificate authorities that are trusted; nil are the system's.
	Roots *x509.CertPool
	// AmazonRoots are trusted too, at hosts of Amazon RDS alone; nil are those that Amazon publishes.
	AmazonRoots *x509.CertPool
	// Proxy picks the proxy for a request; nil reads the environment.
	Proxy func(*http.Request) (*url.URL, error)
	// Reach connects for Online; nil dials the public address itself.
	Reach func(ctx context.Context, network, address string) (net.Conn, error)
	// Agent is the socket of the person's ssh-agent, "" for none. It is asked only where an integration says so.
	Agent  string
	Limits Limits
	// More reads more than the proof out of an answer that proved a grant, by the provider's family, or its id.
	More map[string]func(body []byte, e *integration.Evidence)
}

// Prober runs probes. It keeps connections alive between them and may be used by many goroutines.
type Prober struct {
	Options
	public *transport // for services on the internet
	own    *transport // for hosts that a person named, which may stand in the same house

	tunnels *tunnel.Pool
	pace    pace
	told    sync.Map // by toldKey: what databases told beside the proof
	amazon  func() (*x509.CertPool, error)
}

// New returns a Prober.
func New(o Options) *Prober {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Proxy == nil {
		o.Proxy = http.ProxyFromEnvironment
	}
	o.Limits = o.Limits.withDefaults()
	return &Prober{
		Options: o, public: newTransport(o, publicOnly), own: newTransport(o, anyOwn),
		tunnels: tunnel.NewPool(tunnel.Options{Dial: dialer(o, anyOwn).DialContext}, tunnel.PoolLimits{}),
		amazon:  amazonPool(o.AmazonRoots),
	}
}

// Close ends the connections and tunnels that are kept alive.
func (p *Prober) Close() {
	p.public.CloseIdleConnections()
	p.own.CloseIdleConnections()
	p.tunnels.Close()
}

// Target is what a probe is run on.
type Target struct {
	Provider    catalog.Provider
	Integration integration.Integration
	Grant       integration.Grant
	Secrets     secret.Fields
}

// value finds what a template calls name among the settings, the grant's public parts and, where
// secrets is set, its secrets. An optional setting that was left out is empty.
func (t *Target) value(name string, secrets bool) (string, bool) {
	if v, ok := t.Integration.Settings[name]; ok && v != "" {
		return v, true
	}
	if v, ok := t.Grant.Public[name]; ok && v != "" {
		return v, true
	}
	if s, ok := t.Secrets[name]; ok && secrets {
		return s.Reveal(), true
	}
	return t.fallback(name)
}

// wants says whether what is called name is a secret that a request cannot do without.
func (t *Target) wants(name string) bool {
	m, _ := t.Provider.Method(t.Grant.Method)
	for _, f := range m.Fields {
		if f.ID == name {
			return f.Secret() && !f.Optional && catalog.Asked(f, t.values())
		}
	}
	return name == "access_token"
}

// errEmptySecret means that the vault's entry lacks a secret, or has an empty one.
var errEmptySecret = errors.New("the secret is empty")

// withoutSecret is the evidence of a request that was not made, as it would offer an empty credential.
func withoutSecret(e *integration.Evidence) {
	e.Stage, e.Vault = integration.StageKeychain, integration.VaultCorrupt
}

// fallback is the default of the field called name, if there is such a field.
func (t *Target) fallback(name string) (string, bool) {
	for _, f := range t.Provider.Settings {
		if f.ID == name {
			return f.Default, true
		}
	}
	m, _ := t.Provider.Method(t.Grant.Method)
	for _, f := range m.Fields {
		if f.ID == name {
			return f.Default, true
		}
	}
	return "", false
}

// values are the settings and public parts by name, as catalog.Expand wants them.
func (t *Target) values() map[string]string {
	values := make(map[string]string, len(t.Integration.Settings)+len(t.Grant.Public)+4)
	for _, f := range t.Provider.Settings {
		values[f.ID] = f.Default
	}
	for _, from := range []map[string]string{t.Grant.Public, t.Integration.Settings} {
		for name, v := range from {
			if v != "" || values[name] == "" {
				values[name] = v
			}
		}
	}
	return values
}

// Run makes the one cheap read of the target's provider and reports what was seen. It ends within
// Limits.Whole, or when ctx does.
func (p *Prober) Run(ctx context.Context, t Target) integration.Evidence {
	ctx, cancel := context.WithTimeout(ctx, p.Limits.Whole)
	defer cancel()
	e := blank(&t)
	e.At = p.Now()
	switch {
	case t.Provider.Probe.SQL != nil:
		p.database(ctx, &t, &e)
	case t.Provider.Probe.HTTP != nil && t.Provider.Probe.HTTP.Pause > 0:
		return p.paced(ctx, &t, e)
	case t.Provider.Probe.HTTP != nil:
		p.http(ctx, &t, &e)
	}
	e.Took = p.Now().Sub(e.At)
	return e
}

// blank is the evidence before anything happened.
func blank(t *Target) integration.Evidence {
	return integration.Evidence{
		ProviderID: t.Provider.ID, Method: t.Grant.Method,
		Database: t.Provider.Database(), OwnHost: ownHost(t.Provider),
		Stage: integration.StageDNS, Vault: integration.VaultOK, Party: integration.PartyNobody,
		ExpectedAccount: t.Grant.Account, Facts: facts(t),
	}
}

// facts are what is stored about the grant. How often it was refused before, the caller knows.
func facts(t *Target) integration.GrantFacts {
	m, _ := t.Provider.Method(t.Grant.Method)
	return integration.GrantFacts{
		ObtainedAt: t.Grant.ObtainedAt, UsedAt: t.Grant.UsedAt,
		Lifetime: m.Lifetime.GrantLife(t.Grant.Public), IdleLifetime: time.Duration(m.Lifetime.Idle),
		ExpiresAt: t.Grant.ExpiresAt, AccessExpiresAt: t.Grant.AccessExpiresAt,
		Renewable: !t.Secrets["refresh_token"].Empty(),
	}
}

// ownHost says whether the host comes from the person's settings as a whole, not as a part of a
// vendor's domain.
func ownHost(p catalog.Provider) bool { return p.Database() || p.Generic || p.OwnHost }
