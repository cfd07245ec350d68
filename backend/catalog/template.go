package catalog

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"relink/backend/integration"
)

// Escape is how Expand makes a value safe for the place that it lands in.
type Escape int

// The ways of escaping.
const (
	EscapeURL     Escape = iota // by its position in the address: host, path segment, query
	EscapeJSON                  // as a part of a JSON string
	EscapeNothing               // for a text that is no address and no JSON
)

// Expand puts values into the {names} of a template, as a URL unless told otherwise. A name without
// a value is an error. A value that cannot stand where the template puts it, such as a shop name
// with a slash in the host, is an integration.InputError.
func Expand(template string, values map[string]string, as ...Escape) (string, error) {
	if strings.IndexByte(template, '{') < 0 {
		return template, nil
	}
	how := EscapeURL
	if len(as) > 0 {
		how = as[0]
	}
	var out strings.Builder
	err := each(template, func(p piece) error {
		if p.name == "" {
			if how == EscapeURL && strings.ContainsAny(p.literal, "{}") {
				return fmt.Errorf("template %q: a brace that belongs to no {name}", template)
			}
			out.WriteString(p.literal)
			return nil
		}
		value, ok := values[p.name]
		if !ok {
			return fmt.Errorf("template %q: nothing is known as {%s}", template, p.name)
		}
		safe, err := escaped(how, out.String(), p, value)
		out.WriteString(safe)
		return err
	})
	if err != nil {
		return "", err
	}
	return out.String(), nil
}

// ExpandFunc puts values into a header's template: {name}, and {basic:A:B} for the base64 form of
// two templates (RFC 7617). Space around the result is dropped, as header fields have none
// (RFC 9110 section 5.5). A name that lookup does not know is an error.
func ExpandFunc(template string, lookup func(name string) (string, bool)) (string, error) {
	out, err := expandHeader(template, lookup)
	return strings.TrimSpace(out), err
}

func expandHeader(template string, lookup func(string) (string, bool)) (string, error) {
	var out strings.Builder
	err := each(template, func(p piece) error {
		switch {
		case p.basic != nil:
			user, err := expandHeader(p.basic[0], lookup)
			if err != nil {
				return err
			}
			password, err := expandHeader(p.basic[1], lookup)
			if err != nil {
				return err
			}
			out.WriteString(base64.StdEncoding.EncodeToString([]byte(user + ":" + password)))
		case p.name != "":
			value, ok := lookup(p.name)
			if !ok {
				return fmt.Errorf("template: nothing is known as {%s}", p.name)
			}
			out.WriteString(value)
		default:
			out.WriteString(p.literal)
		}
		return nil
	})
	return out.String(), err
}

// piece is a part of a template: a literal, a name, or the two templates of {basic:A:B}.
type piece struct {
	literal string
	name    string
	basic   *[2]string
	next    string // what follows in the template
}

// each cuts a template into its pieces. A brace that starts no {name} is literal text, as JSON is
// full of them.
func each(template string, visit func(piece) error) error {
	literal := 0
	for i := 0; i < len(template); {
		p, size := placeholder(template[i:])
		if size == 0 {
			i++
			continue
		}
		if i > literal {
			if err := visit(piece{literal: template[literal:i]}); err != nil {
				return err
			}
		}
		i += size
		literal = i
		p.next = template[i:]
		if err := visit(p); err != nil {
			return err
		}
	}
	if literal < len(template) {
		return visit(piece{literal: template[literal:]})
	}
	return nil
}

// placeholder reads a {name} or {basic:A:B} at the start of the text; size 0: there is none.
func placeholder(text string) (p piece, size int) {
	if text == "" || text[0] != '{' {
		return piece{}, 0
	}
	if rest, ok := strings.CutPrefix(text, "{basic:"); ok {
		return basic(rest)
	}
	for i := 1; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '}' && i > 1:
			return piece{name: text[1:i]}, i + 1
		case c >= 'a' && c <= 'z', i > 1 && (c == '_' || c >= '0' && c <= '9'):
		default:
			return piece{}, 0
		}
	}
	return piece{}, 0
}

// basic reads A:B} where A and B may hold {names}.
func basic(rest string) (piece, int) {
	depth, colon := 0, -1
	for i := 0; i < len(rest); i++ {
		switch {
		case rest[i] == '{':
			depth++
		case rest[i] == '}' && depth > 0:
			depth--
		case rest[i] == ':' && depth == 0 && colon < 0:
			colon = i
		case rest[i] == '}' && colon >= 0:
			return piece{basic: &[2]string{rest[:colon], rest[colon+1 : i]}}, len("{basic:") + i + 1
		}
	}
	return piece{}, 0
}

// names lists the names that a template uses, those within {basic:A:B} too.
func names(template string) []string {
	var found []string
	_ = each(template, func(p piece) error {
		if p.basic != nil {
			found = append(append(found, names(p.basic[0])...), names(p.basic[1])...)
		} else if p.name != "" {
			found = append(found, p.name)
		}
		return nil
	})
	return found
}

// hostPart is what a value may hold that becomes a part of a host name.
var hostPart = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)

// escaped makes a value safe for its place behind what was written before.
func escaped(how Escape, before string, p piece, value string) (string, error) {
	switch how {
	case EscapeJSON:
		quoted, _ := json.Marshal(value) // a string always marshals
		return string(quoted[1 : len(quoted)-1]), nil
	case EscapeNothing:
		return value, nil
	}
	if before == "" {
		return wholeURL(p, value)
	}
	_, rest, _ := strings.Cut(before, "://")
	switch {
	case strings.Contains(rest, "?"):
		return url.QueryEscape(value), nil
	case strings.Contains(rest, "/"):
		if value == "." || value == ".." {
			return "", inputError(p.name, "pattern", value)
		}
		return url.PathEscape(value), nil
	}
	host := strings.ToLower(value)
	if !hostPart.MatchString(host) || strings.Contains(host, "..") {
		return "", inputError(p.name, "host_invalid", value)
	}
	return host, nil
}

// wholeURL is a value that a template begins with: a complete address, or nothing at all where it
// is the whole template and the setting was left empty.
func wholeURL(p piece, value string) (string, error) {
	if value == "" && p.next == "" {
		return "", nil
	}
	if code := urlProblem(value); code != "" {
		return "", inputError(p.name, code, value)
	}
	if p.next == "" {
		return value, nil
	}
	if strings.Contains(value, "?") {
		return "", inputError(p.name, "url_invalid", value)
	}
	return strings.TrimRight(value, "/"), nil
}

// inputError knows the name of a field and not its label; Provider.For puts in what it knows.
func inputError(field, code, value string) integration.InputError {
	example := "my-shop"
	if strings.HasPrefix(code, "url_") {
		example = examples[integration.FieldURL]
	}
	return integration.InputError{Field: field, Code: code, Args: map[string]string{"field": field, "value": excerpt(value), "example": example}}
}
