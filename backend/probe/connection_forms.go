package probe

import (
	"net/url"
	"regexp"
	"strings"
)

// address takes a URL apart by hand: people paste passwords in which @, / and # were not encoded,
// which a strict reader would cut in the wrong place.
func address(raw string) (pieces, bool) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return pieces{}, false
	}
	p := pieces{srv: strings.EqualFold(scheme, "mongodb+srv"), options: map[string]string{}}
	login, rest := cutLogin(rest)
	if login != "" {
		var user string
		user, p.password, p.hasPassword = strings.Cut(login, ":")
		p.user, p.password = decoded(user), decoded(p.password)
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, query, _ := strings.Cut(rest, "?")
	hosts, path, _ := strings.Cut(rest, "/")
	p.host, p.port = hostPort(decoded(firstHost(hosts)))
	p.database = decoded(path)
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, ok := strings.Cut(pair, "="); ok {
			p.options[strings.ToLower(decoded(name))] = decoded(value)
		}
	}
	return p.fromOptions(), true
}

// optionsBegin is where the options of an address begin, unlike a question mark inside a password.
var optionsBegin = regexp.MustCompile(`\?[A-Za-z][A-Za-z0-9_.-]*=`)

// cutLogin cuts user and password off: up to the last @ before the options, as no host or path of a
// database has one.
func cutLogin(rest string) (login, after string) {
	head := rest
	for _, found := range optionsBegin.FindAllStringIndex(rest, -1) {
		if strings.Contains(rest[:found[0]], "@") {
			head = rest[:found[0]]
			break
		}
	}
	at := strings.LastIndex(head, "@")
	if head == rest && at > 0 && len(optionsBegin.FindStringIndex(rest[:at])) > 0 && !strings.Contains(rest[:at], ":") {
		at = -1 // without a login, an @ among the options
	}
	if at < 0 {
		return "", rest
	}
	return rest[:at], rest[at+1:]
}

// firstHost is the first of several hosts; the rest is found by asking it.
func firstHost(hosts string) string {
	host, _, _ := strings.Cut(hosts, ",")
	return host
}

// decoded undoes percent-encoding; a text that only looks like it stays as it is.
func decoded(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// fromOptions takes what stands among the options instead of in the address, as JDBC has it.
func (p pieces) fromOptions() pieces {
	o := p.options
	p.user = first(p.user, o["user"], o["username"], o["uid"], o["user id"])
	if word := first(o["password"], o["pwd"]); !p.hasPassword && word != "" {
		p.password, p.hasPassword = word, true
	}
	p.host, p.port = first(p.host, o["host"], o["servername"]), first(p.port, o["port"], o["portnumber"])
	p.database = first(p.database, o["database"], o["databasename"], o["dbname"], o["initial catalog"])
	return p
}

// jdbcSQLServer reads jdbc:sqlserver://host:port;name=value;…
func jdbcSQLServer(raw string) (pieces, bool) {
	rest := strings.TrimPrefix(raw[len("jdbc:sqlserver:"):], "//")
	server, properties, _ := strings.Cut(rest, ";")
	p := pieces{options: keywords(properties, ";")}
	server, _, _ = strings.Cut(server, `\`) // an instance; its port is needed all the same
	p.host, p.port = hostPort(server)
	return p.fromOptions(), true
}

// adoSQLServer reads Server=tcp:host,port;Database=…;User ID=…;Password=…
func adoSQLServer(raw string) (pieces, bool) {
	p := pieces{options: keywords(raw, ";")}
	server := strings.TrimPrefix(strings.ToLower(first(p.options["server"], p.options["data source"])), "tcp:")
	server, p.port, _ = strings.Cut(server, ",")
	p.host, _, _ = strings.Cut(server, `\`)
	return p.fromOptions(), true
}

// keywords reads name=value pairs; a value between braces or quotes may hold the separator.
func keywords(raw, separator string) map[string]string {
	words := map[string]string{}
	for raw != "" {
		name, rest, ok := strings.Cut(raw, "=")
		if !ok {
			break
		}
		var value string
		value, raw = quotedValue(strings.TrimLeft(rest, " "), separator)
		words[strings.ToLower(strings.TrimSpace(strings.TrimLeft(name, separator)))] = value
	}
	return words
}

// quotedValue reads one value; inside braces and quotes the closing one is written twice.
func quotedValue(rest, separator string) (value, after string) {
	closing := map[byte]string{'{': "}", '"': `"`, '\'': "'"}
	if rest != "" && closing[rest[0]] != "" {
		end := closing[rest[0]]
		for i := 1; i < len(rest); i++ {
			switch {
			case !strings.HasPrefix(rest[i:], end):
			case strings.HasPrefix(rest[i+1:], end):
				i++
			default:
				value = strings.ReplaceAll(rest[1:i], end+end, end)
				_, after, _ = strings.Cut(rest[i+1:], separator)
				return value, after
			}
		}
	}
	value, after, _ = strings.Cut(rest, separator)
	return strings.TrimSpace(value), after
}

// libpq reads host=… port=… password='…', where a backslash takes the next character as it is.
func libpq(raw string) map[string]string {
	words := map[string]string{}
	for raw = strings.TrimSpace(raw); raw != ""; raw = strings.TrimLeft(raw, " \t") {
		name, rest, ok := strings.Cut(raw, "=")
		if !ok {
			break
		}
		rest = strings.TrimLeft(rest, " ")
		inside := strings.HasPrefix(rest, "'")
		rest = strings.TrimPrefix(rest, "'")
		var value strings.Builder
		i := 0
		for ; i < len(rest); i++ {
			switch c := rest[i]; {
			case c == '\\' && i+1 < len(rest):
				i++
				value.WriteByte(rest[i])
				continue
			case inside && c == '\'', !inside && (c == ' ' || c == '\t'):
			default:
				value.WriteByte(c)
				continue
			}
			break
		}
		raw = rest[min(i+1, len(rest)):]
		words[strings.ToLower(strings.TrimSpace(name))] = value.String()
	}
	return words
}

func libpqPieces(raw string) (pieces, bool) {
	p := pieces{options: libpq(raw)}
	p.host = firstHost(first(p.options["host"], p.options["hostaddr"]))
	p.port = firstHost(p.options["port"])
	return p.fromOptions(), true
}

// goMySQL reads user:password@tcp(host:port)/database?tls=…
func goMySQL(raw string) (pieces, bool) {
	i := strings.LastIndex(raw, "@tcp(")
	rest, after, ok := strings.Cut(raw[i+len("@tcp("):], ")")
	if !ok {
		return pieces{}, false
	}
	p := pieces{options: map[string]string{}}
	p.user, p.password, p.hasPassword = strings.Cut(raw[:i], ":")
	p.host, p.port = hostPort(rest)
	path, query, _ := strings.Cut(strings.TrimPrefix(after, "/"), "?")
	p.database = decoded(path)
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, ok := strings.Cut(pair, "="); ok {
			p.options[strings.ToLower(name)] = decoded(value)
		}
	}
	return p, true
}

// tls is the encryption that the options ask for, in PostgreSQL's words; "" where they say nothing.
func (p pieces) tls(driver string) string {
	o := p.options
	no := func(s string) bool {
		s = strings.ToLower(s)
		return s == "false" || s == "no" || s == "disable" || s == "disabled"
	}
	switch driver {
	case "sqlserver":
		switch encrypt := strings.ToLower(o["encrypt"]); {
		case encrypt == "":
			return ""
		case no(encrypt) || encrypt == "optional" || yes(first(o["trustservercertificate"], o["trust server certificate"])):
			return string(tlsRequire) // less is not offered
		}
		return string(tlsVerifyFull)
	case "mongodb":
		switch on := first(o["tls"], o["ssl"]); {
		case no(on), on == "" && !p.srv:
			return string(tlsDisable)
		case yes(o["tlsinsecure"]), yes(o["tlsallowinvalidcertificates"]):
			return string(tlsRequire)
		case yes(o["tlsallowinvalidhostnames"]):
			return string(tlsVerifyCA)
		}
		return string(tlsVerifyFull)
	}
	mode := strings.ReplaceAll(strings.ToLower(first(o["sslmode"], o["ssl-mode"], o["ssl_mode"], o["tls"])), "_", "-")
	known := map[string]tlsMode{
		"disable": tlsDisable, "disabled": tlsDisable, "false": tlsDisable, "allow": tlsPrefer, "prefer": tlsPrefer, "preferred": tlsPrefer,
		"require": tlsRequire, "required": tlsRequire, "trust": tlsRequire, "skip-verify": tlsRequire, "verify-ca": tlsVerifyCA,
		"verify-full": tlsVerifyFull, "verify-identity": tlsVerifyFull, "true": tlsVerifyFull,
	}
	switch on := first(o["usessl"], o["ssl"]); {
	case mode != "":
		return string(known[mode])
	case on == "":
		return ""
	case no(on):
		return string(tlsDisable)
	}
	return string(tlsRequire)
}
