package cli

import (
	"context"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"relink/backend/locale"
	"relink/backend/view"
)

func (r *run) listCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "list", Short: "List all integrations", Args: arguments(cobra.NoArgs),
		Long: "List all integrations with their last known status, without any network. The exit code is 0 whatever the statuses are.",
		RunE: r.with(func(ctx context.Context, p *Parts, _ []string) error {
			o, err := p.Overview(ctx)
			if err != nil {
				return err
			}
			return r.rows(p, o)
		}),
	}
	c.Flags().BoolVar(&r.json, "json", false, "print JSON")
	return c
}

func (r *run) statusCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "status [NAME…]", Short: "Print the last known truth, without any network",
		Long: "Print the last known truth about all or the named integrations, without any network. Exit codes: 0 all authorized, 10 something fails or is not known, 11 a person is needed.",
		RunE: r.with(func(ctx context.Context, p *Parts, args []string) error {
			o, err := p.Overview(ctx)
			if err != nil {
				return err
			}
			if o.Rows, err = p.named(ctx, o.Rows, args); err != nil {
				return err
			}
			if err := r.rows(p, o); err != nil {
				return err
			}
			return exitFor(o.Rows)
		}),
	}
	c.Flags().BoolVar(&r.json, "json", false, "print JSON")
	return c
}

// named keeps the rows of the named integrations; all when none is named.
func (p *Parts) named(ctx context.Context, rows []view.Row, names []string) ([]view.Row, error) {
	if len(names) == 0 {
		return rows, nil
	}
	var ids []string
	for _, name := range names {
		i, err := p.ByName(ctx, name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, i.ID)
	}
	return slices.DeleteFunc(rows, func(row view.Row) bool { return !slices.Contains(ids, row.ID) }), nil
}

func (r *run) rows(p *Parts, o view.Overview) error {
	if r.json {
		return printJSON(r.Out, o)
	}
	if len(o.Rows) == 0 {
		fmt.Fprintln(r.Out, p.Printer().T("cli.none"))
		return nil
	}
	if err := printRows(r.Out, p.Printer(), o.Rows); err != nil {
		return err
	}
	for _, line := range p.cyclesByLine(o.Cycles) {
		fmt.Fprintln(r.Out, line)
	}
	return r.bothSides(p.Printer(), o.Rows)
}

// bothSides prints the other side of what has one.
func (r *run) bothSides(say locale.Printer, rows []view.Row) error {
	table := tabwriter.NewWriter(r.Out, 0, 4, 2, ' ', 0)
	for _, row := range rows {
		if row.Theirs != "" {
			fmt.Fprintln(table, plain(row.Name)+"\t"+say.T("theirs.theirs")+": "+say.T("status."+row.Theirs))
		}
	}
	return table.Flush()
}
