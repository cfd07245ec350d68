package probe

import (
	"context"
	"crypto/tls"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// mysqlDriver speaks to MySQL and MariaDB.
type mysqlDriver struct{}

func (mysqlDriver) port() string { return "3306" }

// silent keeps the driver from writing to the standard error output.
type silent struct{}

func (silent) Print(...any) {}

func (mysqlDriver) open(ctx context.Context, l login, c *connecting, encryption *tls.Config) (session, error) {
	config := mysql.NewConfig()
	config.User, config.Passwd, config.DBName = l.user, l.password, l.database
	config.Net, config.Addr = "tcp", net.JoinHostPort(l.host, l.port)
	config.DialFunc = c.connect
	config.TLS = encryption
	config.ReadTimeout, config.WriteTimeout = 10*time.Second, 10*time.Second
	config.ConnectionAttributes = "program_name:relink"
	config.MaxAllowedPacket = maxBody
	config.Logger = silent{}
	// A server may ask the client for any of its files, or for the password as it is: both are
	// refused, as they are by default; it is said here so that nobody changes it by chance.
	config.AllowAllFiles, config.AllowCleartextPasswords, config.AllowOldPasswords = false, false, false
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, fmt.Errorf("prepare the connection: %w", err)
	}
	conn, err := connector.Connect(ctx)
	if err != nil {
		return nil, mysqlFault(err)
	}
	return mysqlSession{conn}, nil
}

// mysqlFault gives the driver's own errors the meaning that Network knows.
func mysqlFault(err error) error {
	switch {
	case errors.Is(err, mysql.ErrNoTLS):
		return errors.Join(errNoTLS, err)
	case errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, sqldriver.ErrBadConn):
		return errors.Join(io.ErrUnexpectedEOF, err)
	}
	return err
}

func (mysqlDriver) code(err error) (code, words string) {
	var e *mysql.MySQLError
	if errors.As(err, &e) {
		return strconv.Itoa(int(e.Number)), e.Message
	}
	return "", ""
}

// mysqlSession uses the driver's connection without database/sql, whose pool would sign in again by itself.
type mysqlSession struct{ conn sqldriver.Conn }

func (s mysqlSession) row(ctx context.Context, query string) ([]string, error) {
	q, ok := s.conn.(sqldriver.QueryerContext)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	rows, err := q.QueryContext(ctx, query, nil)
	if err != nil {
		return nil, mysqlFault(err)
	}
	defer rows.Close()
	values := make([]sqldriver.Value, len(rows.Columns()))
	if err := rows.Next(values); err == io.EOF {
		return nil, errNoRow
	} else if err != nil {
		return nil, mysqlFault(err)
	}
	columns := make([]string, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case nil:
		case []byte:
			columns[i] = string(v)
		default:
			columns[i] = fmt.Sprint(v)
		}
	}
	return columns, nil
}

func (s mysqlSession) readable(ctx context.Context, table string) error {
	parts := strings.Split(table, ".")
	for i, part := range parts {
		parts[i] = "`" + strings.ReplaceAll(part, "`", "``") + "`"
	}
	_, err := s.row(ctx, "SELECT 1 FROM "+strings.Join(parts, ".")+" LIMIT 1")
	if errors.Is(err, errNoRow) {
		return nil // an empty table is readable
	}
	return err
}

func (s mysqlSession) close(context.Context) { _ = s.conn.Close() }
