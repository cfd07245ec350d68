package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"time"

	"relink/backend/catalog"
	"relink/backend/diagnosis"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/monitor"
	"relink/backend/oauth"
	"relink/backend/secret"
	"relink/backend/store"
	"relink/backend/support"
	"relink/backend/view"
)

// Overview is the Integrations page: what is known now, without any network. What needs a person
// comes first.
func (p *Parts) Overview(ctx context.Context) (view.Overview, error) {
	now := p.Now()
	hours, err := p.Store.Hours(ctx, now.Add(-24*time.Hour))
	if err != nil {
		return view.Overview{}, fmt.Errorf("read the history: %w", err)
	}
	all := p.Monitor.All()
	o := view.Overview{Rows: make([]view.Row, 0, len(all)), ReadOnly: p.Store.ReadOnly(), Vault: p.Vault.Kind(), Offline: p.Monitor.Offline(), Demo: p.World != nil, At: view.Stamp(now)}
	other, err := p.otherSide(ctx)
	if err != nil {
		return view.Overview{}, err
	}
	o.Cycles = p.strips(other, now)
	for _, seen := range all {
		source := p.source(seen)
		source.Hours = hours[seen.Integration.ID]
		row := view.RowOf(source)
		p.bothSides(other, seen, &row, now)
		o.Rows = append(o.Rows, row)
	}
	o.Rows = worstFirst(o.Rows)
	return o, nil
}

// worstFirst sorts rows by severity, then by name. Their places are sorted and not the rows, which are large.
func worstFirst(rows []view.Row) []view.Row {
	type place struct {
		severity int
		name     string
		row      *view.Row
	}
	places := make([]place, len(rows))
	for i := range rows {
		places[i] = place{integration.Status(rows[i].Status).Severity(), strings.ToLower(rows[i].Name), &rows[i]}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), strings.Compare(a.name, b.name), strings.Compare(a.row.ID, b.row.ID))
	})
	sorted := make([]view.Row, len(rows))
	for i, p := range places {
		sorted[i] = *p.row
	}
	return sorted
}

func (p *Parts) source(s monitor.Seen) view.Source {
	name := s.Integration.ProviderID
	if provider, ok := p.Catalog.Provider(name); ok {
		name = provider.Name
	}
	g := s.Grant.As(s.Integration.ProviderID)
	if g.Account == (integration.Account{}) {
		g.Account = s.Grant.Account // the provider tells no account of its own
	}
	return view.Source{Integration: s.Integration, Grant: g, State: s.State, ProviderName: name, Checking: s.Checking, Now: p.Now()}
}

// historyRows is how many changes and acts the detail panel shows.
const historyRows = 50

// Detail is everything about one integration, or integration.ErrNotFound.
func (p *Parts) Detail(ctx context.Context, id string) (view.Detail, error) {
	seen, err := p.Monitor.One(id)
	if err != nil {
		return view.Detail{}, err
	}
	source := p.source(seen)
	hours, err := p.Store.Hours(ctx, p.Now().Add(-24*time.Hour))
	if err != nil {
		return view.Detail{}, fmt.Errorf("read the history: %w", err)
	}
	source.Hours = hours[id]
	changes, acts, err := p.history(ctx, seen, historyRows)
	if err != nil {
		return view.Detail{}, err
	}
	behind, err := p.Store.Behind(ctx)
	if err != nil {
		return view.Detail{}, err
	}
	d := view.Detail{
		Row: view.RowOf(source), Hours: view.BarsOf(source.Hours, source.Now), Finding: view.FindingOf(diagnosis.Explain(seen.State.Finding, seen.State.Evidence), source), Facts: []view.Fact{},
		Changes: view.ChangesOf(changes, source), Acts: view.ActsOf(acts), Settings: seen.Integration.Settings,
		IntervalMS: seen.Integration.Interval.Milliseconds(), Method: string(seen.Grant.Method), AccountID: source.Grant.Account.ID,
		Scopes: append([]string{}, seen.Grant.Scopes...), Resources: view.ResourcesOf(source.Grant.Resources), ObtainedAt: view.Stamp(seen.Grant.ObtainedAt),
		SharedWith: p.sharedWith(seen), Steps: view.StepsOf(seen.State.Evidence), Unconfirmed: seen.State.Evidence.Unconfirmed,
		Rest: view.RestOf(seen.State.RestAt(p.Now())), Asked: view.AskedOf(seen.State.Asked), OfferSupport: support.Offered(seen.State.Incident, acts, p.Now()) || support.Offered(behind[id], acts, p.Now()),
	}
	if d.Finding != nil {
		d.Facts = append(d.Facts, view.FactsOf(seen.State.Evidence)...)
	}
	if d.Pending, err = p.pendingOf(ctx, seen.Grant.ID); err != nil {
		return d, err
	}
	if d.HostKeys, err = p.hostKeys(id); err != nil {
		return d, err
	}
	other, err := p.otherSide(ctx)
	if err != nil {
		return d, err
	}
	p.bothSides(other, seen, &d.Row, source.Now)
	d.Theirs = p.theirSide(other, seen)
	if provider, ok := p.Catalog.Provider(seen.Integration.ProviderID); ok {
		d.SettingForm, d.Links = view.FieldsOf(provider.Settings), links(provider, seen.Integration.Settings)
		p.lead(d.Finding, seen)
	}
	return d, nil
}

func (p *Parts) sharedWith(s monitor.Seen) []string {
	names := []string{}
	for _, other := range p.Monitor.Where(func(i integration.Integration) bool {
		return i.GrantID == s.Integration.GrantID && i.ID != s.Integration.ID
	}) {
		names = append(names, other.Integration.Name)
	}
	slices.Sort(names)
	return names
}

// ProviderViews are the catalog's cards, by name.
func (p *Parts) ProviderViews() []view.Provider {
	all, relay := p.Catalog.All(), p.relay()
	views := make([]view.Provider, len(all))
	for i, provider := range all {
		views[i] = ProviderView(provider, relay)
	}
	return views
}

// links fills the settings into the provider's pages; one that lacks a setting is left out.
func links(p catalog.Provider, settings map[string]string) view.Links {
	fill := func(template string) string {
		filled, err := catalog.Expand(template, settings)
		if err != nil {
			return ""
		}
		return filled
	}
	return view.Links{Keys: fill(p.Links.Keys), Revoke: fill(p.Links.Revoke), Access: fill(p.Links.Access), Status: fill(p.Links.Status)}
}

// lead adds to a finding where the provider's guide tells of the next step, and which page of the provider it is taken on.
func (p *Parts) lead(f *view.Finding, s monitor.Seen) {
	if f == nil {
		return
	}
	guide := p.Catalog.Guide(s.Integration.ProviderID, locale.English)
	for _, section := range s.State.Finding.Sections() {
		if title, _ := catalog.Section(guide, section); title != "" {
			f.Section = string(section)
			break
		}
	}
	page := string(s.State.Finding.Page())
	if _, err := p.Link(s.Integration.ID, page); err == nil {
		f.Page = page
	}
}

// Link is one of the catalog's own pages, of a provider or of an integration by its id.
func (p *Parts) Link(id, which string) (string, error) {
	settings := map[string]string{}
	if seen, err := p.Monitor.One(id); err == nil {
		id, settings = seen.Integration.ProviderID, seen.Integration.Settings
	}
	provider, ok := p.Catalog.Provider(id)
	if !ok {
		return "", integration.ErrNotFound
	}
	all := links(provider, settings)
	link, ok := map[string]string{"keys": all.Keys, "revoke": all.Revoke, "access": all.Access, "status": all.Status}[which]
	if !ok || link == "" {
		return "", integration.ErrNotFound
	}
	return link, nil
}

// OpenLink opens one of the catalog's own pages in the system's browser.
func (p *Parts) OpenLink(ctx context.Context, id, which string) error {
	link, err := p.Link(id, which)
	if err != nil {
		return err
	}
	u, err := url.Parse(link)
	if err != nil {
		return fmt.Errorf("read the address of the page: %w", err)
	}
	return oauth.OpenBrowser(ctx, link, []string{u.Hostname()})
}

// StepView is a conversation's step in words.
func (p *Parts) StepView(step integration.Step) view.Step {
	source := view.Source{Now: p.Now(), ProviderName: step.Title.Args["provider"]}
	source.Integration.Name = step.Title.Args["integration"]
	if step.Outcome != nil {
		if seen, err := p.Monitor.One(step.Outcome.IntegrationID); err == nil {
			source = p.source(seen)
		}
	}
	return view.StepOf(step, source)
}

// About tells of Relink itself.
func (p *Parts) About(ctx context.Context, tray bool) view.About {
	return view.About{
		Version: p.Version, DataDir: p.DataDir, ReadOnly: p.Store.ReadOnly(), Vault: p.Vault.Kind(),
		VaultState: string(grant.VaultState(p.Vault.Ready(ctx))), Tray: tray, Language: p.Language(),
		Providers: len(p.Catalog.All()), OwnFolder: p.ownFolder(),
	}
}

// Failure puts an error into words: what the person typed, or what we could not do.
func Failure(err error) view.Failure {
	f := view.Failure{Problems: view.ProblemsOf(integration.Problems(err))}
	if len(f.Problems) > 0 {
		f.Text.Key = "error.input"
		return f
	}
	var corrupt *store.CorruptError
	var soon monitor.TooSoonError
	var key *secret.KeyError
	var ports oauth.PortsBusy
	var unsafe *store.UnsafeError
	var path *fs.PathError
	args := map[string]string{"detail": err.Error()}
	switch {
	case errors.As(err, &corrupt):
		f.Text.Key, args = "error.store_corrupt", map[string]string{"path": corrupt.Path, "backup": corrupt.Backup}
		if corrupt.Backup == "" {
			f.Text.Key = "error.store_corrupt_no_backup"
		}
	case errors.As(err, &unsafe):
		f.Text.Key, args = "error.store_unsafe_"+string(unsafe.Why), map[string]string{"path": unsafe.Path}
	case errors.As(err, &soon):
		f.Text = tooSoon(soon)
		args = f.Text.Args
	case errors.As(err, &ports):
		f.Text.Key, args = "error.ports_busy", map[string]string{"ports": strings.Trim(fmt.Sprint(ports.Ports), "[]")}
	case errors.Is(err, errNoHome):
		f.Text.Key = "error.no_home"
	case errors.Is(err, store.ErrNewer):
		f.Text.Key = "error.store_newer"
	case errors.Is(err, store.ErrFull):
		f.Text.Key = "error.store_full"
	case errors.Is(err, integration.ErrReadOnly):
		f.Text.Key = "error.read_only"
	case errors.As(err, &path) && path.Op == "mkdir":
		f.Text.Key, args = "error.no_folder", map[string]string{"path": path.Path, "detail": path.Err.Error()}
	case errors.Is(err, errWindowOpen):
		f.Text.Key = "error.window_open"
	case errors.Is(err, integration.ErrBusy):
		f.Text.Key = "error.busy"
	case errors.Is(err, integration.ErrNotFound):
		f.Text.Key = "error.not_found"
	case errors.Is(err, integration.ErrDuplicate):
		f.Text.Key = "error.duplicate"
	case errors.As(err, &key):
		f.Text.Key, args = "error.vault_key_"+string(key.Fault), map[string]string{"path": key.Path}
	case grant.VaultState(err) != "":
		f.Text.Key = "error.vault_" + string(grant.VaultState(err))
	default:
		f.Text.Key, f.Unexpected = "error.unexpected", true
	}
	f.Text.Args = args
	return f
}
