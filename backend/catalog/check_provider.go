package catalog

import (
	"regexp"
	"slices"
	"strings"

	"relink/backend/integration"
)

// The closed lists of a provider.yaml; schema.json repeats them, and a test compares.
var (
	categories  = []string{"analytics", "ads", "shop", "payments", "support", "database", "other"}
	fieldKinds  = []string{"text", "secret", "host", "port", "url", "choice", "number", "textarea"}
	methodKinds = []string{"oauth2_code", "oauth2_device", "oauth2_client_credentials", "service_account", "oauth1", "api_key", "basic", "database_login", "login_token"}
	clientAuths = []string{"header", "body", "none"}
	redirects   = []string{"loopback", "ports", "paste", "pin"}
	imports     = []string{"google_client", "google_service_account"}
	statusKinds = []string{"statuspage", "google", "salesforce", "meta", "stripe", "aws", "zendesk", "feed"}
	places      = []string{"token", "authorize", "api", "driver"}
	meanings    = []string{
		"credential_dead", "credential_expired", "credential_revoked", "access_expired", "password_expired", "login_refused",
		"account_disabled", "scope_missing", "permission_denied", "resource_gone", "client_invalid", "app_blocked",
		"address_not_allowed", "key_or_address", "tls_required", "rate_limited", "service_down", "connection_limit", "request_outdated", "no_credential_sent",
	}
)

var (
	providerID = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	fieldID    = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	paramName  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
	headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$") // token of RFC 9110 section 5.6.2
)

// provider checks a whole file.
func (c *checker) provider(p Provider) {
	if !providerID.MatchString(p.ID) {
		c.fail([]any{"id"}, "%q: want lower-case letters and digits with hyphens between", p.ID)
	}
	c.required([]any{"name"}, p.Name)
	c.oneOf([]any{"category"}, p.Category, categories...)
	c.localized([]any{"summary"}, p.Summary)
	settings := c.fields([]any{"settings"}, p.Settings, nil)
	for i, f := range p.Settings {
		if f.Secret() {
			c.fail([]any{"settings", i, "kind"}, "a setting is not kept secret; make %s a field of the method", f.ID)
		}
	}
	c.methods(p, settings)
	c.probe(p, settings)
	c.theirs(p)
	oauth := false
	for _, m := range p.Methods {
		oauth = oauth || m.OAuth != nil || m.OAuth1 != nil || m.Trade != nil
	}
	c.answers(p.Answers, oauth, p.Database())
	c.answerMethods(p)
	for key, link := range map[string]string{
		"keys": p.Links.Keys, "revoke": p.Links.Revoke, "access": p.Links.Access,
		"status": p.Links.Status, "guide": p.Links.Guide,
	} {
		if link != "" {
			c.address([]any{"links", key}, link, settings, nil)
		}
	}
}

// fields checks the inputs of a form and returns all that are known by then, by id.
func (c *checker) fields(at []any, fields []integration.Field, before map[string]integration.Field) map[string]integration.Field {
	known := map[string]integration.Field{}
	for id, f := range before {
		known[id] = f
	}
	for i, f := range fields {
		here := under(at, i)
		if !fieldID.MatchString(f.ID) || f.ID == "basic" {
			c.fail(under(here, "id"), "%q: want lower-case letters, digits and underscores", f.ID)
		}
		if _, taken := known[f.ID]; taken {
			c.fail(under(here, "id"), "%q is there twice", f.ID)
		}
		c.needed(here, f, known)
		known[f.ID] = f
		c.field(here, f)
	}
	return known
}

// needed checks that what a field needs is there before it, and can have the value.
func (c *checker) needed(at []any, f integration.Field, known map[string]integration.Field) {
	if f.Needs == "" {
		return
	}
	earlier, before := known[Needed(f)]
	if !before {
		c.fail(under(at, "needs"), "there is no field %q before this one", Needed(f))
		return
	}
	if _, value, compared := strings.Cut(f.Needs, "="); compared && !slices.Contains(earlier.Choices, value) {
		c.fail(under(at, "needs"), "%q is no choice of %s", value, earlier.ID)
	}
}

func (c *checker) field(at []any, f integration.Field) {
	c.oneOf(under(at, "kind"), string(f.Kind), fieldKinds...)
	c.localized(under(at, "label"), f.Label)
	if len(f.Help) > 0 {
		c.localized(under(at, "help"), f.Help)
	}
	if f.Pattern != "" {
		c.regular(under(at, "pattern"), f.Pattern)
	}
	if (f.Kind == integration.FieldChoice) != (len(f.Choices) > 0) {
		c.fail(at, "a field of kind choice has choices, and no other has")
	}
	for key, value := range map[string]string{"default": f.Default, "example": f.Example} {
		if value == "" || f.Secret() {
			continue
		}
		if code := fieldProblem(f, value); code != "" {
			c.fail(under(at, key), "%q would be refused: %s", value, code)
		}
	}
	if f.Lines && !f.Secret() {
		c.fail(under(at, "lines"), "goes with a secret; other texts of several lines are of kind textarea")
	}
	if f.Secret() && f.Default != "" {
		c.fail(under(at, "default"), "a secret has no default")
	}
}

// methods checks the ways in.
func (c *checker) methods(p Provider, settings map[string]integration.Field) {
	if len(p.Methods) == 0 {
		c.fail([]any{"methods"}, "at least one is needed")
	}
	kinds := map[integration.Method]bool{}
	for i, m := range p.Methods {
		at := []any{"methods", i}
		c.oneOf(under(at, "kind"), string(m.Kind), methodKinds...)
		if kinds[m.Kind] {
			c.fail(under(at, "kind"), "%s is there twice", m.Kind)
		}
		kinds[m.Kind] = true
		c.localized(under(at, "label"), m.Label)
		if len(m.Help) > 0 {
			c.localized(under(at, "help"), m.Help)
		}
		known := c.fields(under(at, "fields"), m.Fields, settings)
		c.needs(at, m, p.Database())
		for name, template := range m.Headers {
			c.header(under(at, "headers"), name, template, settings, c.names(m, known))
		}
		c.query(under(at, "query"), m, p, c.names(m, known))
		if m.Import != "" {
			c.oneOf(under(at, "import"), m.Import, imports...)
		}
		if m.OAuth != nil {
			c.oauth(under(at, "oauth"), m, settings)
		}
		if m.OAuth1 != nil {
			c.oauth1(under(at, "oauth1"), *m.OAuth1, settings)
		}
		if m.Trade != nil {
			c.trade(under(at, "trade"), m, settings)
		}
		if s := m.Lifetime.Shorter; s != nil && known[s.Field].ID == "" {
			c.fail(under(at, "lifetime", "shorter", "field"), "there is no field %q", s.Field)
		}
	}
}

// names are those that a header's template may use.
func (c *checker) names(m Method, known map[string]integration.Field) map[string]bool {
	all := keys(known)
	if m.Trade != nil {
		all["access_token"] = true
	}
	if m.OAuth != nil {
		all["access_token"] = true
		for name := range m.OAuth.Captured {
			all[name] = true
		}
	}
	return all
}

// public are the names that an address may use beside the settings: the fields of all methods that
// are no secret, and what their servers tell beside the token.
func public(methods []Method) map[string]bool {
	all := map[string]bool{}
	for _, m := range methods {
		for _, f := range m.Fields {
			if !f.Secret() {
				all[f.ID] = true
			}
		}
		if m.OAuth != nil {
			for name := range m.OAuth.Captured {
				all[name] = true
			}
		}
	}
	return all
}

// needs checks that a method asks for what its kind cannot do without.
func (c *checker) needs(at []any, m Method, database bool) {
	wanted := map[integration.Method][]string{
		integration.MethodOAuth2Code:              {"client_id"},
		integration.MethodOAuth2Device:            {"client_id"},
		integration.MethodOAuth2ClientCredentials: {"client_id", "client_secret"},
		integration.MethodServiceAccount:          {"client_email", "private_key"},
		integration.MethodOAuth1:                  {"consumer_key", "consumer_secret"},
		integration.MethodBasic:                   {"username", "password"},
		integration.MethodDatabaseLogin:           {"username", "password"},
		integration.MethodAPIKey:                  {"api_key"},
		integration.MethodLoginToken:              {"username", "password"},
	}
	has := map[string]bool{}
	for _, f := range m.Fields {
		has[f.ID] = true
	}
	for _, id := range wanted[m.Kind] {
		if !has[id] {
			c.fail(under(at, "fields"), "a method of kind %s needs the field %s", m.Kind, id)
		}
	}
	signed := m.Kind == integration.MethodServiceAccount
	if (strings.HasPrefix(string(m.Kind), "oauth2_") || signed) != (m.OAuth != nil) {
		c.fail(at, "the methods oauth2_… and service_account have an oauth part, and no other has")
	}
	if signed != (m.Assertion != nil) {
		c.fail(at, "service_account has an assertion part, and no other method has")
	}
	if (m.Kind == integration.MethodOAuth1) != (m.OAuth1 != nil) {
		c.fail(at, "oauth1 has an oauth1 part, and no other method has")
	}
	if (m.Kind == integration.MethodLoginToken) != (m.Trade != nil) {
		c.fail(at, "login_token has a trade part, and no other method has")
	}
	if (m.Kind == integration.MethodDatabaseLogin) != database {
		c.fail(under(at, "kind"), "database_login goes with a probe of kind sql, and with no other")
	}
	if !database && m.OAuth1 == nil && len(m.Headers)+len(m.Query) == 0 {
		c.fail(at, "headers are missing: nothing would carry the credential")
	}
}

// query checks the parameters that carry a credential in an address: named plainly, with a secret in each,
// beside nothing of the same name, and over https wherever it is sent.
func (c *checker) query(at []any, m Method, p Provider, known map[string]bool) {
	if len(m.Query) == 0 {
		return
	}
	if p.Probe.HTTP == nil || m.OAuth1 != nil {
		c.fail(at, "goes with a probe of kind http whose requests are not signed")
		return
	}
	open := openNames(m, map[string]integration.Field{})
	for _, f := range p.Settings {
		open[f.ID] = true
	}
	addresses := []string{p.Probe.HTTP.URL}
	if r := p.Probe.HTTP.Resources; r != nil && r.URL != "" {
		addresses = append(addresses, r.URL)
	}
	for name, template := range m.Query {
		here := under(at, name)
		c.template(here, template, known)
		if !paramName.MatchString(name) {
			c.fail(here, "%q is not the name of a parameter: want letters, digits, hyphens and underscores", name)
		}
		if !slices.ContainsFunc(names(template), func(n string) bool { return !open[n] }) {
			c.fail(here, "holds no secret, so it belongs into the probe's address")
		}
		for _, address := range addresses {
			if hasParameter(address, name) {
				c.fail(here, "stands in the probe's address already")
			}
			if strings.HasPrefix(address, "http://") {
				c.fail(here, "a secret in an address goes over https alone")
			}
		}
	}
}

// hasParameter says whether an address, which may be a template, has the query's parameter already.
func hasParameter(address, name string) bool {
	_, query, _ := strings.Cut(address, "?")
	for part := range strings.SplitSeq(query, "&") {
		if key, _, _ := strings.Cut(part, "="); key == name {
			return true
		}
	}
	return false
}

// header checks one request header; its name may be a template over settings.
func (c *checker) header(at []any, name, template string, settings map[string]integration.Field, known map[string]bool) {
	here := under(at, name)
	c.template(here, name, keys(settings))
	plain, err := Expand(name, map[string]string{}, EscapeNothing)
	if err == nil && !headerName.MatchString(plain) {
		c.fail(here, "%q is not the name of a header", name)
	}
	c.template(here, template, known)
}
