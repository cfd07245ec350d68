package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptrace"
	"strings"
	"sync"

	"relink/backend/catalog"
	"relink/backend/integration"
)

// login is what a database probe connects with.
type login struct {
	host, port, user, password, database string
	tls                                  tlsMode
}

// tlsMode is how a connection to a database is encrypted; the names are PostgreSQL's.
type tlsMode string

const (
	tlsDisable    tlsMode = "disable"
	tlsPrefer     tlsMode = "prefer"      // encrypted where the server offers it
	tlsRequire    tlsMode = "require"     // encrypted, whoever the server is
	tlsVerifyCA   tlsMode = "verify-ca"   // by a certificate of a known authority
	tlsVerifyFull tlsMode = "verify-full" // and for this very host
)

// session is one connection to a database that has signed in.
type session interface {
	// row returns the first row of a query as texts.
	row(ctx context.Context, query string) ([]string, error)
	// readable asks for one row of a table.
	readable(ctx context.Context, table string) error
	close(ctx context.Context)
}

// errNoRow means that a query that must answer one row answered none.
var errNoRow = errors.New("no row")

// driver opens sessions of one kind of database.
type driver interface {
	open(ctx context.Context, l login, c *connecting, encryption *tls.Config) (session, error)
	// code returns the server's own error code and words, "" when err is none of the server's.
	code(err error) (code, words string)
	port() string
}

// database runs a database probe: one connection, one query, one look at a table, closed.
func (p *Prober) database(ctx context.Context, t Target, e *integration.Evidence) {
	var d driver
	switch t.Provider.Probe.SQL.Driver {
	case "postgresql":
		d = postgresql{}
	case "mysql":
		d = mysqlDriver{}
	default:
		return // no rule matches what was not tried; the catalog's check rules it out
	}
	l := loginOf(t, d)
	e.Host = net.JoinHostPort(l.host, l.port)
	if l.password == "" && t.wants("password") {
		withoutSecret(e)
		return
	}
	seen := &trace{now: p.Now}
	s, err := p.signIn(ctx, d, l, seen)
	if err != nil {
		p.stopped(t, e, d, seen, err)
		return
	}
	defer s.close(context.WithoutCancel(ctx))
	if err := p.query(ctx, t, e, s, seen); err != nil {
		p.stopped(t, e, d, seen, err)
		return
	}
	e.Party, e.Stage = integration.PartyDatabase, integration.StageDone
	e.Steps = seen.passed(integration.StepSeen{Stage: integration.StageRequest, OK: true})
}

func loginOf(t Target, d driver) login {
	get := func(name string, secrets bool) string {
		v, _ := t.value(name, secrets)
		return v
	}
	l := login{host: strings.Trim(get("host", false), "[]"), port: get("port", false), user: get("username", false),
		password: get("password", true), database: get("database", false), tls: tlsMode(get("tls", false))}
	if l.port == "" {
		l.port = d.port()
	}
	if l.tls == "" {
		l.tls = tlsPrefer
	}
	return l
}

// signIn connects and signs in, offering the password once. Where encryption is only preferred, a
// server that has none is connected to again without.
func (p *Prober) signIn(ctx context.Context, d driver, l login, seen *trace) (session, error) {
	for _, encryption := range p.encryptions(l) {
		c := &connecting{dial: dialer(p.Options, anyOwn).DialContext, seen: seen, encrypted: encryption != nil}
		s, err := p.attempt(ctx, d, l, c, encryption)
		if err == nil || l.tls != tlsPrefer || !c.refusedTLS(err, d) {
			return s, err
		}
		seen.again()
	}
	return nil, errNoTLS
}

// errNoTLS means that the server offers no encryption.
var errNoTLS = errors.New("tls: the server offers none")

func (p *Prober) attempt(ctx context.Context, d driver, l login, c *connecting, encryption *tls.Config) (session, error) {
	ctx, cancel := context.WithTimeout(ctx, p.Limits.SignIn)
	defer cancel()
	if encryption != nil {
		encryption.VerifyConnection = c.verified(encryption.VerifyConnection)
	}
	s, err := d.open(ctx, l, c, encryption)
	if err != nil && c.failure() != nil {
		err = c.failure() // the drivers hide why a connection did not come about
	}
	return s, err
}

// encryptions are the TLS settings to try in turn; nil is none.
func (p *Prober) encryptions(l login) []*tls.Config {
	base := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: l.host, RootCAs: p.Roots}
	switch l.tls {
	case tlsDisable:
		return []*tls.Config{nil}
	case tlsVerifyFull:
		return []*tls.Config{base}
	case tlsVerifyCA:
		base.InsecureSkipVerify = true // the chain is verified below; only the name is not
		base.VerifyConnection = func(state tls.ConnectionState) error { return knownAuthority(state, p.Roots) }
		return []*tls.Config{base}
	case tlsRequire:
		base.InsecureSkipVerify = true // the person chose encryption without proof of identity
		return []*tls.Config{base}
	}
	base.InsecureSkipVerify = true // likewise: "prefer" accepts no encryption at all
	return []*tls.Config{base, nil}
}

// knownAuthority verifies the certificate's chain, whatever its name.
func knownAuthority(state tls.ConnectionState, roots *x509.CertPool) error {
	if len(state.PeerCertificates) == 0 {
		return x509.UnknownAuthorityError{}
	}
	between := x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		between.AddCert(c)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
	return err
}

// query makes the query and looks at the table that the settings name.
func (p *Prober) query(ctx context.Context, t Target, e *integration.Evidence, s session, seen *trace) error {
	seen.enter(integration.StageRequest, true)
	columns, err := s.row(ctx, t.Provider.Probe.SQL.Query)
	if err != nil {
		return err
	}
	if len(columns) > 0 {
		who := printable(scrub(columns[0], t), maxName)
		e.Account = integration.Account{ID: who, Name: who}
	}
	if len(columns) > 1 && columns[1] != "" {
		name := printable(scrub(columns[1], t), maxName)
		e.Resources = []integration.Resource{{ID: name, Name: name}}
	}
	table, _ := t.value(t.Provider.Probe.SQL.TableSetting, false)
	if t.Provider.Probe.SQL.TableSetting == "" || table == "" {
		return nil
	}
	return s.readable(ctx, table)
}

// stopped is the evidence of a database probe that did not reach its proof.
func (p *Prober) stopped(t Target, e *integration.Evidence, d driver, seen *trace, err error) {
	code, words := d.code(err)
	if code == "" {
		byKind, fault := Network(err)
		e.Stage, e.Steps = seen.stopped(byKind)
		e.Network = fault
		switch {
		case fault == integration.NetworkOther: // what came back was no answer of such a database
			e.Network, e.Malformed = integration.NetworkNone, true
		case fault == integration.NetworkReset && e.Stage == integration.StageTLS:
			e.Network = integration.NetworkTLSOther
		}
		return
	}
	e.Party, e.VendorCode = integration.PartyDatabase, printable(code, maxCode)
	e.Excerpt = excerpt([]byte(words), t)
	if meant, ok, shown := catalog.Match(t.Provider.Answers, "driver", 0, nil, []byte(words), code); ok {
		e.Meaning, e.Unconfirmed = meant.Meaning, meant.Unconfirmed
		e.VendorCode = printable(shown, maxCode)
	}
	reached := integration.StageSignIn
	if seen.connected() {
		reached = integration.StageRequest
		if e.Meaning == integration.MeaningPermissionDenied || e.Meaning == integration.MeaningResourceGone {
			reached = integration.StagePermission
		}
	}
	_, e.Steps = seen.stopped(reached)
	e.Steps[len(e.Steps)-1].Stage = reached
	e.Stage = reached
}

// connecting watches one connection come about, from below the driver.
type connecting struct {
	dial      func(ctx context.Context, network, address string) (net.Conn, error)
	seen      *trace
	encrypted bool

	mu     sync.Mutex
	dialed bool
	shook  bool  // the TLS handshake went well
	failed error // of the dial or of the verification
}

// connect dials for the driver.
func (c *connecting) connect(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := c.dial(httptrace.WithClientTrace(ctx, c.seen.hooks()), network, address)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.failed = err
		return nil, err
	}
	c.dialed = true
	if c.encrypted {
		c.seen.enter(integration.StageTLS, true)
	} else {
		c.seen.enter(integration.StageSignIn, true)
	}
	return conn, nil
}

// verified wraps the check that ends a TLS handshake.
func (c *connecting) verified(check func(tls.ConnectionState) error) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		if check != nil {
			if err := check(state); err != nil {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.failed = &tls.CertificateVerificationError{UnverifiedCertificates: state.PeerCertificates, Err: err}
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
