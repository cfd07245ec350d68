package probe

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"relink/backend/catalog"
	"relink/backend/integration"
)

const (
	maxName      = 200 // bytes of a name that a provider gave
	maxCode      = 128
	maxDepth     = 64  // of JSON
	maxResources = 500 // that are kept of a list
)

// proof looks for what proves the grant, and notes whose it is and what it sees.
func (p *Prober) proof(t *Target, e *integration.Evidence, h http.Header, body []byte) {
	probe := t.Provider.Probe.HTTP
	if path := t.path(probe.Proof); path != "-" && (path == "" || empty(gjson.GetBytes(body, path)) || twice(body, path)) {
		return
	}
	e.Stage = integration.StageDone
	e.Account = integration.Account{ID: text(t, body, probe.Account.ID), Name: text(t, body, probe.Account.Name)}
	if name := probe.CapturedAccount(); name != "" {
		e.Account.ID = t.Grant.Public[name]
	}
	e.Resources, e.Partial = resources(t, body)
	if probe.ScopesHeader != "" {
		if stated := h.Values(probe.ScopesHeader); len(stated) > 0 {
			e.Scopes = listed(strings.Join(stated, ","))
		}
	}
	e.MissingScopes = missing(t, e.Scopes)
}

// path is a path of the catalog with the person's settings in it; "" when a setting is lacking.
func (t *Target) path(template string) string {
	if !strings.Contains(template, "{") {
		return template
	}
	path, err := catalog.Expand(template, t.values(), catalog.EscapeNothing)
	if err != nil {
		return ""
	}
	return path
}

// empty holds for what proves nothing: absent, null, false, "", [] and {}.
func empty(r gjson.Result) bool {
	switch {
	case !r.Exists(), r.Type == gjson.Null, r.Type == gjson.False:
		return true
	case r.IsArray(), r.IsObject():
		some := false
		r.ForEach(func(_, _ gjson.Result) bool { some = true; return false })
		return !some
	}
	return r.String() == ""
}

// twice holds when the object has the proof's first key more than once: readers differ on which counts.
func twice(body []byte, path string) bool {
	key, _, _ := strings.Cut(path, ".")
	root := gjson.ParseBytes(body)
	n := 0
	if root.IsObject() {
		root.ForEach(func(k, _ gjson.Result) bool {
			if k.String() == key {
				n++
			}
			return n < 2
		})
	}
	return n > 1
}

// text is the value at a path as one safe line.
func text(t *Target, body []byte, template string) string {
	path := t.path(template)
	if path == "" {
		return ""
	}
	return named(t, gjson.GetBytes(body, path))
}

func named(t *Target, r gjson.Result) string {
	if !r.Exists() || r.Type == gjson.Null {
		return ""
	}
	if r.IsArray() {
		r = r.Get("0")
	}
	return printable(scrub(r.String(), t), maxName)
}

func resources(t *Target, body []byte) (found []integration.Resource, partial bool) {
	paths := t.Provider.Probe.HTTP.Resources
	if paths == nil {
		return nil, false
	}
	partial = paths.More != "" && !empty(gjson.GetBytes(body, paths.More))
	gjson.GetBytes(body, t.path(paths.List)).ForEach(func(_, element gjson.Result) bool {
		r := integration.Resource{ID: element.String()}
		if paths.ID != "" {
			r.ID = named(t, element.Get(paths.ID))
		} else {
			r.ID = named(t, element)
		}
		if paths.Name != "" {
			r.Name = named(t, element.Get(paths.Name))
		}
		if r.ID != "" {
			found = append(found, r)
		}
		return len(found) < maxResources
	})
	return found, partial || len(found) == maxResources
}

// listed splits a list of scopes, which vendors separate by spaces or commas.
func listed(scopes string) []string {
	parts := strings.FieldsFunc(scopes, func(r rune) bool { return r == ',' || r == ' ' })
	for i, s := range parts {
		parts[i] = printable(s, maxName)
	}
	return parts
}

// missing are the scopes that the catalog needs and the grant lacks: by what the provider states
// now, else by what was granted. Where neither is known, none are.
func missing(t *Target, stated []string) []string {
	granted := stated
	if granted == nil {
		granted = t.Grant.Scopes
	}
	method, _ := t.Provider.Method(t.Grant.Method)
	if method.OAuth == nil || len(granted) == 0 {
		return nil
	}
	return MissingScopes(method.OAuth.Scopes, granted)
}

// MissingScopes lists the scopes that are needed and neither granted by their own name nor by an alias.
func MissingScopes(needed []catalog.Scope, granted []string) []string {
	var lacking []string
	for _, s := range needed {
		if s.Optional || slices.Contains(granted, s.ID) || slices.ContainsFunc(s.Aliases, func(a string) bool { return slices.Contains(granted, a) }) {
			continue
		}
		lacking = append(lacking, s.ID)
	}
	return lacking
}

// wellFormed says whether a body is JSON in valid UTF-8, nested no deeper than maxDepth.
func wellFormed(body []byte) bool {
	return shallow(body) && utf8.Valid(body) && gjson.ValidBytes(body)
}

// shallow counts brackets outside of strings. It runs first: the JSON reader recurses.
func shallow(body []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return false
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return true
}
