package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"

	"relink/backend/integration"
)

// sqlServer speaks to Microsoft SQL Server and Azure SQL. Its protocol scrambles a password and does
// not hide it, so the sign-in is always encrypted.
type sqlServer struct{}

func (sqlServer) port() string { return "1433" }

func (sqlServer) open(ctx context.Context, l login, c *connecting, encryption *tls.Config) (session, error) {
	if encryption == nil {
		return nil, errNoTLS
	}
	port, err := strconv.ParseUint(l.port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("the port %q: %w", l.port, err)
	}
	visible(c, encryption)
	connector := mssql.NewConnectorConfig(msdsn.Config{
		Host: l.host, Port: port, Database: l.database, User: l.user, Password: l.password,
		Encryption: msdsn.EncryptionRequired, TLSConfig: encryption,
		AppName: "relink", Workstation: "relink", Protocols: []string{"tcp"}, DisableRetry: true, DialTimeout: -1, NoTraceID: true,
		ProtocolParameters: map[string]any{}, Parameters: map[string]string{},
	})
	bound := &bounded{by: c}
	connector.Dialer = bound
	stop := context.AfterFunc(ctx, bound.expire)
	conn, err := connector.Connect(ctx)
	if !stop() && err == nil {
		_ = conn.Close()
		err = context.Cause(ctx)
	}
	if err != nil {
		bound.expire() // the driver leaves a connection open where its answer could not be read
		return nil, sqlServerFault(err, c)
	}
	return sqlServerSession{rows{conn, func(err error) error { return sqlServerFault(err, c) }, sqlServer{}}, bound}, nil
}

// bounded dials for the driver, which asks for no context when it reads and writes.
type bounded struct {
	by   *connecting
	conn net.Conn
}

// DialContext connects.
func (b *bounded) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := b.by.connect(ctx, network, address)
	if err != nil {
		return nil, err
	}
	b.by.mu.Lock()
	defer b.by.mu.Unlock()
	b.conn = conn
	return conn, nil
}

// HostName makes the driver leave the look-up of the name to DialContext.
func (b *bounded) HostName() string { return "" }

// expire ends every read and write.
func (b *bounded) expire() {
	b.by.mu.Lock()
	defer b.by.mu.Unlock()
	if b.conn != nil {
		_ = b.conn.SetDeadline(time.Unix(1, 0))
	}
}

// sqlServerFault gives what the driver tells as a text alone the meaning that Network knows.
func sqlServerFault(err error, c *connecting) error {
	if code, _ := (sqlServer{}).code(err); code != "" {
		return err
	}
	broke := c.broken()
	switch {
	case broke != nil:
		return errors.Join(broke, err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return err
	case c.dialedAlready() && !c.secured():
		return errors.Join(errNoTLS, err)
	}
	return err
}

// code tells the first error that says more than that the login failed, with its state before the
// words: some of the reasons stand in the state alone.
func (sqlServer) code(err error) (code, words string) {
	var last mssql.Error
	if !errors.As(err, &last) {
		return "", ""
	}
	for _, e := range last.All {
		if e.Number != loginFailed && e.Class > informational {
			last = e
			break
		}
	}
	return number(last.Number), fmt.Sprintf("state %d: %s", last.State, last.Message)
}

const (
	loginFailed   = 18456
	informational = 10 // the highest class of messages that are no errors
)

// sqlServerSession sets the connection's deadline to that of each query.
type sqlServerSession struct {
	rows
	bound *bounded
}

// within runs a query that ends when ctx does.
func (s sqlServerSession) within(ctx context.Context, query func() error) error {
	stop := context.AfterFunc(ctx, s.bound.expire)
	defer stop()
	return query()
}

func (s sqlServerSession) row(ctx context.Context, query string) (columns []string, err error) {
	err = s.within(ctx, func() error {
		columns, err = s.rows.row(ctx, query)
		return err
	})
	return columns, err
}

// someTable lists tables, those that the login may read first.
const someTable = `SELECT TOP 3 s.name, o.name FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0
ORDER BY HAS_PERMS_BY_NAME(QUOTENAME(s.name) + '.' + QUOTENAME(o.name), 'OBJECT', 'SELECT') DESC, o.type`

func (s sqlServerSession) read(ctx context.Context, table string, opened func()) (found string, err error) {
	err = s.within(ctx, func() error {
		found, err = s.rows.read(ctx, table, someTable, func(name []string) string {
			return "SELECT TOP 1 1 FROM " + quoted(name, "[", "]")
		}, opened)
		return err
	})
	return found, err
}

// What the server tells of itself: version, whether the database is a readable copy, whether the
// login could change something, days until its password ends; and how far the copy is behind.
const (
	sqlServerState = `SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)), CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS nvarchar(128)),
HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'INSERT') | HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'UPDATE') | HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'DELETE') | HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'ALTER'),
CAST(LOGINPROPERTY(SUSER_SNAME(), 'DaysUntilExpiration') AS int)`
	sqlServerLag = `SELECT secondary_lag_seconds FROM sys.dm_hadr_database_replica_states WHERE database_id = DB_ID() AND is_local = 1`
)

func (s sqlServerSession) state(ctx context.Context) (state integration.ServerState, err error) {
	err = s.within(ctx, func() error {
		found, err := s.optional(ctx, sqlServerState)
		if err != nil || len(found) == 0 {
			return err
		}
		f := found[0]
		state = integration.ServerState{Version: f[0], Replica: f[1] == "READ_ONLY", Writable: f[1] != "READ_ONLY" && yes(f[2])}
		// 0 is today; no number, and less, is never (LOGINPROPERTY).
		if days, err := strconv.Atoi(f[3]); err == nil && days >= 0 {
			state.PasswordEnds = endOfDay(days, s.bound.by.seen.now())
		}
		if !state.Replica {
			return nil
		}
		lags, err := s.optional(ctx, sqlServerLag)
		if err == nil && len(lags) > 0 {
			state.Lag, state.LagKnown = lagOf(lags[0][0])
		}
		return err
	})
	return state, err
}

// endOfDay is the end of the day on which a password ends, in UTC.
func endOfDay(days int, now time.Time) time.Time {
	y, m, d := now.UTC().Date()
	return time.Date(y, m, d+days, 23, 59, 59, 0, time.UTC)
}
