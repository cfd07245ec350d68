package probe

import (
	"net"
	"strings"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/secret"
)

// Connection is what a connection string, or a file of settings, says of a database: the values of
// fields by their ids in the catalog, and the secrets apart.
type Connection struct {
	Values  map[string]string
	Secrets secret.Fields
}

// maxConnection is how long a connection string may be.
const maxConnection = 16 << 10

// ParseConnection reads a connection string for a provider: the URLs of MySQL, MariaDB, PostgreSQL, SQL
// Server and MongoDB, their JDBC forms, the keywords of libpq and ADO.NET, and the form of Go's MySQL
// driver. It asks nobody and reads no file. An error is an integration.InputError about the field
// connection, without anything of the text in it.
func ParseConnection(p catalog.Provider, text secret.Text) (Connection, error) {
	raw := strings.TrimSpace(text.Reveal())
	if p.Probe.SQL == nil {
		return Connection{}, unread("connection_not_taken", p)
	}
	if raw == "" || len(raw) > maxConnection || strings.ContainsAny(raw, "\x00\r\n") {
		return Connection{}, unread("connection_unreadable", p)
	}
	raw = strings.Trim(raw, `"'`)
	kind, d := kindOf(raw)
	switch {
	case kind == "":
		return Connection{}, unread("connection_unreadable", p)
	case kind != p.Probe.SQL.Driver:
		return Connection{}, unread("connection_other", p)
	}
	parts, ok := d(raw)
	if !ok || parts.host == "" {
		return Connection{}, unread("connection_unreadable", p)
	}
	return parts.connection(p), nil
}

// unread is a problem of the whole text, with the provider's own form as the example.
func unread(code string, p catalog.Provider) error {
	example := ""
	if p.Probe.SQL != nil {
		example = map[string]string{"mysql": "mysql://user:password@db.example.com:3306/shop", "postgresql": "postgresql://user:password@db.example.com:5432/shop",
			"sqlserver": "sqlserver://user:password@db.example.com:1433?database=shop", "mongodb": "mongodb+srv://user:password@cluster.example.com/shop"}[p.Probe.SQL.Driver]
	}
	return integration.InputError{Field: "connection", Code: code, Args: map[string]string{"provider": p.Name, "example": example}}
}

// pieces are what a connection string was taken apart into.
type pieces struct {
	host, port, user, password, database string
	hasPassword                          bool
	options                              map[string]string // by their names in lower case
	srv                                  bool
}

// kindOf tells the database's kind, and how the text is taken apart, from its first words.
func kindOf(raw string) (kind string, read func(string) (pieces, bool)) {
	scheme, _, ok := strings.Cut(raw, ":")
	scheme = strings.ToLower(scheme)
	if scheme == "jdbc" && ok {
		rest := raw[len("jdbc:"):]
		if strings.HasPrefix(strings.ToLower(rest), "sqlserver:") {
			return "sqlserver", jdbcSQLServer
		}
		kind, inner := kindOf(rest)
		if inner == nil {
			return "", nil
		}
		return kind, func(raw string) (pieces, bool) { return inner(raw[len("jdbc:"):]) }
	}
	switch scheme {
	case "mysql", "mariadb", "mysql2", "mysqlx":
		return "mysql", address
	case "postgres", "postgresql", "pgsql":
		return "postgresql", address
	case "sqlserver", "mssql":
		return "sqlserver", address
	case "mongodb", "mongodb+srv":
		return "mongodb", address
	}
	words := keywords(raw, ";")
	if words["server"] != "" || words["data source"] != "" {
		return "sqlserver", adoSQLServer
	}
	if words = libpq(raw); words["host"] != "" || words["hostaddr"] != "" {
		return "postgresql", libpqPieces
	}
	if strings.Contains(raw, "@tcp(") {
		return "mysql", goMySQL
	}
	return "", nil
}

// connection maps the pieces to the provider's fields; what it has no field for is dropped.
func (p pieces) connection(to catalog.Provider) Connection {
	fields := map[string]integration.Field{}
	for _, f := range to.Settings {
		fields[f.ID] = f
	}
	m, _ := to.Method(integration.MethodDatabaseLogin)
	for _, f := range m.Fields {
		fields[f.ID] = f
	}
	values := map[string]string{"host": p.host, "port": p.port, "username": p.user, "database": p.database, "tls": p.tls(to.Probe.SQL.Driver)}
	if to.Probe.SQL.Driver == "mongodb" {
		if p.options["authmechanism"] == mongoX509 {
			values["auth_mechanism"] = mongoX509
		}
		values["auth_source"], values["replica_set"], values["srv"] = p.options["authsource"], p.options["replicaset"], "no"
		if values["auth_source"] == "" && p.database != "" && p.user != "" {
			values["auth_source"] = p.database // the database of the URL is the default of authSource
		}
		if p.srv {
			values["srv"] = "yes"
			if p.options["authsource"] == "" {
				values["auth_source"] = "" // DNS may tell, and admin is what Atlas uses
			}
		}
	}
	c := Connection{Values: map[string]string{}, Secrets: secret.Fields{}}
	for id, value := range values {
		f, known := fields[id]
		if !known || value == "" || len(catalog.ValidateFields([]integration.Field{f}, map[string]string{id: value}, nil)) > 0 && f.Kind == integration.FieldChoice {
			continue
		}
		c.Values[id] = value
	}
	if p.hasPassword && p.password != "" {
		c.Secrets["password"] = secret.New(p.password)
	}
	return c
}

// hostPort splits an address, of which an IPv6 one may stand in brackets.
func hostPort(address string) (host, port string) {
	if host, port, err := net.SplitHostPort(address); err == nil {
		return host, port
	}
	return strings.Trim(address, "[]"), ""
}

// first is the first non-empty text.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
