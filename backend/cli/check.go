package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"relink/backend/monitor"
	"relink/backend/view"
)

func (r *run) checkCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "check [NAME…]", Short: "Check all or the named integrations now",
		Long: "Check all integrations that are not paused, or the named ones, and say of each that fails why and what to do. Exit codes: 0 all authorized, 10 something fails, 11 a person is needed.",
		RunE: r.withVault(r.check),
	}
	c.Flags().BoolVar(&r.json, "json", false, "print JSON")
	c.Flags().BoolVar(&r.steps, "steps", false, "show each step of the check, and how long it took")
	return c
}

func (r *run) check(ctx context.Context, p *Parts, names []string) error {
	if err := p.check(ctx, names); err != nil {
		return err
	}
	if err := p.tellDue(ctx); err != nil {
		return err
	}
	o, err := p.Overview(ctx)
	if err != nil {
		return err
	}
	if o.Rows, err = p.named(ctx, o.Rows, names); err != nil {
		return err
	}
	if err := r.rows(p, o); err != nil {
		return err
	}
	if !r.json {
		r.explain(ctx, p, o.Rows)
	}
	if r.steps && !r.json {
		for _, row := range o.Rows {
			d, err := p.Detail(ctx, row.ID)
			if err != nil {
				return err
			}
			printSteps(r.Out, p.Printer(), d)
		}
	}
	return exitFor(o.Rows)
}

// check runs the checks; our own trouble with any of them is the error.
func (p *Parts) check(ctx context.Context, names []string) error {
	if len(names) == 0 {
		return p.CheckAll(ctx)
	}
	var ids []string
	for _, name := range names {
		i, err := p.ByName(ctx, name)
		if err != nil {
			return err
		}
		ids = append(ids, i.ID)
	}
	return joined(p.Monitor.Sweep(ctx, ids, monitor.Asked))
}

// CheckAll checks every integration that is not paused.
func (p *Parts) CheckAll(ctx context.Context) error { return joined(p.Monitor.CheckAll(ctx)) }

// joined is our own trouble. A check that came too soon leaves the last result standing, which is shown.
func joined(failed map[string]error) error {
	maps.DeleteFunc(failed, func(_ string, err error) bool { return errors.As(err, new(monitor.TooSoonError)) })
	return errors.Join(slices.Collect(maps.Values(failed))...)
}

// explain writes the finding of each row that is not well.
func (r *run) explain(ctx context.Context, p *Parts, rows []view.Row) {
	for _, row := range rows {
		if row.Verdict == "ok" || row.Verdict == "" || row.Paused {
			continue
		}
		d, err := p.Detail(ctx, row.ID)
		if err != nil || d.Finding == nil {
			continue
		}
		fmt.Fprintf(r.Out, "\n%s\n", plain(row.Name))
		printFinding(r.Out, p.Printer(), d.Finding)
	}
}
