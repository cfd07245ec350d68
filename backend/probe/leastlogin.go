package probe

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"strconv"
	"strings"

	"relink/backend/catalog"
	"relink/backend/integration"
)

// NewPassword stands in the statements where an administrator types the password: it is never part of them.
const NewPassword = "<password>"

// LeastLogin are the statements by which an administrator makes a login that may read what an
// integration reads and nothing else, and takes it away again. They fit the server's kind and version.
type LeastLogin struct {
	User   string
	Shell  string   // the program that the statements are for: mysql, psql, sqlcmd or mongosh; atlas has its own commands
	Create []string // makes the login
	Stop   []string // keeps it from signing in, to see whether anybody misses it
	Drop   []string // takes it away
}

// LeastLoginOf writes the statements for user, which may be another than the integration's own. seen
// is the last evidence, which may know the server's version and where the login may come from.
func LeastLoginOf(p catalog.Provider, i integration.Integration, user string, seen integration.Evidence) LeastLogin {
	if p.Probe.SQL == nil {
		return LeastLogin{}
	}
	settings := p.Values(i.Settings)
	w := leastLogin{user: user, from: "%", host: settings["host"], database: settings["database"], version: seen.Server.Version,
		table: settings[p.Probe.SQL.TableSetting], source: settings["auth_source"], x509: settings["auth_mechanism"] == mongoX509}
	if name, from, ok := strings.Cut(seen.Account.ID, "@"); ok && name != "" && from != "" && p.Probe.SQL.Driver == "mysql" {
		w.from = from
	}
	switch p.Probe.SQL.Driver {
	case "mysql":
		return w.mysql()
	case "postgresql":
		return w.postgresql()
	case "sqlserver":
		return w.sqlServer()
	case "mongodb":
		return w.mongoDB()
	}
	return LeastLogin{}
}

// DatabaseUser is the name of the login, "" where it is not known; named is false where a client
// certificate's subject is the name, in the form that MongoDB wants (RFC 2253).
func DatabaseUser(p catalog.Provider, i integration.Integration, g integration.Grant) (user string, named bool) {
	if p.Values(i.Settings)["auth_mechanism"] != mongoX509 {
		return g.Public["username"], true
	}
	first, _ := pem.Decode(block(g.Public["x509_cert"]))
	if first == nil {
		return "", false
	}
	var subject pkix.RDNSequence
	certificate, err := x509.ParseCertificate(first.Bytes)
	if err != nil {
		return "", false
	}
	if _, err := asn1.Unmarshal(certificate.RawSubject, &subject); err != nil {
		return "", false
	}
	return subject.String(), false
}

// SecondLogin is a name for a login beside this one: relink, relink_2, and relink again.
func SecondLogin(user string) string {
	if first, ok := strings.CutSuffix(user, "_2"); ok && first != "" {
		return first
	}
	return user + "_2"
}

type leastLogin struct {
	user, from, host, database, table, version, source string
	x509                                               bool
}

// major is the first number of the server's version, 0 when it is not known.
func (w leastLogin) major() int {
	first, _, _ := strings.Cut(w.version, ".")
	n, _ := strconv.Atoi(first)
	return n
}

func (w leastLogin) text(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// mysql writes for MySQL from 5.7 and MariaDB from 10.4. The names in a grant on a whole database are
// patterns, in which _ stands for any character: unescaped, my_shop would open myXshop too.
func (w leastLogin) mysql() LeastLogin {
	escaped := strings.NewReplacer(`\`, `\\`, "'", "''")
	account := "'" + escaped.Replace(w.user) + "'@'" + escaped.Replace(w.from) + "'"
	on := quoted([]string{strings.NewReplacer("_", `\_`, "%", `\%`).Replace(w.database)}, "`", "`") + ".*"
	if w.table != "" {
		parts := strings.Split(w.table, ".")
		if len(parts) == 1 {
			parts = []string{w.database, w.table}
		}
		on = quoted(parts, "`", "`")
	}
	return LeastLogin{User: w.user, Shell: "mysql",
		Create: []string{
			"CREATE USER " + account + " IDENTIFIED BY '" + NewPassword + "' REQUIRE SSL;",
			"GRANT SELECT ON " + on + " TO " + account + ";",
			"SHOW GRANTS FOR " + account + ";",
		},
		Stop: []string{"ALTER USER " + account + " ACCOUNT LOCK;"},
		Drop: []string{"DROP USER " + account + ";"},
	}
}

// postgresql writes for psql, whose \password sends the password hashed, so that it is in no log.
func (w leastLogin) postgresql() LeastLogin {
	name := func(parts ...string) string { return quoted(parts, `"`, `"`) }
	role, schema := name(w.user), "public"
	reads := "GRANT SELECT ON ALL TABLES IN SCHEMA " + name(schema) + " TO " + role + ";"
	var later []string
	if w.table != "" {
		parts := strings.Split(w.table, ".")
		if len(parts) > 1 {
			schema = parts[0]
		}
		reads = "GRANT SELECT ON " + name(parts...) + " TO " + role + ";"
	} else {
		later = []string{"ALTER DEFAULT PRIVILEGES IN SCHEMA " + name(schema) + " GRANT SELECT ON TABLES TO " + role + ";"}
	}
	var first []string
	if m := w.major(); m > 0 && m < 14 {
		first = []string{"SET password_encryption = 'scram-sha-256';"} // md5 is the default before 14
	}
	create := append(first,
		"CREATE ROLE "+role+" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT 10;",
		`\password `+role,
		"ALTER ROLE "+role+" SET default_transaction_read_only = on;",
		"GRANT CONNECT ON DATABASE "+name(w.database)+" TO "+role+";",
		`\connect `+name(w.database),
		"GRANT USAGE ON SCHEMA "+name(schema)+" TO "+role+";",
		reads)
	return LeastLogin{User: w.user, Shell: "psql", Create: append(create, later...),
		Stop: []string{"ALTER ROLE " + role + " NOLOGIN;"},
		Drop: []string{`\connect ` + name(w.database), "DROP OWNED BY " + role + ";", "DROP ROLE " + role + ";"},
	}
}

// sqlServer writes for sqlcmd. Azure SQL keeps its users in the database itself.
func (w leastLogin) sqlServer() LeastLogin {
	user, database := quoted([]string{w.user}, "[", "]"), quoted([]string{w.database}, "[", "]")
	reads := "ALTER ROLE db_datareader ADD MEMBER " + user + ";"
	if m := w.major(); m > 0 && m < 11 {
		reads = "EXEC sp_addrolemember N'db_datareader', N" + w.text(w.user) + ";" // before SQL Server 2012
	}
	if w.table != "" {
		reads = "GRANT SELECT ON OBJECT::" + quoted(strings.Split(w.table, "."), "[", "]") + " TO " + user + ";"
	}
	if strings.HasSuffix(strings.ToLower(w.host), ".database.windows.net") {
		return LeastLogin{User: w.user, Shell: "sqlcmd",
			Create: []string{"-- " + w.database, "CREATE USER " + user + " WITH PASSWORD = N'" + NewPassword + "';", reads},
			Stop:   []string{"DENY CONNECT TO " + user + ";"},
			Drop:   []string{"DROP USER " + user + ";"},
		}
	}
	return LeastLogin{User: w.user, Shell: "sqlcmd",
		Create: []string{
			"CREATE LOGIN " + user + " WITH PASSWORD = N'" + NewPassword + "', CHECK_POLICY = ON, DEFAULT_DATABASE = " + database + ";",
			"USE " + database + ";", "CREATE USER " + user + " FOR LOGIN " + user + ";", reads,
		},
		Stop: []string{"ALTER LOGIN " + user + " DISABLE;"},
		Drop: []string{"USE " + database + ";", "DROP USER " + user + ";", "DROP LOGIN " + user + ";"},
	}
}

// mongoDB writes for mongosh, and for Atlas, which takes no createUser, for its own command line.
func (w leastLogin) mongoDB() LeastLogin {
	database := strconv.Quote(w.database)
	if host := strings.ToLower(w.host); strings.HasSuffix(host, ".mongodb.net") {
		role := "read@" + w.database
		if w.table != "" {
			role += "." + w.table
		}
		user := shellWord(w.user)
		return LeastLogin{User: w.user, Shell: "atlas",
			Create: []string{"atlas dbusers create --username " + user + " --role " + shellWord(role)},
			Stop:   []string{"atlas dbusers update " + user + " --role " + shellWord("read@relink_nothing")},
			Drop:   []string{"atlas dbusers delete " + user},
		}
	}
	source := w.source
	switch {
	case w.x509:
		source = "$external"
	case source == "":
		source = "admin"
	}
	admin, user := "db.getSiblingDB("+strconv.Quote(source)+")", strconv.Quote(w.user)
	roles := "[{ role: \"read\", db: " + database + " }]"
	var first []string
	drop := []string{admin + ".dropUser(" + user + ")"}
	if w.table != "" {
		role := strconv.Quote(w.user + "_reads")
		collection := strconv.Quote(w.table)
		first = []string{"db.getSiblingDB(" + database + ").createRole({ role: " + role + ", roles: [], privileges: [{ resource: { db: " + database +
			", collection: " + collection + " }, actions: [\"find\"] }] })"}
		roles = "[{ role: " + role + ", db: " + database + " }]"
		drop = append(drop, "db.getSiblingDB("+database+").dropRole("+role+")")
	}
	password := ", pwd: passwordPrompt()"
	switch m := w.major(); {
	case w.x509:
		password = ""
	case m > 0 && m < 4:
		password = ", pwd: " + strconv.Quote(NewPassword) // the mongo shell asks since 4.2
	}
	return LeastLogin{User: w.user, Shell: "mongosh",
		Create: append(first, admin+".createUser({ user: "+user+password+", roles: "+roles+" })"),
		Stop:   []string{admin + ".updateUser(" + user + ", { roles: [] })"},
		Drop:   drop,
	}
}

// shellWord quotes a word for a POSIX shell.
func shellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
