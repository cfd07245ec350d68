package catalog

import (
	"slices"
	"strings"

	"relink/backend/integration"
)

// oauth checks the description of an OAuth server, and that it has what the method needs.
func (c *checker) oauth(at []any, m Method, settings map[string]integration.Field) {
	o := *m.OAuth
	code, device := m.Kind == integration.MethodOAuth2Code, m.Kind == integration.MethodOAuth2Device
	for _, part := range []struct {
		key, template string
		needed        bool
	}{
		{"authorize_url", o.AuthorizeURL, code}, {"device_url", o.DeviceURL, device}, {"token_url", o.TokenURL, true},
		{"refresh_url", o.RefreshURL, false}, {"revoke_url", o.RevokeURL, false}, {"issuer", o.Issuer, false}, {"metadata_url", o.MetadataURL, false},
	} {
		switch {
		case part.template != "":
			c.address(under(at, part.key), part.template, settings, nil)
		case part.needed:
			c.fail(under(at, part.key), "is missing")
		}
	}
	c.listed(under(at, "client_auth"), o.ClientAuth, settings, clientAuths)
	if o.RevokeBy != "" {
		c.oneOf(under(at, "revoke_by"), o.RevokeBy, "delete")
	}
	if code || o.PKCE != "" {
		c.oneOf(under(at, "pkce"), o.PKCE, "s256", "ignored")
	}
	for i, s := range o.Scopes {
		here := under(at, "scopes", i)
		c.required(under(here, "id"), s.ID)
		c.template(under(here, "id"), s.ID, keys(settings))
		c.localized(under(here, "why"), s.Why)
	}
	c.params(under(at, "authorize_params"), o.AuthorizeParams, m, settings)
	c.params(under(at, "force_params"), o.ForceParams, m, settings)
	c.params(under(at, "token_params"), o.TokenParams, m, settings)
	for name, template := range o.Request.Headers {
		c.header(under(at, "request", "headers"), name, template, settings, openNames(m, settings))
	}
	if o.Request.Encoding != "" {
		c.oneOf(under(at, "request", "encoding"), o.Request.Encoding, "form", "json")
	}
	for name, source := range o.Captured {
		if !fieldID.MatchString(name) {
			c.fail(under(at, "captured", name), "want lower-case letters, digits and underscores as a name")
		}
		from, what, _ := strings.Cut(source, ":")
		if what == "" || from != "callback" && from != "token" {
			c.fail(under(at, "captured", name), "%q: want callback:PARAMETER or token:PATH", source)
		}
	}
	if code {
		c.redirect(under(at, "redirect"), o.Redirect, settings)
	}
}

// openNames are the names that a parameter's template may use: settings, and fields that are no secret.
func openNames(m Method, settings map[string]integration.Field) map[string]bool {
	all := public([]Method{m})
	for id := range settings {
		all[id] = true
	}
	return all
}

// reserved are the parameters of RFC 6749 and RFC 7636 that Relink sets itself.
var reserved = []string{"client_id", "client_secret", "redirect_uri", "response_type", "state", "code_challenge", "code_challenge_method", "code_verifier", "code", "refresh_token", "grant_type"}

func (c *checker) params(at []any, params map[string]string, m Method, settings map[string]integration.Field) {
	for name, template := range params {
		c.template(under(at, name), template, openNames(m, settings))
		if slices.Contains(reserved, name) {
			c.fail(under(at, name), "Relink sets this parameter itself")
		}
	}
}

// oauth1 checks the description of a server of RFC 5849.
func (c *checker) oauth1(at []any, o OAuth1, settings map[string]integration.Field) {
	c.oneOf(under(at, "signature"), o.Signature, "HMAC-SHA256", "HMAC-SHA1")
	addresses := map[string]string{"request_token_url": o.RequestTokenURL, "authorize_url": o.AuthorizeURL, "access_token_url": o.AccessTokenURL}
	for key, template := range addresses {
		switch {
		case template != "":
			c.address(under(at, key), template, settings, nil)
		case o.AuthorizeURL != "":
			c.fail(under(at, key), "is missing")
		}
	}
	if o.AuthorizeURL != "" {
		c.redirect(under(at, "redirect"), o.Redirect, settings)
	}
}

// theirs checks what is said of Commerce Intelligence, and the status page.
func (c *checker) theirs(p Provider) {
	if t := p.CommerceIntelligence; t != nil {
		at := []any{"commerce_intelligence"}
		c.required(under(at, "name"), t.Name)
		c.required(under(at, "button"), t.Button)
		if len(t.Again) > 0 {
			c.localized(under(at, "again"), t.Again)
		}
	}
	if s := p.Status; s != nil {
		c.oneOf([]any{"status", "kind"}, s.Kind, statusKinds...)
		settings := map[string]integration.Field{}
		for _, f := range p.Settings {
			settings[f.ID] = f
		}
		c.product(*s, settings)
		c.address([]any{"status", "url"}, s.URL, settings, nil)
	}
}

// product checks the regular expression that narrows a status page down, with a value in the place of each
// setting, and the words for the values.
func (c *checker) product(s StatusPage, settings map[string]integration.Field) {
	at := []any{"status", "product"}
	c.template(at, s.Product, keys(settings))
	f := filler{values: map[string]string{}}
	for id := range settings {
		f.values[id] = "a"
	}
	c.regular(at, f.pattern(s.Product, nil))
	for value := range s.Words {
		known := slices.ContainsFunc(names(s.Product), func(name string) bool {
			choices := settings[name].Choices
			return len(choices) == 0 && settings[name].ID != "" || slices.Contains(choices, value)
		})
		if !known {
			c.fail([]any{"status", "words", value}, "no setting in product has the value %q", value)
		}
	}
}

// listed wants a value of a closed list, or a setting whose choices are all of that list.
func (c *checker) listed(at []any, value string, settings map[string]integration.Field, allowed []string) {
	if p := pieces(value); len(p) == 1 && p[0].name != "" {
		for _, choice := range settings[p[0].name].Choices {
			c.oneOf(at, choice, allowed...)
		}
		if len(settings[p[0].name].Choices) == 0 {
			c.fail(at, "{%s} must be a setting of kind choice", p[0].name)
		}
		return
	}
	c.oneOf(at, value, allowed...)
}

func (c *checker) redirect(at []any, r Redirect, settings map[string]integration.Field) {
	c.listed(under(at, "kind"), r.Kind, settings, redirects)
	if r.Host != "" {
		c.oneOf(under(at, "host"), r.Host, "127.0.0.1", "localhost")
	}
	if r.Path != "" && !strings.HasPrefix(r.Path, "/") {
		c.fail(under(at, "path"), "%q does not begin with a slash", r.Path)
	}
	for i, port := range r.Ports {
		if port < 1024 || port > 65535 {
			c.fail(under(at, "ports", i), "%d is not between 1024 and 65535", port)
		}
	}
	if r.Kind == "ports" && len(r.Ports) == 0 {
		c.fail(at, "kind ports needs ports")
	}
	if r.Kind == "paste" && r.URI == "" {
		c.fail(at, "kind paste needs the uri that is registered")
	}
	if r.URI != "" {
		c.plainAddress(under(at, "uri"), r.URI)
	}
}

// probe checks the one read that proves a grant.
func (c *checker) probe(p Provider, settings map[string]integration.Field) {
	at := []any{"probe"}
	switch {
	case (p.Probe.HTTP == nil) == (p.Probe.SQL == nil):
		c.fail(at, "want either http or sql")
	case p.Probe.SQL != nil:
		c.sql(under(at, "sql"), *p.Probe.SQL, settings)
	default:
		c.http(under(at, "http"), *p.Probe.HTTP, p.Methods, settings)
	}
}

func (c *checker) http(at []any, h HTTPProbe, methods []Method, settings map[string]integration.Field) {
	c.oneOf(under(at, "method"), h.Method, "GET", "POST")
	if h.URL == "" {
		c.fail(under(at, "url"), "is missing")
	} else {
		c.address(under(at, "url"), h.URL, settings, h.Hosts, methods...)
	}
	known := public(methods)
	for id := range settings {
		known[id] = true
	}
	for _, m := range methods {
		for _, f := range m.Fields {
			known[f.ID] = true
		}
	}
	for name, template := range h.Headers {
		c.header(under(at, "headers"), name, template, settings, known)
	}
	c.template(under(at, "body"), h.Body, keys(settings))
	if h.Body != "" && h.Method != "POST" {
		c.fail(under(at, "body"), "only a POST has a body")
	}
	c.required(under(at, "proof"), h.Proof)
	for key, template := range map[string]string{"proof": h.Proof, "account": h.Account.ID + h.Account.Name} {
		c.template(under(at, key), template, keys(settings))
	}
	if name := h.CapturedAccount(); name != "" && !known[name] {
		c.fail(under(at, "account", "id"), "no method captures %q", name)
	}
	if h.Resources != nil {
		if h.Resources.URL != "" {
			c.address(under(at, "resources", "url"), h.Resources.URL, settings, h.Hosts, methods...)
		}
		c.required(under(at, "resources", "list"), h.Resources.List)
	}
	if h.PerDay < 0 {
		c.fail(under(at, "per_day"), "is negative")
	}
}

func (c *checker) sql(at []any, s SQLProbe, settings map[string]integration.Field) {
	c.oneOf(under(at, "driver"), s.Driver, "postgresql", "mysql", "sqlserver", "mongodb")
	if s.Driver == "mongodb" {
		if s.Query != "connectionStatus" {
			c.fail(under(at, "query"), "want connectionStatus, the command that tells who signed in")
		}
	} else if query := strings.ToUpper(strings.TrimSpace(s.Query)); !strings.HasPrefix(query, "SELECT ") || strings.Contains(query, ";") {
		c.fail(under(at, "query"), "want one SELECT, without a semicolon")
	}
	if _, ok := settings[s.TableSetting]; s.TableSetting != "" && !ok {
		c.fail(under(at, "table_setting"), "there is no setting %q", s.TableSetting)
	}
	for _, id := range []string{"host", "port", "database", "tls"} {
		if _, ok := settings[id]; !ok {
			c.fail([]any{"settings"}, "a database needs the setting %s", id)
		}
	}
}

// answerMethods wants the ways in that an answer is limited to: the provider's own, not all of them, and
// with a server that answers there.
func (c *checker) answerMethods(p Provider) {
	for i, a := range p.Answers {
		seen := map[integration.Method]bool{}
		for j, kind := range a.Methods {
			at := []any{"answers", i, "methods", j}
			m, ok := p.Method(kind)
			switch {
			case !ok:
				c.fail(at, "the provider has no method %s", kind)
			case seen[kind]:
				c.fail(at, "%s is there twice", kind)
			case (a.At == "token" || a.At == "authorize") && m.OAuth == nil && m.OAuth1 == nil && m.Trade == nil:
				c.fail(at, "nobody answers the method %s at %s", kind, a.At)
			}
			seen[kind] = true
		}
		if len(seen) == len(p.Methods) && len(seen) > 0 {
			c.fail([]any{"answers", i, "methods"}, "these are all methods; leave it out")
		}
	}
}

// answers checks what the documented answers mean.
func (c *checker) answers(answers []Answer, oauth, database bool) {
	for i, a := range answers {
		at := []any{"answers", i}
		c.oneOf(under(at, "at"), a.At, places...)
		switch {
		case (a.At == "token" || a.At == "authorize") && !oauth:
			c.fail(under(at, "at"), "no method has an OAuth server that could answer at %s", a.At)
		case a.At == "driver" && !database:
			c.fail(under(at, "at"), "driver goes with a probe of kind sql")
		case a.At == "api" && database:
			c.fail(under(at, "at"), "api goes with a probe of kind http")
		}
		c.oneOf(under(at, "meaning"), string(a.Meaning), meanings...)
		if a.Matches != "" {
			c.regular(under(at, "matches"), a.Matches)
		}
		for j, status := range a.Status {
			if status < 100 || status > 599 {
				c.fail(under(at, "status", j), "%d is not an HTTP status", status)
			}
		}
		if a.At == "driver" && (len(a.Status) > 0 || a.Header != "" || a.Path != "") {
			c.fail(at, "a database's answer has a code (equals) and a text (matches), and nothing else")
		}
		if len(a.Holds) > 0 && a.Header == "" {
			c.fail(under(at, "holds"), "goes with header")
		}
		if a.At == "api" && len(a.Equals) > 0 && a.Path == "" {
			c.fail(at, "equals needs a path here")
		}
		if len(a.Status) == 0 && a.Header == "" && a.Path == "" && len(a.Equals) == 0 && a.Matches == "" {
			c.fail(at, "has no condition: it would fit every answer")
		}
	}
}
