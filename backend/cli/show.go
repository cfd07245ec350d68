package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/view"
)

func (r *run) showCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "show NAME", Short: "Show one integration: what happened, how we know, what to do", Args: arguments(cobra.ExactArgs(1)),
		RunE: r.with(func(ctx context.Context, p *Parts, args []string) error {
			i, err := p.ByName(ctx, args[0])
			if err != nil {
				return err
			}
			d, err := p.Detail(ctx, i.ID)
			if err != nil {
				return err
			}
			if r.json {
				return printJSON(r.Out, d)
			}
			if err := printRows(r.Out, p.Printer(), []view.Row{d.Row}); err != nil {
				return err
			}
			r.detail(p, d)
			return nil
		}),
	}
	c.Flags().BoolVar(&r.json, "json", false, "print JSON")
	return c
}

// way writes the section of the provider's guide that the finding leads to, and the page to do it on.
func (r *run) way(p *Parts, d view.Detail) {
	say := p.Printer()
	if title, text := catalog.Section(p.Catalog.Guide(d.Row.Provider, say.Lang()), integration.Section(d.Finding.Section)); title != "" {
		fmt.Fprintf(r.Out, "  %s\n", say.T("show.guide", "provider", plain(d.Row.ProviderName), "section", plain(title)))
		for line := range strings.Lines(text) {
			fmt.Fprintf(r.Out, "    %s\n", plain(strings.TrimRight(line, "\n")))
		}
	}
	if link, err := p.Link(d.Row.ID, d.Finding.Page); err == nil {
		fmt.Fprintf(r.Out, "  %s: %s\n", say.T("button.open_"+d.Finding.Page), plain(link))
	}
}

// said is a fact's value in words where it is one of Relink's own, and a time as people write it.
func said(say locale.Printer, f view.Fact) string {
	known := "fact.value." + strings.TrimPrefix(f.Key, "fact.") + "." + f.Value
	_, err := time.Parse(time.RFC3339, f.Value)
	switch {
	case f.Provider:
		return f.Value
	case f.Key == "fact.stage" && say.Has("detail.stage."+f.Value):
		return say.T("detail.stage." + f.Value)
	case say.Has(known):
		return say.T(known)
	case err == nil:
		return say.T("activity.at", "momentAt", f.Value)
	}
	return f.Value
}

// detail writes the finding, the evidence and the latest acts.
func (r *run) detail(p *Parts, d view.Detail) {
	say := p.Printer()
	if d.Finding != nil {
		printFinding(r.Out, say, d.Finding)
		r.way(p, d)
	}
	if a := d.Asked; a != nil {
		fmt.Fprintln(r.Out, "  "+plain(askedWords(say, *a)))
	}
	if d.Rest != nil {
		fmt.Fprintln(r.Out, "  "+restWords(say, *d.Rest))
	}
	for _, f := range d.Facts {
		fmt.Fprintf(r.Out, "  %s: %s\n", say.T(f.Key), plain(said(say, f)))
	}
	for _, a := range d.Acts {
		fmt.Fprintf(r.Out, "  %s  %s\n", say.T("activity.at", "momentAt", a.At), plain(say.Text(textOf(a.Text))))
	}
}
