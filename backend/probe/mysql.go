package probe

import (
	"context"
	"crypto/tls"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"relink/backend/integration"
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
	return mysqlSession{rows{conn, mysqlFault, mysqlDriver{}}}, nil
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
		return number(e.Number), e.Message
	}
	return "", ""
}

// mysqlSession uses the driver's connection without database/sql, whose pool would sign in again by itself.
type mysqlSession struct{ rows }

func (s mysqlSession) read(ctx context.Context, table string, opened func()) (string, error) {
	const any = "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() LIMIT 3"
	return s.rows.read(ctx, table, any, func(name []string) string {
		return "SELECT 1 FROM " + quoted(name, "`", "`") + " LIMIT 1"
	}, opened)
}

func (s mysqlSession) state(ctx context.Context) (integration.ServerState, error) {
	facts, err := s.optional(ctx, "SELECT VERSION(), @@global.read_only")
	if err != nil || len(facts) == 0 {
		return integration.ServerState{}, err
	}
	state := integration.ServerState{Version: facts[0][0]}
	grants, err := s.optional(ctx, "SHOW GRANTS")
	if err != nil {
		return state, err
	}
	for _, line := range grants {
		state.Writable = state.Writable || grantWrites(line[0])
	}
	ends := mysqlEnds
	if strings.Contains(state.Version, "MariaDB") {
		ends = mariaDBEnds
	}
	until, err := s.optional(ctx, ends)
	if err != nil {
		return state, err
	}
	if len(until) > 0 {
		state.PasswordEnds = epoch(until[0][0])
	}
	if yes(facts[0][1]) { // a replica is read-only by custom; asking every server would cost each check
		state.Replica = true
		state.Lag, state.LagKnown, err = s.lag(ctx)
	}
	return state, err
}

// When the password ends, in seconds since 1970: only who may read the server's own tables is told.
// A lifetime of 0 is none (dev.mysql.com, password-management).
const (
	mysqlEnds = "SELECT UNIX_TIMESTAMP(password_last_changed) + 86400 * COALESCE(password_lifetime, @@global.default_password_lifetime) FROM mysql.user" +
		" WHERE CONCAT(user, '@', host) = CURRENT_USER() AND COALESCE(password_lifetime, @@global.default_password_lifetime) > 0"
	mariaDBEnds = "SELECT JSON_VALUE(Priv, '$.password_last_changed') + 86400 * COALESCE(NULLIF(JSON_VALUE(Priv, '$.password_lifetime'), -1), @@global.default_password_lifetime)" +
		" FROM mysql.global_priv WHERE CONCAT(User, '@', Host) = CURRENT_USER() AND COALESCE(NULLIF(JSON_VALUE(Priv, '$.password_lifetime'), -1), @@global.default_password_lifetime) > 0"
)

// writing are the privileges by which a login could change something.
var writing = []string{"ALL", "ALL PRIVILEGES", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "TRIGGER", "SUPER", "FILE", "CREATE USER", "DELETE HISTORY", "EVENT", "CREATE VIEW", "ALTER ROUTINE", "CREATE ROUTINE"}

// grantWrites reads a line of SHOW GRANTS, whose form is that of the GRANT statement.
func grantWrites(line string) bool {
	privileges, _, ok := strings.Cut(strings.TrimPrefix(line, "GRANT "), " ON ")
	if !ok {
		return false // a role's name
	}
	for privilege := range strings.SplitSeq(privileges, ",") {
		name, _, _ := strings.Cut(privilege, "(") // columns
		if slices.Contains(writing, strings.TrimSpace(name)) {
			return true
		}
	}
	return false
}

// lag asks a replica how far it is behind. The statement and its column have a new name since MySQL
// 8.0.22 and MariaDB 10.5; both need a privilege that few logins have.
func (s mysqlSession) lag(ctx context.Context) (time.Duration, bool, error) {
	for _, q := range []struct{ query, column string }{{"SHOW REPLICA STATUS", "Seconds_Behind_Source"}, {"SHOW SLAVE STATUS", "Seconds_Behind_Master"}} {
		names, found, err := s.table(ctx, q.query, 1)
		if err != nil {
			if _, words := (mysqlDriver{}).code(err); words != "" {
				continue
			}
			return 0, false, err
		}
		if at := slices.IndexFunc(names, func(n string) bool { return n == q.column || n == "Seconds_Behind_Master" }); at >= 0 && len(found) > 0 {
			lag, known := lagOf(found[0][at])
			return lag, known, nil
		}
	}
	return 0, false, nil
}
