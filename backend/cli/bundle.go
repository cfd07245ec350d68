package cli

import (
	"cmp"
	"context"
	"runtime"

	"github.com/spf13/cobra"

	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/oauth"
	"relink/backend/support"
	"relink/backend/view"
)

func (r *run) bundleCommand() *cobra.Command {
	var out string
	var personal bool
	c := &cobra.Command{
		Use: "bundle NAME", Short: "Write what a support ticket needs, without any secret", Args: arguments(cobra.ExactArgs(1)),
		Long: `Print what goes with a support ticket about an integration: times of its tests
and renewals, codes, whether host keys changed, the timeline, versions. It is
made of listed fields alone; no key, token, password or customer record is in
it. E-mail addresses, domains and account names are replaced by a short
fingerprint unless --personal is given. With --out, a zip of the same text and
its JSON is written that its owner alone can read.`,
		RunE: r.each(func(p *Parts, ctx context.Context, i integration.Integration) error {
			bundle, err := p.bundle(ctx, i.ID, personal)
			if err != nil {
				return err
			}
			if r.json {
				err = printJSON(r.Out, bundle)
			} else {
				_, err = r.Out.Write([]byte(bundle.Text(p.Printer())))
			}
			if err != nil || out == "" {
				return err
			}
			content, err := bundle.Zip(p.Printer())
			if err != nil {
				return err
			}
			return saved(out, support.Save(out, content))
		}),
	}
	c.Flags().StringVar(&out, "out", "", "write a zip, too")
	c.Flags().BoolVar(&personal, "personal", false, "tell e-mail addresses, domains and account names as they are")
	c.Flags().BoolVar(&r.json, "json", false, "print JSON")
	return c
}

// bundle gathers what goes with a support ticket about an integration.
func (p *Parts) bundle(ctx context.Context, id string, personal bool) (support.Bundle, error) {
	seen, err := p.Monitor.One(id)
	if err != nil {
		return support.Bundle{}, err
	}
	changes, acts, err := p.history(ctx, seen, historyRows)
	if err != nil {
		return support.Bundle{}, err
	}
	incidents, err := p.Store.Incidents(ctx, id, historyRows)
	if err != nil {
		return support.Bundle{}, err
	}
	cycle, err := p.updateCycle(ctx, seen)
	if err != nil {
		return support.Bundle{}, err
	}
	source := p.source(seen)
	return support.NewBundle(support.Facts{
		Integration: seen.Integration, Grant: source.Grant, State: seen.State, ProviderName: source.ProviderName,
		Changes: changes, Acts: acts, Incidents: incidents, Relink: p.Version, System: runtime.GOOS + "/" + runtime.GOARCH,
		Now: p.Now(), Personal: personal, Values: p.values(seen), UpdateCycle: cycle,
	}), nil
}

// updateCycle is what Commerce Intelligence last said of its updates, as far as it concerns an integration.
func (p *Parts) updateCycle(ctx context.Context, s monitor.Seen) (*support.UpdateCycle, error) {
	other, err := p.otherSide(ctx)
	if err != nil {
		return nil, err
	}
	their := other.theirs[s.Integration.ID]
	if p.isAccount(s.Integration) {
		their.Account = s.Integration.ID
	}
	seen := other.cycleOf(their)
	if seen == nil {
		return nil, nil
	}
	return &support.UpdateCycle{State: cmp.Or(seen.Cycle.State, string(seen.Cycle.Result)), CompletedAt: seen.Cycle.End, AskedAt: seen.AskedAt}, nil
}

// Support is the text of a support ticket, as it is previewed.
func (p *Parts) Support(ctx context.Context, id string, personal bool) (view.Support, error) {
	bundle, err := p.bundle(ctx, id, personal)
	if err != nil {
		return view.Support{}, err
	}
	return view.Support{Text: bundle.Text(p.Printer()), Page: support.TicketPage}, nil
}

// SaveBundle writes the zip to a path that the person chose.
func (p *Parts) SaveBundle(ctx context.Context, id string, personal bool, path string) error {
	bundle, err := p.bundle(ctx, id, personal)
	if err != nil {
		return err
	}
	content, err := bundle.Zip(p.Printer())
	if err != nil {
		return err
	}
	return support.Save(path, content)
}

// OpenTicketPage opens the page on which support tickets are written.
func (p *Parts) OpenTicketPage(ctx context.Context) error {
	return oauth.OpenBrowser(ctx, support.TicketPage, []string{support.TicketHost})
}

// SaveCard writes a card to a path that the person chose.
func (p *Parts) SaveCard(ctx context.Context, q view.CardRequest, path string) error {
	content, err := p.CardFile(ctx, q)
	if err != nil {
		return err
	}
	return support.Save(path, content)
}
