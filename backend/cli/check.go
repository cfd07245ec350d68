package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

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
	soon, err := p.check(ctx, names)
	if err != nil {
		return err
	}
	for _, one := range soon {
		fmt.Fprintln(r.Err, plain(one.name)+": "+p.Printer().Text(textOf(tooSoon(one.why))))
	}
	return r.report(ctx, p, names)
}

// report prints the last known truth, and why what fails does.
func (r *run) report(ctx context.Context, p *Parts, names []string) error {
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

// skipped is an integration that was not checked, as that came too soon: its last result stands.
type skipped struct {
	name string
	why  monitor.TooSoonError
}

// check runs the checks; our own trouble with any of them is the error.
func (p *Parts) check(ctx context.Context, names []string) ([]skipped, error) {
	if len(names) == 0 {
		return p.sorted(p.Monitor.CheckAll(ctx))
	}
	var ids []string
	for _, name := range names {
		i, err := p.ByName(ctx, name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, i.ID)
	}
	return p.sorted(p.Monitor.Sweep(ctx, ids, monitor.Asked))
}

// CheckAll checks every integration that is not paused. It returns the names of those whose login was refused
// too short a while ago to be tried again.
func (p *Parts) CheckAll(ctx context.Context) ([]string, error) {
	soon, err := p.check(ctx, nil)
	names := []string{}
	for _, one := range soon {
		if !one.why.Answered {
			names = append(names, one.name)
		}
	}
	return names, err
}

// sorted tells what came too soon, by name, from our own trouble.
func (p *Parts) sorted(failed map[string]error) ([]skipped, error) {
	var all []skipped
	var trouble []error
	for id, err := range failed {
		var soon monitor.TooSoonError
		if !errors.As(err, &soon) {
			trouble = append(trouble, err)
		} else if seen, err := p.Monitor.One(id); err == nil {
			all = append(all, skipped{seen.Integration.Name, soon})
		}
	}
	slices.SortFunc(all, func(a, b skipped) int { return strings.Compare(a.name, b.name) })
	return all, errors.Join(trouble...)
}

// tooSoon says from when on it may be checked.
func tooSoon(e monitor.TooSoonError) view.Text {
	key := "error.too_soon"
	if e.Answered {
		key = "error.answered"
	}
	return view.Text{Key: key, Args: map[string]string{"againAt": view.Stamp(e.Until)}}
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
