package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"relink/backend/commerce"
	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/view"
)

// The kinds of end.
const (
	endOfGrant  = "grant"
	endOfTheirs = "commerce_intelligence"
)

func (r *run) calendarCommand() *cobra.Command {
	var ics bool
	c := &cobra.Command{
		Use: "calendar", Short: "Show when logins end and somebody has to sign in again", Args: arguments(cobra.NoArgs),
		Long: `Show the known ends of all logins, the next one first, without any network.
With --ics they are printed as a calendar file (RFC 5545) with reminders 7, 3 and
1 days before; importing it again updates the same entries.`,
		RunE: r.with(func(_ context.Context, p *Parts, _ []string) error {
			calendar := p.Calendar()
			switch {
			case ics:
				_, err := fmt.Fprint(r.Out, p.ICalendar(calendar))
				return err
			case r.json:
				return printJSON(r.Out, calendar)
			}
			return r.printCalendar(p, calendar)
		}),
	}
	c.Flags().BoolVar(&ics, "ics", false, "print a calendar file")
	c.Flags().BoolVar(&r.json, "json", false, "print JSON")
	return c
}

// Calendar is when people will be needed, as far as it is known: when grants end, and when the consent
// that Commerce Intelligence keeps for itself does. One that many integrations use is one entry.
func (p *Parts) Calendar() view.Calendar {
	now := p.Now()
	users := map[string][]monitor.Seen{}
	for _, seen := range p.Monitor.All() {
		if seen.Grant.DisconnectedAt.IsZero() {
			users[seen.Grant.ID] = append(users[seen.Grant.ID], seen)
		}
	}
	other, err := p.otherSide(context.Background())
	if err != nil {
		p.Log.Error("read what is known of the other side", "error", err)
	}
	c := view.Calendar{Entries: []view.End{}, At: view.Stamp(now)}
	for _, all := range users {
		slices.SortFunc(all, func(a, b monitor.Seen) int {
			return cmp.Or(strings.Compare(strings.ToLower(a.Integration.Name), strings.ToLower(b.Integration.Name)), strings.Compare(a.Integration.ID, b.Integration.ID))
		})
		if all[0].Grant.ExpiresAt.IsZero() {
			c.Endless++
		} else {
			c.Entries = append(c.Entries, p.end(endOfGrant, all[0].Grant.ExpiresAt, all))
		}
		for _, seen := range all {
			if at := p.theirEnd(other, seen); at.After(now) {
				c.Entries = append(c.Entries, p.end(endOfTheirs, at, []monitor.Seen{seen}))
			}
		}
	}
	slices.SortFunc(c.Entries, func(a, b view.End) int {
		return cmp.Or(strings.Compare(a.At, b.At), strings.Compare(a.Grant, b.Grant), strings.Compare(a.Kind, b.Kind))
	})
	return c
}

// theirEnd is when the consent that Commerce Intelligence keeps comes to its fixed end, zero where it has
// none. It counts from when a person told that it was given there, and without such word from the last
// reconnection here, which leads there.
func (p *Parts) theirEnd(o otherSide, s monitor.Seen) time.Time {
	provider, _ := p.Catalog.Provider(s.Integration.ProviderID)
	t := o.theirs[s.Integration.ID]
	if provider.CommerceIntelligence == nil || provider.CommerceIntelligence.Lifetime == 0 || t.Switch == integration.SwitchOff {
		return time.Time{}
	}
	from := commerce.DoneAt(t)
	if from.IsZero() {
		from = s.Grant.ObtainedAt
	}
	return from.Add(time.Duration(provider.CommerceIntelligence.Lifetime))
}

func (p *Parts) end(kind string, at time.Time, users []monitor.Seen) view.End {
	first := p.source(users[0])
	e := view.End{
		Kind: kind, At: view.Stamp(at), Grant: first.Grant.ID, ProviderName: first.ProviderName, Account: view.AccountName(first.Grant.Account),
		Status: view.RowOf(first).Status, Repair: view.EndRepair(first.Grant.Method),
	}
	for _, seen := range users {
		e.Integrations, e.Names = append(e.Integrations, seen.Integration.ID), append(e.Names, seen.Integration.Name)
	}
	return e
}

func (r *run) printCalendar(p *Parts, c view.Calendar) error {
	say := p.Printer()
	table := tabwriter.NewWriter(r.Out, 0, 4, 2, ' ', 0)
	for _, e := range c.Entries {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", say.T("calendar.at", "endsAt", e.At), plain(strings.Join(e.Names, ", ")),
			plain(e.ProviderName), plain(e.Account), say.T("calendar.kind."+e.Kind))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(c.Entries) == 0 {
		fmt.Fprintln(r.Out, say.T("calendar.none"))
	}
	if c.Endless > 0 {
		fmt.Fprintln(r.Out, say.T("calendar.endless", "count", fmt.Sprint(c.Endless)))
	}
	return nil
}

// SaveCalendar writes the calendar file to a path that the person chose.
func (p *Parts) SaveCalendar(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write the calendar file: %w", err)
	}
	_, err = file.WriteString(p.ICalendar(p.Calendar()))
	return errors.Join(err, file.Close())
}
