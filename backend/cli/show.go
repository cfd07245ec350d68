package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

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

// detail writes the finding, the evidence and the latest acts.
func (r *run) detail(p *Parts, d view.Detail) {
	say := p.Printer()
	if d.Finding != nil {
		printFinding(r.Out, say, d.Finding)
	}
	for _, f := range d.Facts {
		fmt.Fprintf(r.Out, "  %s: %s\n", say.T(f.Key), plain(f.Value))
	}
	for _, a := range d.Acts {
		fmt.Fprintf(r.Out, "  %s  %s\n", a.At, plain(say.Text(textOf(a.Text))))
	}
}
