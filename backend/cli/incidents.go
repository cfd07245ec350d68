package cli

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/monitor"
	"relink/backend/support"
	"relink/backend/view"
)

// How far back past incidents are shown, and how much history a timeline is made from.
const (
	incidentsSince = 90 * 24 * time.Hour
	incidentsShown = 500
	timelineRows   = 500
)

func (r *run) incidentsCommand() *cobra.Command {
	var open, past bool
	since := "90d"
	c := &cobra.Command{
		Use: "incidents [NAME]", Short: "Show what is broken, grouped by cause, and what was, with the time to repair", Args: arguments(cobra.MaximumNArgs(1)),
		Long: `Show the open incidents, grouped where one cause hits many, and the past ones
with how long it took until they were repaired. With NAME, those of one
integration with their timelines: what was seen, what was tried by whom, what
changed. Nothing is asked of the network.`,
		RunE: r.with(func(ctx context.Context, p *Parts, args []string) error {
			at, ok := parseSince(since, p.Now())
			if !ok {
				return problem("--since", "since_invalid", since)
			}
			only := ""
			if len(args) > 0 {
				i, err := p.ByName(ctx, args[0])
				if err != nil {
					return err
				}
				only = i.ID
			}
			all, err := p.incidents(ctx, at, only)
			if err != nil {
				return err
			}
			if open {
				all.Past, all.Repairs = []view.Incident{}, view.Repairs{}
			}
			if past {
				all.Open = []view.IncidentGroup{}
			}
			if r.json {
				return printJSON(r.Out, all)
			}
			return r.printIncidents(ctx, p, all, only != "")
		}),
	}
	c.Flags().BoolVar(&open, "open", false, "the open ones alone")
	c.Flags().BoolVar(&past, "past", false, "the past ones alone")
	c.MarkFlagsMutuallyExclusive("open", "past")
	c.Flags().StringVar(&since, "since", since, "past ones that ended not before this: 24h, 7d, 2026-11-01 or an RFC 3339 time")
	c.Flags().BoolVar(&r.json, "json", false, "print JSON")
	return c
}

// Incidents are the open and the past incidents of all integrations.
func (p *Parts) Incidents(ctx context.Context) (view.Incidents, error) {
	return p.incidents(ctx, p.Now().Add(-incidentsSince), "")
}

// incidents are those of one integration, or of all when only is "".
func (p *Parts) incidents(ctx context.Context, since time.Time, only string) (view.Incidents, error) {
	all := view.Incidents{Open: []view.IncidentGroup{}, Past: []view.Incident{}, Since: view.Stamp(since), At: view.Stamp(p.Now())}
	recorded, err := p.Store.AllIncidents(ctx, since, incidentsShown)
	if err != nil {
		return all, fmt.Errorf("read the incidents: %w", err)
	}
	var broken []monitor.Seen
	for _, seen := range p.Monitor.All() {
		if only == "" || seen.Integration.ID == only {
			broken = append(broken, seen)
		}
	}
	for _, g := range monitor.Together(broken) {
		all.Open = append(all.Open, p.groupView(g))
	}
	for _, n := range recorded {
		seen, err := p.Monitor.One(n.IntegrationID)
		if err != nil || only != "" && only != n.IntegrationID {
			continue
		}
		if n.ClosedAt.IsZero() {
			if n.Theirs {
				all.Open = append(all.Open, p.behindView(n, seen))
			}
			continue
		}
		all.Past = append(all.Past, view.IncidentOf(n, p.source(seen)))
	}
	all.Repairs = view.RepairsOf(all.Past)
	return all, nil
}

func (p *Parts) groupView(g monitor.Group) view.IncidentGroup {
	first := p.source(g.Seen[0])
	v := view.IncidentGroup{Bond: string(g.Bond), Title: view.Text{Key: "incident.bond." + cmp.Or(string(g.Bond), "none"), Args: map[string]string{
		"count": strconv.Itoa(len(g.Seen)), "provider": first.ProviderName, "account": cmp.Or(view.AccountName(first.Grant.Account), first.ProviderName),
		"integration": first.Integration.Name,
	}}}
	for _, seen := range g.Seen {
		v.Incidents = append(v.Incidents, view.IncidentOf(*seen.State.Incident, p.source(seen)))
	}
	return v
}

// Timeline is the story of one incident of an integration, oldest first, or integration.ErrNotFound.
func (p *Parts) Timeline(ctx context.Context, id, incident string) ([]view.Moment, error) {
	seen, err := p.Monitor.One(id)
	if err != nil {
		return nil, err
	}
	all, err := p.Store.Incidents(ctx, id, incidentsShown)
	if err != nil {
		return nil, fmt.Errorf("read the incidents: %w", err)
	}
	changes, acts, err := p.history(ctx, seen, timelineRows)
	if err != nil {
		return nil, err
	}
	for _, n := range all {
		if n.ID == incident {
			return momentViews(support.Timeline(n, changes, acts, p.values(seen))), nil
		}
	}
	return nil, integration.ErrNotFound
}

// history is what was found of an integration, and what was done to it or to its grant.
func (p *Parts) history(ctx context.Context, s monitor.Seen, limit int) ([]integration.Change, []integration.Act, error) {
	changes, err := p.Store.Changes(ctx, s.Integration.ID, limit)
	if err != nil {
		return nil, nil, fmt.Errorf("read the changes: %w", err)
	}
	acts, err := p.Store.Acts(ctx, s.Integration.ID, limit)
	if err != nil {
		return nil, nil, fmt.Errorf("read the audit trail: %w", err)
	}
	return changes, acts, nil
}

// values are those of the sentences about an integration's findings.
func (p *Parts) values(s monitor.Seen) func(integration.Finding) map[string]string {
	source := p.source(s)
	return func(f integration.Finding) map[string]string { return view.SentenceArgs(f, source) }
}

func momentViews(all []support.Moment) []view.Moment {
	views := make([]view.Moment, len(all))
	for i, m := range all {
		views[i] = view.Moment{At: view.Stamp(m.At), Kind: string(m.Kind), Who: m.Who, Status: string(m.Status), Text: view.TextOf(m.Text)}
	}
	return views
}

func (r *run) printIncidents(ctx context.Context, p *Parts, all view.Incidents, timelines bool) error {
	say := p.Printer()
	if len(all.Open)+len(all.Past) == 0 {
		fmt.Fprintln(r.Out, say.T("incident.none"))
	}
	story := func(n view.Incident) error {
		if !timelines {
			return nil
		}
		moments, err := p.Timeline(ctx, n.Integration, n.ID)
		if err == nil {
			r.printTimeline(say, moments)
		}
		return err
	}
	for _, g := range all.Open {
		indent := ""
		if g.Bond != "" {
			fmt.Fprintln(r.Out, plain(say.Text(textOf(g.Title))))
			indent = "  "
		}
		for _, n := range g.Incidents {
			fmt.Fprintf(r.Out, "%s%s\n", indent, plain(say.T("incident.line", "integration", n.Name, "status", openStatus(say, n), "sinceAt", n.OpenedAt, "span", spanWords(say, n.DurationMS))))
			fmt.Fprintf(r.Out, "%s  %s\n", indent, plain(say.Text(textOf(n.What))))
			if err := story(n); err != nil {
				return err
			}
		}
	}
	table := tabwriter.NewWriter(r.Out, 0, 4, 2, ' ', 0)
	for _, n := range all.Past {
		if !timelines {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", say.T("activity.at", "momentAt", n.OpenedAt), plain(n.Name), spanWords(say, n.DurationMS), plain(endingWords(say, n)))
			continue
		}
		fmt.Fprintf(r.Out, "%s  %s  %s\n", say.T("activity.at", "momentAt", n.OpenedAt), spanWords(say, n.DurationMS), plain(endingWords(say, n)))
		if err := story(n); err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if m := all.Repairs; m.Count > m.Temporary {
		fmt.Fprintln(r.Out, say.T("incident.repairs", "count", strconv.Itoa(m.Count-m.Temporary), "median", spanWords(say, m.MedianMS), "longest", spanWords(say, m.LongestMS)))
	}
	if m := all.Repairs; m.Temporary > 0 {
		fmt.Fprintln(r.Out, say.T("incident.temporary_count", "count", strconv.Itoa(m.Temporary)))
	}
	return nil
}

// openStatus is the status of an open incident with what is known beside it: who was asked, and until
// when notices rest.
func openStatus(say locale.Printer, n view.Incident) string {
	words := say.T("status." + n.Status)
	if a := n.Asked; a != nil {
		words += ", " + askedWords(say, *a)
	}
	if n.Rest != nil {
		words += ", " + restWords(say, *n.Rest)
	}
	return words
}

func askedWords(say locale.Printer, a view.Asked) string {
	return say.T(pick(a.Whom == "", "asked.somebody", "asked.whom"), "whom", a.Whom, "sinceAt", a.Since)
}

func (r *run) printTimeline(say locale.Printer, moments []view.Moment) {
	for _, m := range moments {
		who := ""
		if m.Kind == string(support.KindTried) {
			who = say.T("actor."+actorKey(m.Who)) + ": "
		}
		fmt.Fprintf(r.Out, "    %s  %s%s\n", say.T("activity.at", "momentAt", m.At), who, plain(say.Text(textOf(m.Text))))
	}
}

func spanWords(say locale.Printer, ms int64) string {
	key, count := view.Span(time.Duration(ms) * time.Millisecond)
	return say.T(key, "count", strconv.Itoa(count))
}

func endingWords(say locale.Printer, n view.Incident) string {
	return say.T("incident.ending." + cmp.Or(n.Ending, "unrecorded"))
}
