package cli

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"relink/backend/integration"
	"relink/backend/view"
)

func (r *run) whoamiCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "whoami NAME", Short: "Show who an integration's login acts as, with which scopes and until when", Args: arguments(cobra.ExactArgs(1)),
		Long: "Show the account, scopes, method, provider and expiry of an integration's login, as last seen, without any network. The exit codes are those of status.",
		RunE: r.each(func(p *Parts, _ context.Context, i integration.Integration) error {
			w, err := p.Whoami(i.ID)
			if err != nil {
				return err
			}
			if r.json {
				return printJSON(r.Out, w)
			}
			return r.printWhoami(p, w)
		}),
	}
	c.Flags().BoolVar(&r.json, "json", false, "print JSON")
	return c
}

// Whoami is who an integration's grant acts as, or integration.ErrNotFound.
func (p *Parts) Whoami(id string) (view.Whoami, error) {
	seen, err := p.Monitor.One(id)
	if err != nil {
		return view.Whoami{}, err
	}
	source := p.source(seen)
	g := source.Grant
	return view.Whoami{
		Name: seen.Integration.Name, Provider: seen.Integration.ProviderID, ProviderName: source.ProviderName, Method: string(g.Method),
		AccountID: g.Account.ID, Account: view.AccountName(g.Account), Scopes: append([]string{}, g.Scopes...), Status: view.RowOf(source).Status,
		ObtainedAt: view.Stamp(g.ObtainedAt), RenewedAt: view.Stamp(g.RenewedAt), AccessExpiresAt: view.Stamp(g.AccessExpiresAt),
		ExpiresAt: view.Stamp(g.ExpiresAt), DisconnectedAt: view.Stamp(g.DisconnectedAt), CheckedAt: view.Stamp(seen.State.CheckedAt),
		SharedWith: p.sharedWith(seen),
	}, nil
}

func (r *run) printWhoami(p *Parts, w view.Whoami) error {
	say := p.Printer()
	table := tabwriter.NewWriter(r.Out, 0, 4, 2, ' ', 0)
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintln(table, say.T(key)+"\t"+plain(value))
		}
	}
	moment := func(at string) string {
		if at == "" {
			return ""
		}
		return say.T("whoami.at", "momentAt", at)
	}
	line("whoami.name", w.Name)
	line("whoami.provider", w.ProviderName)
	line("whoami.account", w.Account)
	if w.AccountID != w.Account {
		line("whoami.account_id", w.AccountID)
	}
	line("whoami.method", say.T("method."+w.Method))
	line("whoami.status", say.T("status."+w.Status))
	line("whoami.scopes", strings.Join(w.Scopes, " "))
	line("whoami.obtained", moment(w.ObtainedAt))
	line("whoami.expires", moment(w.ExpiresAt))
	line("whoami.access_expires", moment(w.AccessExpiresAt))
	line("whoami.disconnected", moment(w.DisconnectedAt))
	line("whoami.shared", strings.Join(w.SharedWith, ", "))
	line("whoami.checked", moment(w.CheckedAt))
	return table.Flush()
}
