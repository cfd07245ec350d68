package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"relink/backend/catalog"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/view"
)

func (r *run) disconnectCommand() *cobra.Command {
	var yes, remove, open bool
	c := &cobra.Command{
		Use: "disconnect NAME", Short: "Give an integration's login back: at its provider, and here", Args: arguments(cobra.ExactArgs(1)),
		Long: `End the login of an integration: its provider is told where it can be (RFC 7009),
and the secret is deleted here. A provider that cannot be reached is told later;
relink activity shows what is left to tell. Where a provider cannot be told, the
page on which a person ends the login is printed, and opened with --open.

The integration stays, disconnected, until it is reconnected; --remove removes it.
Integrations that share the login end with it: they are named, and need --yes.`,
		RunE: r.each(func(p *Parts, ctx context.Context, i integration.Integration) error {
			if err := r.confirmDisconnect(ctx, p, i, yes); err != nil {
				return err
			}
			if err := p.askVault(ctx); err != nil {
				return err
			}
			return r.disconnect(ctx, p, i, remove, open)
		}),
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	c.Flags().BoolVar(&remove, "remove", false, "remove the integration too")
	c.Flags().BoolVar(&open, "open", false, "open the provider's page where the login has to be ended there")
	return c
}

func (r *run) confirmDisconnect(ctx context.Context, p *Parts, i integration.Integration, yes bool) error {
	plan, err := p.DisconnectPlan(i.ID)
	if err != nil {
		return err
	}
	say := p.Printer()
	for key, names := range map[string][]string{"cli.disconnect_shared": plan.Shared, "cli.disconnect_kin": plan.Kin} {
		if len(names) > 0 {
			fmt.Fprintln(r.Err, say.T(key, "names", plain(strings.Join(names, ", ")), "provider", plan.Provider))
		}
	}
	if !yes && len(plan.Shared) > 0 {
		return problem("--yes", "disconnect_shared", strings.Join(plan.Shared, ", "))
	}
	return r.confirmed(ctx, yes, say.T("cli.confirm_disconnect", "integration", i.Name), problem("--yes", "disconnect_unconfirmed", i.Name))
}

func (r *run) disconnect(ctx context.Context, p *Parts, i integration.Integration, remove, open bool) error {
	done, err := p.Disconnect(ctx, i.ID, remove)
	if err != nil {
		return err
	}
	fmt.Fprintln(r.Out, plain(p.Printer().Text(textOf(done.Text))))
	if done.Page == "" {
		return nil
	}
	fmt.Fprintln(r.Out, "  "+done.Page)
	if open {
		return p.OpenLink(ctx, i.ProviderID, done.Link)
	}
	return nil
}

// DisconnectPlan says what disconnecting an integration would do, or integration.ErrNotFound.
func (p *Parts) DisconnectPlan(id string) (view.DisconnectPlan, error) {
	seen, err := p.Monitor.One(id)
	if err != nil {
		return view.DisconnectPlan{}, err
	}
	use, err := p.use(seen.Integration)
	if err != nil {
		return view.DisconnectPlan{}, err
	}
	page, _ := endingPage(use.Provider, seen.Integration.Settings)
	return view.DisconnectPlan{
		Name: seen.Integration.Name, Provider: use.Provider.Name, Account: view.AccountName(seen.Grant.As(use.Provider.ID).Account), Page: page,
		Shared: p.sharedWith(seen), Kin: p.kinOf(seen), Told: grant.Revocable(use, seen.Grant),
	}, nil
}

// kinOf names the integrations with other grants of the same account and OAuth client at the same
// vendor: Google, for one, ends them all when one is revoked.
func (p *Parts) kinOf(s monitor.Seen) []string {
	names := []string{}
	client := s.Grant.Public["client_id"]
	if client == "" {
		return names
	}
	for _, other := range p.Monitor.All() {
		g := other.Grant
		if g.ID != s.Grant.ID && g.Public["client_id"] == client && sameAccount(g, s.Grant) && g.DisconnectedAt.IsZero() &&
			p.family(g.ProviderID) == p.family(s.Grant.ProviderID) {
			names = append(names, other.Integration.Name)
		}
	}
	slices.Sort(names)
	return names
}

// sameAccount says whether two grants name the same account to one of their providers.
func sameAccount(a, b integration.Grant) bool {
	known := map[string]bool{}
	for _, seen := range accountsOf(a) {
		known[seen.ID], known[seen.Name] = true, true
	}
	return slices.ContainsFunc(accountsOf(b), func(seen integration.Account) bool {
		return seen.ID != "" && known[seen.ID] || seen.Name != "" && known[seen.Name]
	})
}

func accountsOf(g integration.Grant) []integration.Account {
	all := []integration.Account{g.Account}
	for _, sight := range g.Others {
		all = append(all, sight.Account)
	}
	return all
}

func (p *Parts) family(providerID string) string {
	provider, _ := p.Catalog.Provider(providerID)
	return cmp.Or(provider.Family, providerID)
}

// endingPage is where a person ends a login at the provider, and which of its links that is.
func endingPage(provider catalog.Provider, settings map[string]string) (page, link string) {
	all := links(provider, settings)
	switch {
	case all.Revoke != "":
		return all.Revoke, "revoke"
	case all.Keys != "":
		return all.Keys, "keys"
	}
	return "", ""
}

// Remove removes an integration. A login that nobody else uses and whose provider can be told is given
// back first; where even the beginning of that fails, the removal goes on without it. The error is
// integration.ErrNotFound, or our own trouble with vault and store.
func (p *Parts) Remove(ctx context.Context, id string) (view.Disconnected, error) {
	if plan, err := p.DisconnectPlan(id); err == nil && plan.Told && len(plan.Shared) == 0 {
		done, err := p.Disconnect(ctx, id, true)
		if done.Ending != "" {
			return done, err
		}
		p.Log.Warn("login not given back before its removal", "error", err)
	}
	return view.Disconnected{Removed: true}, p.Monitor.Remove(ctx, id)
}

// Disconnect gives an integration's grant back and, where wanted, removes the integration. The other
// integrations on the same grant stay, disconnected too.
func (p *Parts) Disconnect(ctx context.Context, id string, remove bool) (view.Disconnected, error) {
	seen, err := p.Monitor.One(id)
	if err != nil {
		return view.Disconnected{}, err
	}
	use, err := p.use(seen.Integration)
	if err != nil {
		return view.Disconnected{}, err
	}
	ending, err := p.Revoker.Disconnect(ctx, use, seen.Integration)
	if ending == "" {
		return view.Disconnected{}, err
	}
	// What the provider takes may take long, and the rest is quick: it is not left half done.
	ctx = context.WithoutCancel(ctx)
	trouble := err
	if err := p.Monitor.Disconnected(ctx, seen.Grant.ID); err != nil {
		return view.Disconnected{}, err
	}
	done := view.Disconnected{Ending: string(ending), Removed: remove, Text: view.Text{
		Key: "disconnect." + string(ending), Args: map[string]string{"integration": seen.Integration.Name, "provider": use.Provider.Name},
	}}
	if ending == grant.EndUntold || ending == grant.EndRefused {
		done.Page, done.Link = endingPage(use.Provider, seen.Integration.Settings)
	}
	if remove {
		if err := p.Monitor.Remove(ctx, id); err != nil {
			return done, err
		}
	}
	return done, trouble
}
