package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"relink/backend/integration"
)

// checker collects what is wrong with one file, each with its line.
type checker struct {
	file     string
	root     ast.Node
	own      bool
	problems []error
}

// fail notes a problem at a path of keys and indexes.
func (c *checker) fail(at []any, format string, args ...any) {
	c.problems = append(c.problems, FileError{File: c.file, Line: lineAt(c.root, at...), Problem: where(at) + fmt.Sprintf(format, args...)})
}

// err joins the problems by line, or returns nil.
func (c *checker) err() error {
	slices.SortStableFunc(c.problems, func(a, b error) int {
		var x, y FileError
		errors.As(a, &x)
		errors.As(b, &y)
		return cmp.Or(x.Line-y.Line, strings.Compare(x.Problem, y.Problem))
	})
	return errors.Join(c.problems...)
}

// where writes a path as a person would: methods[0].oauth.scopes[1].
func where(at []any) string {
	var b strings.Builder
	for _, step := range at {
		switch s := step.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", s)
		case string:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s)
		}
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	return b.String()
}

// under returns the path one step or more below another.
func under(at []any, steps ...any) []any { return append(at[:len(at):len(at)], steps...) }

// oneOf wants a value of a closed list.
func (c *checker) oneOf(at []any, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		c.fail(at, "%q is none of %s", value, strings.Join(allowed, ", "))
	}
}

// required wants a text that is not blank.
func (c *checker) required(at []any, value string) {
	if strings.TrimSpace(value) == "" {
		c.fail(at, "is missing")
	}
}

// localized wants a text in both languages.
func (c *checker) localized(at []any, text integration.Localized) {
	for _, lang := range []string{"en", "pt-BR"} {
		if strings.TrimSpace(text[lang]) == "" {
			c.fail(at, "has no text in %s", lang)
		}
	}
	for lang := range text {
		if lang != "en" && lang != "pt-BR" {
			c.fail(under(at, lang), "Relink does not speak %s", lang)
		}
	}
}

// regular wants a regular expression in Go's syntax (RE2).
func (c *checker) regular(at []any, pattern string) {
	if _, err := regexp.Compile(pattern); err != nil {
		c.fail(at, "not a regular expression: %v", err)
	}
}

// template wants known names only.
func (c *checker) template(at []any, template string, known map[string]bool) {
	for _, name := range names(template) {
		if !known[name] {
			c.fail(at, "nothing is known as {%s}", name)
		}
	}
	if strings.Contains(template, "{basic:") && !slices.ContainsFunc(pieces(template), func(p piece) bool { return p.basic != nil }) {
		c.fail(at, "{basic:A:B} is not complete")
	}
}

func pieces(template string) []piece {
	var all []piece
	_ = each(template, func(p piece) error { all = append(all, p); return nil })
	return all
}

// address wants a template that can only become an https URL: one that spells it out, or one that
// begins with a setting of kind url or, with hosts that it may name, with a value that a server told.
// methods are those whose open names it may use. Plain http is for own providers on this computer.
func (c *checker) address(at []any, template string, settings map[string]integration.Field, hosts []string, methods ...Method) {
	known := public(methods)
	told := public(methods)
	for id := range settings {
		known[id] = true
		delete(told, id)
	}
	c.template(at, template, known)
	values := map[string]string{}
	for name := range known {
		values[name] = "1" // fits a host, a port, a path and a query
	}
	first, rest := pieces(template), template
	if len(first) > 0 && first[0].name != "" {
		switch name := first[0].name; {
		case told[name] && len(hosts) == 0:
			c.fail(at, "{%s} is told by a server and begins an address, so hosts must say which ones it may name", name)
			return
		case !told[name] && settings[name].Kind != integration.FieldURL:
			c.fail(at, "{%s} begins an address, so it must be a setting of kind url", name)
			return
		}
		rest = "https://x.example" + strings.TrimPrefix(template, "{"+first[0].name+"}")
	}
	filled, err := Expand(rest, values)
	if err != nil {
		if !strings.Contains(err.Error(), "nothing is known") { // told above
			c.fail(at, "%v", err)
		}
		return
	}
	c.plainAddress(at, filled)
}

// plainAddress judges a URL without templates.
func (c *checker) plainAddress(at []any, address string) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		c.fail(at, "%q is not an address", address)
	case u.User != nil:
		c.fail(at, "a login in an address would be sent to logs")
	case u.Fragment != "":
		c.fail(at, "an address with a # part is not sent whole")
	case u.Scheme == "https":
	case u.Scheme == "http" && loopback(u.Hostname()) && c.own:
	default:
		c.fail(at, "%q is not https", address)
	}
}

func keys[V any](m map[string]V) map[string]bool {
	all := make(map[string]bool, len(m))
	for k := range m {
		all[k] = true
	}
	return all
}
