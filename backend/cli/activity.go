package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"relink/backend/integration"
	"relink/backend/view"
)

// actsShown is how many acts are shown unless more are asked for.
const actsShown = 100

func (r *run) activityCommand() *cobra.Command {
	var name, since string
	limit := actsShown
	c := &cobra.Command{
		Use: "activity", Short: "Show who did what, when and with which scopes", Args: arguments(cobra.NoArgs),
		Long: `Show the audit trail, newest first: every integration that was added, edited,
reconnected, disconnected or removed, and every time that a login was handed out;
by whom (the window, the command line, a program that relink exec started, or
Relink by itself), and with which scopes. Nothing in it is secret. What a
provider is still to be told comes first.`,
		RunE: r.with(func(ctx context.Context, p *Parts, _ []string) error {
			f, err := p.actFilter(ctx, name, since, limit)
			if err != nil {
				return err
			}
			a, err := p.activity(ctx, f)
			if err != nil {
				return err
			}
			if r.json {
				return printJSON(r.Out, a)
			}
			return r.printActivity(p, a)
		}),
	}
	c.Flags().StringVar(&name, "integration", "", "of this integration alone, also one that was removed")
	c.Flags().StringVar(&since, "since", "", "not before this: 24h, 7d, 2026-11-01 or an RFC 3339 time")
	c.Flags().IntVar(&limit, "limit", actsShown, "at most this many")
	c.Flags().BoolVar(&r.json, "json", false, "print JSON")
	return c
}

// actFilter reads what the flags ask for.
func (p *Parts) actFilter(ctx context.Context, name, since string, limit int) (integration.ActFilter, error) {
	f := integration.ActFilter{Limit: limit}
	if limit < 1 {
		return f, integration.InputErrors{{Field: "--limit", Code: "number_invalid", Args: map[string]string{"value": strconv.Itoa(limit), "example": strconv.Itoa(actsShown)}}}
	}
	if since != "" {
		at, ok := parseSince(since, p.Now())
		if !ok {
			return f, problem("--since", "since_invalid", since)
		}
		f.Since = at
	}
	if name == "" {
		return f, nil
	}
	i, err := p.ByName(ctx, name)
	if err == nil {
		f.IntegrationID = i.ID
		return f, nil
	}
	f.Name = name
	if gone, actsErr := p.Store.Activity(ctx, integration.ActFilter{Name: name, Limit: 1}); actsErr != nil || len(gone) == 0 {
		return f, err
	}
	return f, nil
}

// parseSince reads a length of time before now (90m, 24h, 7d), a day, or a moment.
func parseSince(text string, now time.Time) (time.Time, bool) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 {
			return now.AddDate(0, 0, -n), true
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), true
	}
	if at, err := time.ParseInLocation(time.DateOnly, text, time.Local); err == nil {
		return at, true
	}
	at, err := time.Parse(time.RFC3339, text)
	return at, err == nil
}

// Activity is the audit trail as the query wants it.
func (p *Parts) Activity(ctx context.Context, q view.ActivityQuery) (view.Activity, error) {
	f := integration.ActFilter{IntegrationID: q.Integration, Limit: q.Limit}
	if f.Limit < 1 {
		f.Limit = actsShown
	}
	if q.Since != "" {
		at, err := time.Parse(time.RFC3339, q.Since)
		if err != nil {
			return view.Activity{}, problem("since", "since_invalid", q.Since)
		}
		f.Since = at
	}
	return p.activity(ctx, f)
}

func (p *Parts) activity(ctx context.Context, f integration.ActFilter) (view.Activity, error) {
	wanted := f.Limit
	f.Limit++
	acts, err := p.Store.Activity(ctx, f)
	if err != nil {
		return view.Activity{}, fmt.Errorf("read the audit trail: %w", err)
	}
	a := view.Activity{Acts: view.ActsOf(acts[:min(len(acts), wanted)]), More: len(acts) > wanted, Pending: []view.Revocation{}}
	pending, err := p.Store.Revocations(ctx)
	if err != nil {
		return view.Activity{}, fmt.Errorf("read the revocations: %w", err)
	}
	for _, one := range pending {
		a.Pending = append(a.Pending, p.revocationView(one))
	}
	return a, nil
}

// pendingOf is what the provider of a grant is still to be told, nil for nothing.
func (p *Parts) pendingOf(ctx context.Context, grantID string) (*view.Revocation, error) {
	pending, err := p.Store.Revocations(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the revocations: %w", err)
	}
	for _, one := range pending {
		if one.GrantID == grantID {
			v := p.revocationView(one)
			return &v, nil
		}
	}
	return nil, nil
}

func (p *Parts) revocationView(one integration.Revocation) view.Revocation {
	v := view.Revocation{
		Name: one.Name, Provider: one.ProviderID, Account: one.Account,
		Since: view.Stamp(one.BegunAt), NextAt: view.Stamp(one.DueAt), Tries: one.Tries,
	}
	if provider, ok := p.Catalog.Provider(one.ProviderID); ok {
		v.Provider = provider.Name
		v.Page, _ = endingPage(provider, one.Settings)
	}
	status, isStatus := strings.CutPrefix(one.Reason, "http_")
	switch {
	case isStatus:
		v.Reason = view.Text{Key: "revocation.http", Args: map[string]string{"status": status}}
	case one.Reason != "":
		v.Reason = view.Text{Key: "revocation." + one.Reason}
	}
	return v
}

func (r *run) printActivity(p *Parts, a view.Activity) error {
	say := p.Printer()
	for _, one := range a.Pending {
		fmt.Fprintln(r.Out, plain(say.T("activity.pending", "integration", one.Name, "provider", one.Provider, "account", one.Account, "nextAt", one.NextAt)))
		if one.Reason.Key != "" {
			fmt.Fprintln(r.Out, "  "+plain(say.Text(textOf(one.Reason))))
		}
		if one.Page != "" {
			fmt.Fprintln(r.Out, "  "+one.Page)
		}
	}
	if len(a.Acts) == 0 {
		fmt.Fprintln(r.Out, say.T("activity.none"))
		return nil
	}
	table := tabwriter.NewWriter(r.Out, 0, 4, 2, ' ', 0)
	for _, act := range a.Acts {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", say.T("activity.at", "momentAt", act.At), say.T("actor."+actorKey(act.Actor)),
			plain(say.Text(textOf(act.Text))), plain(strings.Join(act.Scopes, " ")))
	}
	return table.Flush()
}

// actorKey names who acted in a locale key; what is older than the record of it was done by somebody.
func actorKey(actor string) string {
	if actor == "" {
		return "unrecorded"
	}
	return actor
}
