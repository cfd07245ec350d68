package probe

import (
	"slices"
	"strings"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/secret"
)

// ParseConnectionFile reads a file in which a person's other tools keep a database's settings:
// .my.cnf, .pgpass, pg_service.conf, an alias of ~/.ssh/config, or a connection string on a line of its own. name is the file's
// name without its folder; section picks one of several; known are values that are filled in already,
// by which .pgpass picks its line. An error is an integration.InputError about the field connection,
// without anything of the text in it but the names of sections.
func ParseConnectionFile(p catalog.Provider, name string, text secret.Text, section string, known map[string]string) (Connection, error) {
	if p.Probe.SQL == nil {
		return Connection{}, unread("connection_not_taken", p)
	}
	raw := text.Reveal()
	driver := p.Probe.SQL.Driver
	switch {
	case strings.Contains(strings.ToLower(name), "pgpass"):
		if driver != "postgresql" {
			return Connection{}, unread("connection_other", p)
		}
		return pgpass(p, raw, known)
	case strings.HasPrefix(strings.TrimSpace(withoutComments(raw)), "["):
		if driver != "postgresql" && driver != "mysql" {
			return Connection{}, unread("connection_other", p)
		}
		return sectioned(p, raw, section)
	case hostLine.MatchString(raw):
		return sshConfig(p, raw, section)
	}
	return ParseConnection(p, secret.New(strings.TrimSpace(withoutComments(raw))))
}

// withoutComments drops the lines that begin with # or ;.
func withoutComments(raw string) string {
	var kept strings.Builder
	for line := range strings.Lines(raw) {
		if t := strings.TrimSpace(line); !strings.HasPrefix(t, "#") && !strings.HasPrefix(t, ";") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// pgpass takes the first line that fits what is known, as libpq does; a star fits everything.
func pgpass(p catalog.Provider, raw string, known map[string]string) (Connection, error) {
	ids := []string{"host", "port", "database", "username"}
	for line := range strings.Lines(withoutComments(raw)) {
		parts := colons(strings.TrimRight(line, "\r\n"))
		if len(parts) != len(ids)+1 {
			continue
		}
		fits, values := true, map[string]string{}
		for i, id := range ids {
			fits = fits && (parts[i] == "*" || known[id] == "" || known[id] == parts[i])
			if parts[i] != "*" {
				values[id] = parts[i]
			}
		}
		if fits {
			return pieces{host: values["host"], port: values["port"], database: values["database"], user: values["username"], password: parts[len(ids)], hasPassword: true}.connection(p), nil
		}
	}
	return Connection{}, unread("connection_no_line", p)
}

// colons splits at colons that no backslash takes as they are.
func colons(line string) []string {
	var parts []string
	var part strings.Builder
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '\\' && i+1 < len(line):
			i++
			part.WriteByte(line[i])
		case line[i] == ':' && len(parts) < 4:
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(line[i])
		}
	}
	return append(parts, part.String())
}

// sectioned reads .my.cnf, whose section for programs is client, and pg_service.conf, which has one for each service.
func sectioned(p catalog.Provider, raw, section string) (Connection, error) {
	sections := map[string]map[string]string{}
	var names []string
	current := ""
	for line := range strings.Lines(withoutComments(raw)) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "["); ok {
			current = strings.TrimSuffix(name, "]")
			if sections[current] == nil {
				sections[current] = map[string]string{}
				names = append(names, current)
			}
			continue
		}
		name, value, _ := strings.Cut(line, "=")
		if current != "" && line != "" {
			value = strings.TrimSpace(value)
			if p.Probe.SQL.Driver == "mysql" { // pg_service.conf takes quotes as they are
				value = unquoted(value)
			}
			sections[current][strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), "_", "-")] = value
		}
	}
	if section == "" && p.Probe.SQL.Driver == "mysql" {
		section = "client"
	} else if section == "" && len(names) == 1 {
		section = names[0]
	}
	found := sections[section]
	if found == nil {
		err := unread("connection_section", p).(integration.InputError)
		slices.Sort(names)
		err.Args["value"] = strings.Join(names[:min(len(names), 20)], ", ")
		return Connection{}, err
	}
	read := pieces{options: found, host: first(found["host"], found["hostaddr"]), port: found["port"]}.fromOptions()
	return read.connection(p), nil
}

// unquoted takes quotes off, as MySQL's option files may have them.
func unquoted(value string) string {
	if n := len(value); n > 1 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		return value[1 : n-1]
	}
	return value
}
