package catalog

import (
	"maps"
	"strings"

	"relink/backend/integration"
)

// Values completes settings: one that is missing or empty gets its default, or is empty. Space
// around a value is dropped.
func (p Provider) Values(settings map[string]string) map[string]string {
	all := make(map[string]string, len(p.Settings))
	for _, f := range p.Settings {
		value := strings.TrimSpace(settings[f.ID])
		if value == "" {
			value = f.Default
		}
		all[f.ID] = value
	}
	return all
}

// For returns the provider as it is for one integration: every template over settings filled in,
// a scope that was a list taken apart, a header without a name left out. Templates over secrets
// stay. Links that a setting is missing for are dropped. An error is an integration.InputError about
// a setting. A provider that is filled in may be filled in again, which changes nothing.
func (p Provider) For(settings map[string]string) (Provider, error) {
	f := filler{values: p.Values(settings)}
	for id, value := range f.values {
		if strings.ContainsAny(value, "{}") { // it would become a template over secrets
			return Provider{}, p.explained(inputError(id, "pattern", value))
		}
	}
	methods := make([]Method, len(p.Methods))
	for i, m := range p.Methods {
		m.Headers = f.headers(m.Headers)
		if m.OAuth != nil {
			o := f.oauth(*m.OAuth)
			m.OAuth = &o
		}
		methods[i] = m
	}
	p.Methods = methods
	if p.Probe.HTTP != nil {
		h := f.http(*p.Probe.HTTP)
		p.Probe.HTTP = &h
	}
	p.Links = f.links(p.Links)
	if f.err != nil {
		return Provider{}, p.explained(f.err)
	}
	return p, nil
}

// explained puts the label and the example of the setting into an error about it.
func (p Provider) explained(err error) error {
	for _, problem := range integration.Problems(err) {
		for _, f := range p.Settings {
			if f.ID == problem.Field {
				return fieldError(f, problem.Code, problem.Args["value"])
			}
		}
	}
	return err
}

// filler fills settings in and keeps the first error.
type filler struct {
	values map[string]string
	err    error
}

func (f *filler) url(template string) string  { return f.fill(template, EscapeURL) }
func (f *filler) text(template string) string { return f.fill(template, EscapeNothing) }

func (f *filler) fill(template string, as Escape) string {
	out, err := Expand(template, f.values, as)
	if err != nil && f.err == nil {
		f.err = err
	}
	return out
}

// some fills in what is a setting and leaves the names of secrets for whoever may reveal them.
func (f *filler) some(template string) string {
	if strings.IndexByte(template, '{') < 0 {
		return template
	}
	for name, value := range f.values {
		template = strings.ReplaceAll(template, "{"+name+"}", value)
	}
	return template
}

func (f *filler) headers(templates map[string]string) map[string]string {
	if len(templates) == 0 {
		return templates
	}
	filled := make(map[string]string, len(templates))
	for name, template := range templates {
		if name = f.text(name); name != "" {
			filled[name] = f.some(template)
		}
	}
	return filled
}

func (f *filler) params(templates map[string]string) map[string]string {
	filled := maps.Clone(templates)
	for name, template := range filled {
		filled[name] = f.text(template)
	}
	return filled
}

func (f *filler) oauth(o OAuth) OAuth {
	o.AuthorizeURL, o.TokenURL = f.url(o.AuthorizeURL), f.url(o.TokenURL)
	o.RevokeURL, o.Issuer = f.url(o.RevokeURL), f.url(o.Issuer)
	o.ClientAuth = f.text(o.ClientAuth)
	o.Redirect.Kind = f.text(o.Redirect.Kind)
	o.AuthorizeParams, o.TokenParams = f.params(o.AuthorizeParams), f.params(o.TokenParams)
	var scopes []Scope
	for _, s := range o.Scopes {
		for id := range strings.FieldsSeq(f.text(s.ID)) {
			s.ID = id
			scopes = append(scopes, s)
		}
	}
	o.Scopes = scopes
	return o
}

func (f *filler) http(h HTTPProbe) HTTPProbe {
	h.URL, h.Headers = f.url(h.URL), f.headers(h.Headers)
	h.Body = f.fill(h.Body, EscapeJSON)
	h.Proof, h.Account.ID, h.Account.Name = f.text(h.Proof), f.text(h.Account.ID), f.text(h.Account.Name)
	return h
}

// links are only for people: one that cannot be filled in is dropped, and is no error.
func (f *filler) links(l Links) Links {
	for _, link := range []*string{&l.Keys, &l.Revoke, &l.Access, &l.Status, &l.StatusJSON, &l.Guide} {
		filled, err := Expand(*link, f.values)
		if err != nil {
			filled = ""
		}
		*link = filled
	}
	return l
}
