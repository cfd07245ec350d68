package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/tunnel"
)

// session is one connection to a database that has signed in.
type session interface {
	// row returns the first row of a query as texts.
	row(ctx context.Context, query string) ([]string, error)
	// read reads one row of a table, or of any table that it finds when the name is empty, and returns
	// the table's name; opened is called when the server has begun to answer. A database without a
	// table is no error.
	read(ctx context.Context, table string, opened func()) (string, error)
	// state asks what the server tells of itself and the login; what it refuses to tell is left out.
	state(ctx context.Context) (integration.ServerState, error)
	close(ctx context.Context)
}

// errNoRow means that a query that must answer one row answered none.
var errNoRow = errors.New("no row")

const (
	attempts = 3           // tables that are tried where none is named: a login may see one that it cannot read
	longLag  = time.Minute // of a replica, beyond which reports visibly miss what was sold
)

// driver opens sessions of one kind of database.
type driver interface {
	open(ctx context.Context, l login, c *connecting, encryption *tls.Config) (session, error)
	// code returns the server's own error code and words, "" when err is none of the server's.
	code(err error) (code, words string)
	port() string
}

// drivers are the kinds of databases by their name in the catalog.
var drivers = map[string]driver{"postgresql": postgresql{}, "mysql": mysqlDriver{}, "sqlserver": sqlServer{}, "mongodb": mongoDB{}}

// database runs a database probe: one connection, one query, one row of a table, what the server
// tells of itself, closed.
func (p *Prober) database(ctx context.Context, t *Target, e *integration.Evidence) {
	d, ok := drivers[t.Provider.Probe.SQL.Driver]
	if !ok {
		return // no rule matches what was not tried; the catalog's check rules it out
	}
	l, err := loginOf(t, d)
	e.Host = net.JoinHostPort(l.host, l.port)
	if l.password == "" && t.wants("password") || err != nil {
		withoutSecret(e)
		return
	}
	seen := &trace{now: p.Now}
	dial, release, err := p.lead(ctx, t, e, seen)
	if err != nil {
		stoppedInTunnel(e, seen, err)
		return
	}
	defer release()
	s, c, err := p.signIn(ctx, d, l, dial, seen)
	if err != nil {
		p.stopped(t, e, d, seen, err)
		return
	}
	err = p.query(ctx, t, e, s, d, seen)
	leave(ctx, s, err)
	if err != nil {
		p.stopped(t, e, d, seen, c.explained(err, d))
		return
	}
	e.Party, e.Stage = integration.PartyDatabase, integration.StageDone
	if !e.Server.PasswordEnds.IsZero() {
		e.Facts.ExpiresAt = e.Server.PasswordEnds
	}
	e.Steps = seen.ended()
}

// The longest ends of a session: a server that does not answer is not waited for.
const (
	closing = 300 * time.Millisecond
	cutting = 50 * time.Millisecond
)

// leave ends a session in good order, or at once where something went wrong.
func leave(ctx context.Context, s session, failed error) {
	limit := closing
	if failed != nil {
		limit = cutting
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	s.close(ctx)
}

// signIn connects and signs in, offering the password once. Where encryption is only preferred, a
// server that has none is connected to again without.
func (p *Prober) signIn(ctx context.Context, d driver, l login, dial tunnel.DialFunc, seen *trace) (session, *connecting, error) {
	for _, encryption := range p.encryptions(l) {
		c := &connecting{dial: dial, resolver: p.Resolver, seen: seen, encrypted: encryption != nil}
		s, err := p.attempt(ctx, d, l, c, encryption)
		if err == nil || l.tls != tlsPrefer || !c.refusedTLS(err, d) {
			return s, c, err
		}
		seen.again()
	}
	return nil, nil, errNoTLS
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
	if err == nil {
		return s, nil
	}
	if code, _ := d.code(err); code == "" && c.failure() != nil {
		err = c.failure() // the drivers hide why a connection did not come about
	}
	if _, fault := Network(err); fault == integration.NetworkOther && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = errors.Join(ctx.Err(), err) // a driver that was stopped may call it a cancellation
	}
	return nil, err
}

// query makes the query, reads a row of the table that the settings name, or of any, and asks what
// else the server tells.
func (p *Prober) query(ctx context.Context, t *Target, e *integration.Evidence, s session, d driver, seen *trace) error {
	seen.move(integration.StageDatabase)
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
	seen.move(integration.StagePermission)
	before := p.remembered(t)
	table, _ := t.value(t.Provider.Probe.SQL.TableSetting, false)
	found, err := s.read(ctx, first(table, before.table), func() { seen.move(integration.StageRequest) })
	if code, _ := d.code(err); code != "" && table == "" && before.table != "" {
		seen.move(integration.StagePermission) // the table that was found the last time is not the login's only one
		found, err = s.read(ctx, "", func() { seen.move(integration.StageRequest) })
	}
	if err != nil {
		return err
	}
	seen.move(integration.StageRequest)
	if !before.at.IsZero() {
		e.Server = before.state
		return nil
	}
	if err := p.state(ctx, t, e, s, seen); err != nil {
		return err
	}
	p.remember(t, told{table: found, state: e.Server, at: p.Now()})
	return nil
}

// told is what an earlier check learned beside its proof. It costs more than the proof and changes
// seldom, so one process asks once an hour.
type told struct {
	table string // one that could be read, where the settings name none
	state integration.ServerState
	at    time.Time
}

// toldFor is how long it is believed.
const toldFor = time.Hour

// toldKey names whose it is: other settings or another login may see other things.
func toldKey(t *Target) string {
	if t.Integration.ID == "" {
		return ""
	}
	settings := make([]string, 0, len(t.Integration.Settings))
	for name, value := range t.Integration.Settings {
		settings = append(settings, name+"="+value)
	}
	slices.Sort(settings)
	return fmt.Sprintf("%s %s %d %q", t.Integration.ID, t.Grant.ID, t.Grant.Version, settings)
}

func (p *Prober) remembered(t *Target) told {
	found, _ := p.told.Load(toldKey(t))
	before, _ := found.(told)
	if age := p.Now().Sub(before.at); age < 0 || age >= toldFor || toldKey(t) == "" {
		return told{}
	}
	return before
}

func (p *Prober) remember(t *Target, now told) {
	if toldKey(t) != "" {
		p.told.Store(toldKey(t), now)
	}
}

// state notes whether the login could change something and how far a replica lags.
func (p *Prober) state(ctx context.Context, t *Target, e *integration.Evidence, s session, seen *trace) error {
	seen.move(integration.StageReadOnly)
	state, err := s.state(ctx)
	if err != nil {
		return err
	}
	state.Version = printable(scrub(state.Version, t), maxName)
	e.Server = state
	if state.Writable {
		seen.warn()
	}
	if state.Replica {
		seen.move(integration.StageReplica)
		if state.LagKnown && state.Lag > longLag {
			seen.warn()
		}
	}
	return nil
}

// stopped is the evidence of a database probe that did not reach its proof.
func (p *Prober) stopped(t *Target, e *integration.Evidence, d driver, seen *trace, err error) {
	code, words := d.code(err)
	if code == "" && stoppedInTunnel(e, seen, err) {
		return
	}
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
	if meant, ok, shown := catalog.Match(t.Provider.Answers, "driver", t.Grant.Method, 0, nil, []byte(words), code); ok {
		e.Meaning, e.Unconfirmed = meant.Meaning, meant.Unconfirmed
		e.VendorCode = printable(shown, maxCode)
	}
	seen.refused(e.Meaning)
	e.Stage, e.Steps = seen.stopped(integration.StageSignIn)
}

// refused moves on to the stage that a server's refusal is about: a login that is asked for a
// database it cannot have was let in before, and the drivers do not always tell when a server
// begins to answer.
func (t *trace) refused(m integration.Meaning) {
	switch t.at() {
	case integration.StageDatabase, integration.StagePermission, integration.StageRequest, integration.StageReadOnly:
		return
	}
	t.move(integration.StageSignIn)
	if m == integration.MeaningPermissionDenied || m == integration.MeaningResourceGone {
		t.move(integration.StageDatabase)
	}
}
