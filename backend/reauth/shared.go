package reauth

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"relink/backend/catalog"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/secret"
)

// shared is what a flow knows of the integrations that use the same grant.
type shared struct {
	joins bool            // an integration is added on a grant that is there
	kin   []kin           // the other integrations that use the grant
	given map[string]bool // fields of the method that the grant brings along
}

// kin is another integration that uses the flow's grant.
type kin struct {
	integration integration.Integration
	provider    catalog.Provider // with the integration's settings filled in
	method      catalog.Method
}

func (k kin) use() grant.Use {
	return grant.Use{Provider: k.provider, Settings: k.integration.Settings}
}

// kinOf are the integrations that use a grant, by name, without the one that the flow is about.
func (c *Conversations) kinOf(g integration.Grant, own string) []kin {
	var all []kin
	for _, seen := range c.Monitor.All() {
		if seen.Integration.GrantID != g.ID || seen.Integration.ID == own {
			continue
		}
		if provider, method, ok := c.described(seen); ok {
			all = append(all, kin{seen.Integration, provider, method})
		}
	}
	slices.SortFunc(all, func(a, b kin) int { return cmp.Compare(a.integration.Name, b.integration.Name) })
	return all
}

// described is the catalog's description of an integration, with its settings filled in.
func (c *Conversations) described(s monitor.Seen) (catalog.Provider, catalog.Method, bool) {
	provider, ok := c.Providers(s.Integration.ProviderID)
	if !ok {
		return provider, catalog.Method{}, false
	}
	provider, err := provider.For(s.Integration.Settings)
	if err != nil {
		return provider, catalog.Method{}, false
	}
	method, ok := provider.Method(s.Grant.Method)
	return provider, method, ok
}

// also are the names of the other integrations that the flow's grant serves.
func (f *flow) also() []string {
	names := make([]string, len(f.kin))
	for i, k := range f.kin {
		names[i] = k.integration.Name
	}
	return names
}

// scopes are all that the flow's consent asks for: what its own provider needs, and what the others
// that use the grant need.
func (f *flow) scopes() []catalog.Scope {
	var all []catalog.Scope
	methods := []catalog.Method{f.method}
	for _, k := range f.kin {
		methods = append(methods, k.method)
	}
	for _, m := range methods {
		if m.OAuth == nil {
			continue
		}
		for _, s := range m.OAuth.Scopes {
			known := slices.IndexFunc(all, func(x catalog.Scope) bool { return x.ID == s.ID })
			if known < 0 {
				all = append(all, s)
			} else if !s.Optional {
				all[known].Optional = false
			}
		}
	}
	return all
}

// Offer is a grant that a new integration may use together with those that use it already.
type Offer struct {
	Integration string // the id of one of them: Draft.UseGrant
	Account     integration.Account
	Users       []string // their names
}

// Offers are the grants that a new integration of the provider may use, those with most users first.
// They belong to the same family of providers, were obtained in the same way at the same server, and work.
func (c *Conversations) Offers(p catalog.Provider, m catalog.Method) []Offer {
	byGrant := map[string]*Offer{}
	for _, seen := range c.Monitor.All() {
		if seen.State.Finding.Next == integration.NextReconnect || seen.State.Latched || !c.mayShare(p, m, seen) {
			continue
		}
		o := byGrant[seen.Grant.ID]
		if o == nil {
			o = &Offer{Integration: seen.Integration.ID, Account: seen.Grant.Account}
			byGrant[seen.Grant.ID] = o
		}
		o.Users = append(o.Users, seen.Integration.Name)
	}
	all := make([]Offer, 0, len(byGrant))
	for _, o := range byGrant {
		slices.Sort(o.Users)
		all = append(all, *o)
	}
	slices.SortFunc(all, func(a, b Offer) int {
		return cmp.Or(cmp.Compare(len(b.Users), len(a.Users)), cmp.Compare(a.Users[0], b.Users[0]))
	})
	return all
}

// mayShare says whether a new integration of a provider, with its settings filled in, may use the grant
// of one that is there. A grant must not be sent to a server that it was not obtained from.
func (c *Conversations) mayShare(p catalog.Provider, m catalog.Method, s monitor.Seen) bool {
	theirs, method, ok := c.described(s)
	if !ok || p.Generic || theirs.Generic || cmp.Or(p.Family, p.ID) != cmp.Or(theirs.Family, theirs.ID) {
		return false
	}
	if m.Kind != s.Grant.Method || m.OAuth == nil || method.OAuth == nil {
		return false
	}
	a, b := m.OAuth, method.OAuth
	consents := a.AuthorizeURL != "" || a.DeviceURL != "" || a.MetadataURL != ""
	return consents && a.AuthorizeURL == b.AuthorizeURL && a.DeviceURL == b.DeviceURL && a.MetadataURL == b.MetadataURL &&
		a.TokenURL == b.TokenURL && a.RefreshURL == b.RefreshURL && a.ClientAuth == b.ClientAuth
}

// offer asks whether the new integration is to use a grant that is there; false where there is none.
func (c *Conversations) offer(f *flow) (integration.Step, bool) {
	offers := c.Offers(f.provider, f.method)
	if f.brought != nil || len(offers) == 0 {
		return integration.Step{}, false
	}
	o := offers[0]
	text := func(part string) integration.Text {
		return integration.Text{Key: "question.share." + part, Args: map[string]string{
			"integration": f.integration.Name, "provider": f.provider.Name, "account": nameOf(o.Account), "users": strings.Join(o.Users, ", "),
		}}
	}
	c.open(f, integration.Step{})
	c.ask(f, text("title"), text("notice"), integration.Question{Account: o.Account}, answers{
		integration.ChoiceNew: func(ctx context.Context) (integration.Step, error) {
			if problems := c.problems(f); len(problems) > 0 {
				return c.form(f, problems), nil
			}
			return c.proceed(ctx, f)
		},
		integration.ChoiceShared: func(ctx context.Context) (integration.Step, error) { return c.join(ctx, f, o.Integration) },
	})
	return c.outcomeStep(f), true
}

// join makes the flow add its integration on the grant of another one. What the grant lacks is asked
// for in a form, and at the provider.
func (c *Conversations) join(ctx context.Context, f *flow, id string) (integration.Step, error) {
	wrong := func(code string) error {
		return integration.InputErrors{{Field: "use_grant", Code: code, Args: map[string]string{"value": id, "provider": f.provider.Name}}}
	}
	seen, err := c.Monitor.One(id)
	if err != nil {
		return integration.Step{}, wrong("integration_unknown")
	}
	if !c.mayShare(f.provider, f.method, seen) {
		return integration.Step{}, wrong("grant_not_shareable")
	}
	held, err := c.Keeper.Held(ctx, seen.Grant)
	if err != nil {
		return integration.Step{}, err
	}
	c.mu.Lock()
	if f.outcome != nil {
		c.mu.Unlock()
		return c.outcomeStep(f), nil
	}
	if f.typed == nil {
		f.typed = secret.Fields{}
	}
	f.joins, f.old, f.kin, f.given = true, held.Grant, c.kinOf(held.Grant, ""), map[string]bool{}
	for _, field := range f.method.Fields {
		if text := held.Secrets[field.ID]; field.Secret() && !text.Empty() {
			f.typed[field.ID], f.given[field.ID] = text, true
		} else if value := held.Grant.Public[field.ID]; !field.Secret() && value != "" {
			f.public[field.ID], f.given[field.ID] = value, true
		}
	}
	c.mu.Unlock()
	c.open(f, integration.Step{})
	if problems := c.problems(f); len(problems) > 0 {
		return c.form(f, nil), nil
	}
	return c.proceed(ctx, f)
}

// joined uses the grant as it is. done is false where it lacks a permission or does not work any more:
// then the person must consent to all that is needed.
func (c *Conversations) joined(ctx context.Context, f *flow) (step integration.Step, done bool) {
	if len(f.missing(f.old.Scopes)) > 0 || f.old.RenewalLost() {
		return step, false
	}
	held, err := c.Keeper.Fresh(ctx, f.kin[0].use(), f.old)
	if err != nil {
		c.Log.Info("the shared grant is not fresh", "error", err)
		return step, false
	}
	outcome := c.commit(ctx, f, c.joining(f, held))
	if outcome.Finding != nil && outcome.Finding.Next == integration.NextReconnect {
		return step, false
	}
	return c.finish(ctx, f, outcome), true
}

// joining is the grant that is there, with what was typed beside it.
func (c *Conversations) joining(f *flow, held grant.Held) candidate {
	public, typed, _ := c.entered(f)
	n := candidate{grant: held.Grant, secrets: held.Secrets.Clone(), held: true, extra: secret.Fields{}}
	n.grant.Public = public
	for name, text := range typed {
		if f.has(name) && !f.given[name] && !text.Empty() {
			n.secrets[name], n.extra[name] = text, text
		}
	}
	return n
}

// inherit gives a candidate the secrets that only the other users of the grant have fields for: a
// developer token stays with the grant when somebody consents anew.
func (c *Conversations) inherit(ctx context.Context, f *flow, n *candidate) {
	if len(f.kin) == 0 || n.held {
		return
	}
	held, err := c.Keeper.Held(ctx, f.old)
	if err != nil {
		return // the vault cannot say; their checks will
	}
	for _, k := range f.kin {
		for _, field := range k.method.Fields {
			if text := held.Secrets[field.ID]; field.Secret() && n.secrets[field.ID].Empty() && !text.Empty() {
				n.secrets[field.ID] = text
			}
		}
	}
}

// saveHeld stores a new integration on the grant that is there, whose tokens stay as they are by now: a
// renewal may have replaced them since they were read. It returns the row that was replaced, the zero
// Grant where its secret stays.
func (c *Conversations) saveHeld(ctx context.Context, f *flow, n candidate, now integration.Grant, act integration.Act) (integration.Grant, error) {
	if now.Renewal != nil {
		return integration.Grant{}, integration.ErrBusy
	}
	mine := n.grant.As(f.provider.ID)
	g := now.Seen(f.provider.ID, integration.Sight{Account: mine.Account, Resources: mine.Resources})
	g.Public = n.grant.Public
	if len(n.extra) == 0 {
		return integration.Grant{}, c.add(ctx, f, g, now.Version, act)
	}
	text, err := c.Vault.Get(ctx, now.VaultKey())
	if err != nil {
		return integration.Grant{}, err
	}
	secrets, err := secret.Open(text)
	if err != nil {
		return integration.Grant{}, err
	}
	for name, text := range n.extra {
		secrets[name] = text
	}
	g.Version++
	if err := c.Vault.Set(ctx, g.VaultKey(), secret.Seal(secrets)); err != nil {
		return integration.Grant{}, err
	}
	grant.FaultPoint("commit-kept")
	if err := c.add(ctx, f, g, now.Version, act); err != nil {
		_ = c.Vault.Delete(ctx, g.VaultKey())
		return integration.Grant{}, err
	}
	return now, nil
}

// add stores the new integration with its grant, which is new too or replaces version from.
func (c *Conversations) add(ctx context.Context, f *flow, g integration.Grant, from int, act integration.Act) error {
	f.integration.GrantID = g.ID
	act.What, act.Args["account"] = "added", nameOf(g.As(f.provider.ID).Account)
	state := integration.State{IntegrationID: f.integration.ID, Status: integration.StatusUnknown}
	if !f.joins {
		return c.Store.Add(ctx, f.integration, g, state, act)
	}
	return c.Store.Join(ctx, f.integration, state, integration.GrantCommit{Grant: g, FromVersion: from, Act: act})
}
