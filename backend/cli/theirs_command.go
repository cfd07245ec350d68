package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"relink/backend/integration"
	"relink/backend/view"
)

func (r *run) theirsCommand() *cobra.Command {
	var told Told
	var on, off bool
	var account string
	c := &cobra.Command{
		Use: "theirs NAME", Short: "See an integration's other side, inside Commerce Intelligence, and the way to authorize it there", Args: arguments(cobra.ExactArgs(1)),
		Long: `Commerce Intelligence keeps a consent of its own and offers no interface to read
or renew it. Show what is known of that side, and the steps that an Admin takes
there. What you do and read there is told with the flags; the progress is kept.

Steps: page, open, button, again, see. The first one begins the way anew.`,
	}
	c.RunE = r.with(func(ctx context.Context, p *Parts, args []string) error {
		i, err := p.ByName(ctx, args[0])
		if err != nil {
			return err
		}
		if position := map[bool]string{on: integration.SwitchOn, off: integration.SwitchOff}[true]; position != "" {
			told.Switch = &position
		}
		if c.Flags().Changed("account") {
			told.Account = &account
		}
		if told != (Told{}) {
			if err := p.Tell(ctx, i.ID, told); err != nil {
				return err
			}
		}
		v, err := p.TheirSide(ctx, i.ID)
		switch {
		case err != nil:
			return err
		case v == nil:
			return problem("name", "not_in_commerce_intelligence", i.Name)
		case r.json:
			return printJSON(r.Out, v)
		}
		r.printTheirSide(p, *v)
		return nil
	})
	c.Flags().StringVar(&told.DataPoint, "data-point", "", "Last Data Point Received, as their page shows it")
	c.Flags().StringVar(&told.Done, "done", "", "a step that you did there")
	c.Flags().StringVar(&told.Undone, "undone", "", "a step that is not done after all")
	c.Flags().StringVar(&told.Keys, "host-keys", "", "Refresh SSH Host Keys there: refreshed, or how Save & Test ended: passed, failed")
	c.Flags().BoolVar(&on, "on", false, "it lives in Commerce Intelligence, too")
	c.Flags().BoolVar(&off, "off", false, "it does not")
	c.Flags().StringVar(&account, "account", "", "the integration that is its account there, where there are several")
	c.Flags().BoolVar(&r.json, "json", false, "print JSON")
	c.MarkFlagsMutuallyExclusive("on", "off")
	return c
}

// printTheirSide writes both sides, what to do, and the way there.
func (r *run) printTheirSide(p *Parts, v view.TheirSide) {
	say := p.Printer()
	line := func(format string, args ...any) { fmt.Fprintln(r.Out, plain(fmt.Sprintf(format, args...))) }
	line("%s: %s", say.T("theirs.ours"), say.T("status."+v.Ours))
	if !v.On {
		line("%s: %s", say.T("theirs.theirs"), say.T("theirs.off"))
		return
	}
	line("%s: %s", say.T("theirs.theirs"), say.T("status."+v.Status))
	line("  %s", say.Text(textOf(v.What)))
	line("  %s", say.Text(textOf(v.Do)))
	if v.DataPoint != "" {
		line("  %s", say.T("theirs.told", "dataPointAt", v.DataPoint, "toldAt", v.ToldAt))
	}
	if v.EndsAt != "" {
		line("  %s", say.T("theirs.ends", "endsAt", v.EndsAt))
	}
	line("%s", say.T("theirs.way"))
	for _, step := range v.Steps {
		mark := " "
		if step.DoneAt != "" {
			mark = "x"
		}
		line("  [%s] %-6s  %s", mark, step.ID, say.Text(textOf(step.Text)))
		if step.Again != nil {
			line("             %s", in(say, *step.Again))
		}
		if step.ID == "again" {
			for _, resource := range v.Resources {
				line("             %s  %s", resource.Name, resource.ID)
			}
		}
	}
	line("  %s", say.T("theirs.who"))
	if v.Keys != nil {
		line("%s", say.Text(textOf(v.Keys.Text)))
	}
}
