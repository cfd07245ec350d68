package probe

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"relink/backend/catalog"
	"relink/backend/integration"
)

// hostLine begins an alias in an OpenSSH client configuration (ssh_config(5)).
var hostLine = regexp.MustCompile(`(?im)^[ \t]*host[ \t]+[^=\s]`)

// sshConfig takes the way to a bastion from an OpenSSH client configuration: the first value of each
// keyword counts, over all Host lines that fit the alias. Match and Include are not followed.
func sshConfig(p catalog.Provider, raw, alias string) (Connection, error) {
	found := map[string]string{}
	var names []string
	fits, named := false, false
	for line := range strings.Lines(raw) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.IndexAny(line, " \t=")
		if at < 0 {
			continue
		}
		keyword, value := strings.ToLower(line[:at]), strings.Trim(strings.TrimLeft(line[at:], " \t="), `"`)
		switch keyword {
		case "host":
			patterns := strings.Fields(value)
			fits = fitsHost(patterns, alias)
			for _, pattern := range patterns {
				if !strings.ContainsAny(pattern, "*?!") {
					names = append(names, pattern)
					named = named || pattern == alias
				}
			}
		case "match":
			fits = false
		default:
			if fits && found[keyword] == "" {
				found[keyword] = value
			}
		}
	}
	if !named || alias == "" {
		err := unread("connection_section", p).(integration.InputError)
		slices.Sort(names)
		err.Args["value"] = strings.Join(names[:min(len(names), 20)], ", ")
		return Connection{}, err
	}
	if jump := found["proxyjump"]; jump != "" && !strings.Contains(jump, "@") {
		found["proxyjump"] = found["user"] + "@" + jump // whoever signs in at the bastion does at the other too
	}
	c := Connection{Values: map[string]string{}}
	for id, value := range map[string]string{"ssh_host": first(found["hostname"], alias), "ssh_port": found["port"], "ssh_user": found["user"], "ssh_jump": found["proxyjump"]} {
		at := slices.IndexFunc(p.Settings, func(f integration.Field) bool { return f.ID == id })
		if at >= 0 && value != "" && catalog.ValidateFields(p.Settings[at:at+1], map[string]string{id: value, "ssh_host": alias}, nil) == nil {
			c.Values[id] = value // what the form would refuse, such as several jumps, is left to the person
		}
	}
	return c, nil
}

// fitsHost says whether an alias fits a Host line: one of its patterns, and none that begins with !.
func fitsHost(patterns []string, alias string) bool {
	fits := false
	for _, pattern := range patterns {
		negated := strings.HasPrefix(pattern, "!")
		if ok, err := path.Match(strings.TrimPrefix(pattern, "!"), alias); err == nil && ok {
			if negated {
				return false
			}
			fits = true
		}
	}
	return fits
}
