package catalog

import "relink/backend/integration"

// trade checks how a login becomes a token.
func (c *checker) trade(at []any, m Method, settings map[string]integration.Field) {
	known := map[string]bool{}
	for _, f := range m.Fields {
		known[f.ID] = true
	}
	t := *m.Trade
	c.exchange(at, t.URL, t.Body, settings, known)
	if !carries(t.Body, "password") {
		c.fail(under(at, "body"), "the password is not in it")
	}
	if m.Lifetime.Access <= 0 {
		c.fail(under(at[:len(at)-1], "lifetime", "access"), "is missing: when is the trade made again?")
	}
	code := t.Code
	if code == nil {
		return
	}
	here := under(at, "code")
	c.required(under(here, "path"), code.Path)
	if len(code.Equals) == 0 && code.Matches == "" {
		c.fail(here, "want equals or matches: what tells that a code is asked for?")
	}
	c.regular(under(here, "matches"), code.Matches)
	c.field(under(here, "field"), code.Field)
	if !fieldID.MatchString(code.Field.ID) || known[code.Field.ID] || settings[code.Field.ID].ID != "" {
		c.fail(under(here, "field", "id"), "%q: want a name of its own", code.Field.ID)
	}
	if !code.Field.Secret() || code.Field.Optional {
		c.fail(under(here, "field"), "want one of kind secret that is needed: a code is shown and kept nowhere")
	}
	known[code.Field.ID] = true
	c.exchange(here, code.URL, code.Body, settings, known)
	if !carries(code.Body, code.Field.ID) {
		c.fail(under(here, "body"), "the code is not in it")
	}
}

// exchange checks one request of a trade.
func (c *checker) exchange(at []any, address string, body map[string]string, settings map[string]integration.Field, known map[string]bool) {
	if address == "" {
		c.fail(under(at, "url"), "is missing")
	} else {
		c.address(under(at, "url"), address, settings, nil)
	}
	for name, template := range body {
		here := under(at, "body", name)
		c.template(here, template, known)
		if parts := pieces(template); len(parts) != 1 || parts[0].basic != nil {
			c.fail(here, "want one {field}, or a plain text")
		}
	}
}

// carries says whether a member of the object is the field.
func carries(body map[string]string, field string) bool {
	for _, template := range body {
		if template == "{"+field+"}" {
			return true
		}
	}
	return false
}
