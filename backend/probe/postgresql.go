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
	rows, err := s.conn.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		if rows.Err() != nil {
			return nil, rows.Err()
		}
		return nil, errNoRow
	}
	var columns []string
	for _, raw := range rows.RawValues() {
		columns = append(columns, string(raw)) // the simple protocol sends texts
	}
	rows.Close()
	return columns, rows.Err()
}

func (s postgresSession) readable(ctx context.Context, table string) error {
	_, err := s.conn.Exec(ctx, "SELECT 1 FROM "+pgx.Identifier(strings.Split(table, ".")).Sanitize()+" LIMIT 1")
	return err
}

func (s postgresSession) close(ctx context.Context) { _ = s.conn.Close(ctx) }
