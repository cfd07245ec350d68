package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"relink/backend/integration"
)

// postgresql speaks to PostgreSQL through pgx.
type postgresql struct{}

func (postgresql) port() string { return "5432" }

func (postgresql) open(ctx context.Context, l login, c *connecting, encryption *tls.Config) (session, error) {
	config, err := postgresConfig(l)
	if err != nil {
		return nil, err
	}
	config.TLSConfig = encryption
	if encryption == nil {
		config.RequireAuth = "!password" // the password never crosses the network in the clear
	}
	config.DialFunc = c.connect
	// One dial for all addresses of the name, so that the password is offered once.
	config.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, noTLS(err)
	}
	return postgresSession{conn}, nil
}

// postgresConfig takes nothing from the environment (PGPASSWORD, ~/.pgpass and their kin), except
// that pgx insists on parsing one.
func postgresConfig(l login) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig("host=localhost user=relink dbname=relink password=- sslmode=disable target_session_attrs=any")
	if err != nil {
		return nil, fmt.Errorf("prepare the connection: %w", err)
	}
	port, err := strconv.ParseUint(l.port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("the port %q: %w", l.port, err)
	}
	config.Host, config.Port = l.host, uint16(port)
	config.User, config.Password, config.Database = l.user, l.password, l.database
	config.Fallbacks, config.ConnectTimeout = nil, 0
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	config.RuntimeParams = map[string]string{
		"application_name":              "relink",
		"client_encoding":               "UTF8",  // which the simple protocol insists on, whatever the database is in
		"statement_timeout":             "10000", // milliseconds
		"default_transaction_read_only": "on",
	}
	return config, nil
}

// noTLS gives the refusal of encryption, which pgx tells as a text alone, a type.
func noTLS(err error) error {
	if strings.Contains(err.Error(), "server refused TLS connection") {
		return errors.Join(errNoTLS, err)
	}
	return err
}

func (postgresql) code(err error) (code, words string) {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code, e.Message
	}
	return "", ""
}

type postgresSession struct{ conn *pgx.Conn }

func (s postgresSession) row(ctx context.Context, query string) ([]string, error) {
	found, err := s.table(ctx, query, 1)
	if err == nil && len(found) == 0 {
		return nil, errNoRow
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// table returns the first rows of a query as texts.
func (s postgresSession) table(ctx context.Context, query string, most int) ([][]string, error) {
	answer, err := s.conn.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	var found [][]string
	for len(found) < most && answer.Next() {
		var columns []string
		for _, raw := range answer.RawValues() {
			columns = append(columns, string(raw)) // the simple protocol sends texts
		}
		found = append(found, columns)
	}
	answer.Close()
	return found, answer.Err()
}

// readableFirst lists tables, those that the login may read before the others and tables before views.
const readableFirst = `SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'v') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
ORDER BY has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT') DESC, c.relkind IN ('r', 'p') DESC LIMIT 3`

func (s postgresSession) read(ctx context.Context, table string, opened func()) (string, error) {
	names := [][]string{strings.Split(table, ".")}
	if table == "" {
		var err error
		if names, err = s.table(ctx, readableFirst, attempts); err != nil {
			return "", err
		}
	}
	return readFirst(names, func(name []string) error {
		answer, err := s.conn.Query(ctx, "SELECT 1 FROM "+pgx.Identifier(name).Sanitize()+" LIMIT 1")
		if err != nil {
			return err
		}
		defer answer.Close()
		if answer.Next() {
			opened()
		}
		answer.Close()
		return answer.Err()
	})
}

// postgresState is one row of facts: version, replica, lag in seconds, end of the password, whether
// the login could change something.
const postgresState = `SELECT current_setting('server_version'), pg_is_in_recovery(),
CASE WHEN NOT pg_is_in_recovery() THEN NULL WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END,
(SELECT extract(epoch FROM rolvaliduntil) FROM pg_catalog.pg_roles WHERE rolname = session_user AND rolvaliduntil < 'infinity'),
(SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) OR EXISTS (
SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))`

func (s postgresSession) state(ctx context.Context) (integration.ServerState, error) {
	found, err := s.table(ctx, postgresState, 1)
	if code, _ := (postgresql{}).code(err); code != "" {
		return integration.ServerState{}, nil // pools and relatives of PostgreSQL lack some of it
	}
	if err != nil || len(found) == 0 {
		return integration.ServerState{}, err
	}
	f := found[0]
	state := integration.ServerState{Version: f[0], Replica: yes(f[1]), PasswordEnds: epoch(f[3]), Writable: yes(f[4])}
	if state.Replica {
		state.Lag, state.LagKnown = lagOf(f[2])
	}
	return state, nil
}

func (s postgresSession) close(ctx context.Context) { _ = s.conn.Close(ctx) }
