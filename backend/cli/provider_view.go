package cli

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/reauth"
	"relink/backend/view"
)

// day is the unit in which lifetimes are told.
const day = 24 * time.Hour

// ProviderView is one card of the catalog, and the page behind it; relay is the agency's relay page, "" for none.
func ProviderView(p catalog.Provider, relay string) view.Provider {
	v := view.Provider{
		ID: p.ID, Name: p.Name, Category: p.Category, Family: p.Family, Synonyms: append([]string{}, p.Synonyms...), Summary: view.LocalizedOf(p.Summary),
		CommerceIntelligence: p.CommerceIntelligence != nil, Theirs: theirsView(p.CommerceIntelligence), Generic: p.Generic, Own: p.Own,
		Settings: view.FieldsOf(p.Settings), Methods: make([]view.Method, len(p.Methods)), Probe: probeView(p),
		Links: links(p, nil), IntervalMS: p.DefaultInterval().Milliseconds(),
		Unconfirmed: unconfirmed(p), Sources: append([]string{}, p.Sources...),
	}
	for i, m := range p.Methods {
		v.Methods[i] = methodView(p, m, relay)
	}
	return v
}

func theirsView(t *catalog.Theirs) *view.Theirs {
	if t == nil {
		return nil
	}
	return &view.Theirs{Name: t.Name, Button: t.Button, Again: view.LocalizedOf(t.Again), Days: days(time.Duration(t.Lifetime)), Unconfirmed: t.Unconfirmed}
}

func methodView(p catalog.Provider, m catalog.Method, relay string) view.Method {
	v := view.Method{
		Kind: string(m.Kind), Label: view.LocalizedOf(m.Label), Help: view.LocalizedOf(m.Help), Fields: view.FieldsOf(m.Fields),
		Import: m.Import, SignInHosts: []string{}, Scopes: []view.Scope{},
		Lifetime: lifetimeView(m.Lifetime), Life: lifeSentences(m),
	}
	example := examples(p.Settings)
	if filled, err := p.For(example); err == nil {
		known, _ := filled.Method(m.Kind)
		v.RedirectKind = redirectKind(known)
		if app := reauth.App(filled, known, relay); app != nil {
			app.KeysURL = links(p, nil).Keys // with an example in it, it would lead to somebody else's page
			v.App = view.AppOf(app)
		}
	}
	if m.Trade != nil {
		v.SignInHosts = hosts(example, nil, m.Trade.URL)
	}
	if o := m.OAuth1; o != nil && o.AuthorizeURL != "" {
		v.SignInHosts = hosts(example, nil, o.AuthorizeURL, o.RequestTokenURL, o.AccessTokenURL)
	}
	if m.OAuth == nil {
		return v
	}
	v.SignInHosts = hosts(example, m.OAuth.ConsentHosts, m.OAuth.AuthorizeURL, m.OAuth.DeviceURL, m.OAuth.TokenURL, m.OAuth.RefreshURL)
	for _, s := range m.OAuth.Scopes {
		id := s.ID
		if strings.Contains(id, "{") { // the person types them
			id = ""
		}
		v.Scopes = append(v.Scopes, view.Scope{ID: id, Why: view.LocalizedOf(s.Why), Optional: s.Optional})
	}
	return v
}

// examples are the fields' defaults, or else their examples: what stands in a template before anything was typed.
func examples(fields []integration.Field) map[string]string {
	values := map[string]string{}
	for _, f := range fields {
		if example := cmp.Or(f.Default, f.Example); example != "" && !f.Secret() {
			values[f.ID] = example
		}
	}
	return values
}

// exampled puts the examples into a template; names without one stay as they are.
func exampled(template string, example map[string]string) string {
	for name, value := range example {
		template = strings.ReplaceAll(template, "{"+name+"}", value)
	}
	return template
}

// redirectKind is how the browser comes back to Relink; "" where it takes no part.
func redirectKind(m catalog.Method) string {
	switch {
	case m.OAuth1 != nil && m.OAuth1.AuthorizeURL != "":
		return m.OAuth1.Redirect.Kind
	case m.OAuth != nil && m.Kind == integration.MethodOAuth2Code:
		return m.OAuth.Redirect.Kind
	}
	return ""
}

// hosts are the different hosts of the addresses, and more.
func hosts(example map[string]string, more []string, templates ...string) []string {
	all := []string{}
	for _, template := range templates {
		if host := hostOf(exampled(template, example)); host != "" && !slices.Contains(all, host) {
			all = append(all, host)
		}
	}
	for _, host := range more {
		if host = exampled(host, example); !slices.Contains(all, host) {
			all = append(all, host)
		}
	}
	return all
}

// hostOf is the host in an address, which may be a template still; "" where it begins with a name.
func hostOf(address string) string {
	_, rest, found := strings.Cut(address, "://")
	if !found {
		return ""
	}
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, "?")
	return host
}

func lifetimeView(l catalog.Lifetime) view.Lifetime {
	v := view.Lifetime{
		AccessMS: time.Duration(l.Access).Milliseconds(), GrantMS: time.Duration(l.Grant).Milliseconds(),
		IdleMS: time.Duration(l.Idle).Milliseconds(), Rotates: l.Rotates,
	}
	if s := l.Shorter; s != nil {
		v.Shorter = &view.Shorter{Field: s.Field, Equals: s.Equals, Days: days(time.Duration(s.Grant))}
		if v.Shorter.Days == 0 {
			v.Shorter.Hours = int(time.Duration(s.Grant) / time.Hour)
		}
	}
	return v
}

func days(d time.Duration) int { return int(d / day) }

// lifeSentences tell how long what the method yields lives, beginning with when the person is needed again.
func lifeSentences(m catalog.Method) []view.Text {
	var all []view.Text
	say := func(key string, count int) {
		all = append(all, view.Text{Key: key, Args: map[string]string{"count": strconv.Itoa(count)}})
	}
	if d := time.Duration(m.Lifetime.Grant); d > 0 {
		say("provider.life.grant", days(d))
	}
	if d := time.Duration(m.Lifetime.Idle); d > 0 {
		say("provider.life.idle", days(d))
	}
	if len(all) == 0 {
		say("provider.life.open", 0)
	}
	if d := time.Duration(m.Lifetime.Access); d > 0 {
		switch {
		case d%day == 0:
			say("provider.life.access_days", days(d))
		case d%time.Hour == 0:
			say("provider.life.access_hours", int(d/time.Hour))
		default:
			say("provider.life.access_minutes", int(d/time.Minute))
		}
	}
	if m.Lifetime.Rotates {
		say("provider.life.rotates", 0)
	}
	if m.Trade != nil && m.Trade.Code != nil {
		say("provider.life.code", 0)
	}
	return all
}

// probeView tells what is asked at each check, and of whom.
func probeView(p catalog.Provider) view.Probe {
	example := examples(p.Settings)
	for _, m := range p.Methods {
		for name, value := range examples(m.Fields) {
			example[name] = cmp.Or(example[name], value)
		}
	}
	if sql := p.Probe.SQL; sql != nil {
		v := view.Probe{Driver: sql.Driver, Query: strings.Join(strings.Fields(sql.Query), " "), Hosts: []string{}}
		v.Asks = []view.Text{{Key: "provider.asks.query", Args: map[string]string{"query": v.Query}}}
		if sql.TableSetting != "" {
			v.Asks = append(v.Asks, view.Text{Key: "provider.asks.table", Args: map[string]string{}})
		}
		return v
	}
	http := p.Probe.HTTP
	if http == nil {
		return view.Probe{Hosts: []string{}, Asks: []view.Text{}}
	}
	address, _, _ := strings.Cut(exampled(http.URL, example), "?")
	v := view.Probe{Method: http.Method, Address: address, Host: hostOf(address), Hosts: append([]string{}, http.Hosts...), PerDay: http.PerDay}
	v.Asks = httpSentences(v, http, address != templateAddress(http.URL))
	if s := p.Status; s != nil {
		v.Asks = append(v.Asks, view.Text{Key: "provider.asks.status", Args: map[string]string{"host": hostOf(s.URL)}})
	}
	if names := inAddress(p); names != "" {
		v.Asks = append(v.Asks, view.Text{Key: "provider.asks.in_address", Args: map[string]string{"names": names}})
	}
	return v
}

// inAddress names the parameters that carry a credential in the request's address; "" where none does.
func inAddress(p catalog.Provider) string {
	var names []string
	for _, m := range p.Methods {
		for name := range m.Query {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func templateAddress(template string) string {
	address, _, _ := strings.Cut(template, "?")
	return address
}

// httpSentences tell what a check sends, to whom, and what is kept of the answer.
func httpSentences(v view.Probe, http *catalog.HTTPProbe, example bool) []view.Text {
	args := map[string]string{"method": v.Method, "address": v.Address, "host": v.Host, "hosts": strings.Join(v.Hosts, ", ")}
	all := []view.Text{{Key: "provider.asks.request", Args: args}}
	if example {
		all = append(all, view.Text{Key: "provider.asks.example", Args: args})
	}
	switch {
	case len(v.Hosts) > 0:
		all = append(all, view.Text{Key: "provider.asks.hosts", Args: args})
	case v.Host != "":
		all = append(all, view.Text{Key: "provider.asks.host", Args: args})
	}
	if http.Resources != nil {
		all = append(all, view.Text{Key: "provider.asks.resources", Args: args})
	}
	if http.Account.ID != "" {
		all = append(all, view.Text{Key: "provider.asks.account", Args: args})
	}
	if v.PerDay > 0 {
		all = append(all, view.Text{Key: "provider.asks.per_day", Args: map[string]string{"count": strconv.Itoa(v.PerDay)}})
	}
	return all
}
