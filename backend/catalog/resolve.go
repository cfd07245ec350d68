package catalog

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
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
		m.Headers, m.Query = f.headers(m.Headers), f.params(m.Query)
		if m.OAuth != nil {
			o := f.oauth(*m.OAuth)
			m.OAuth = &o
		}
		if m.OAuth1 != nil {
			o := f.oauth1(*m.OAuth1)
			m.OAuth1 = &o
		}
		m.Trade = f.trade(m.Trade)
		methods[i] = m
	}
	p.Methods = methods
	if p.Probe.HTTP != nil {
		h := f.http(*p.Probe.HTTP)
		p.Probe.HTTP = &h
	}
	p.Links = f.links(p.Links)
	p.Status = f.status(p.Status)
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

// params leaves the names of the method's fields for whoever knows what was typed.
func (f *filler) params(templates map[string]string) map[string]string {
	filled := maps.Clone(templates)
	for name, template := range filled {
		filled[name] = f.some(template)
	}
	return filled
}

func (f *filler) oauth(o OAuth) OAuth {
	for _, address := range []*string{&o.AuthorizeURL, &o.DeviceURL, &o.TokenURL, &o.RefreshURL, &o.RevokeURL, &o.Issuer, &o.MetadataURL} {
		*address = f.url(*address)
	}
	o.ClientAuth = f.text(o.ClientAuth)
	o.Redirect.Kind = f.text(o.Redirect.Kind)
	o.AuthorizeParams, o.TokenParams, o.ForceParams = f.params(o.AuthorizeParams), f.params(o.TokenParams), f.params(o.ForceParams)
	o.Request.Headers = f.headers(o.Request.Headers)
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

func (f *filler) oauth1(o OAuth1) OAuth1 {
	o.RequestTokenURL, o.AuthorizeURL, o.AccessTokenURL = f.url(o.RequestTokenURL), f.url(o.AuthorizeURL), f.url(o.AccessTokenURL)
	o.Realm = f.text(o.Realm)
	return o
}

func (f *filler) trade(t *Trade) *Trade {
	if t == nil {
		return nil
	}
	filled := *t
	filled.URL = f.url(t.URL)
	if t.Code != nil {
		code := *t.Code
		code.URL = f.url(code.URL)
		filled.Code = &code
	}
	return &filled
}

// address fills in a probe's address, or leaves it for the probe when it also needs what the grant knows.
func (f *filler) address(template string) string {
	for _, name := range names(template) {
		if _, ok := f.values[name]; !ok {
			return template
		}
	}
	return f.url(template)
}

func (f *filler) http(h HTTPProbe) HTTPProbe {
	h.URL, h.Headers = f.address(h.URL), f.headers(h.Headers)
	if h.Resources != nil {
		r := *h.Resources
		r.URL = f.address(r.URL)
		h.Resources = &r
	}
	h.Body = f.fill(h.Body, EscapeJSON)
	h.Proof, h.Account.ID, h.Account.Name = f.text(h.Proof), f.text(h.Account.ID), f.text(h.Account.Name)
	return h
}

// status is the page as it is asked for these settings; nil where its address needs one that is empty.
func (f *filler) status(s *StatusPage) *StatusPage {
	if s == nil || slices.ContainsFunc(names(s.URL), func(name string) bool { return f.values[name] == "" }) {
		return nil
	}
	filled := *s
	filled.URL, filled.Product = f.url(s.URL), f.pattern(s.Product, s.Words)
	return &filled
}

// pattern fills settings into a regular expression: a value, or the word for it, stands for itself.
func (f *filler) pattern(template string, words map[string]string) string {
	quoted := make(map[string]string, len(f.values))
	for _, name := range names(template) {
		value := f.values[name]
		quoted[name] = regexp.QuoteMeta(cmp.Or(words[value], value))
		if value == "" {
			quoted[name] = ".*"
		}
	}
	out, err := Expand(template, quoted, EscapeNothing)
	if err != nil && f.err == nil {
		f.err = err
	}
	return out
}

// links are only for people: one that cannot be filled in is dropped, and is no error.
func (f *filler) links(l Links) Links {
	for _, link := range []*string{&l.Keys, &l.Revoke, &l.Access, &l.Status, &l.Guide} {
		filled, err := Expand(*link, f.values)
		if err != nil {
			filled = ""
		}
		*link = filled
	}
	return l
}
