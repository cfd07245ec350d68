package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"relink/backend/locale"
	"relink/backend/reauth"
)

func (r *run) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use: "demo", Short: "See the whole story with sample integrations; nothing is kept", Args: arguments(cobra.NoArgs),
		Long: `Run the whole story on this computer: sample integrations are connected to a
small world of sample services, one grant is withdrawn, Relink finds out and
says why, the repair runs, and all is well again. State lies in a throw-away
folder and secrets in memory; your keychain and your data are not touched.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return r.demo(cmd.Context()) },
	}
}

// demo tells the story, one chapter after the other; it fails where the story does.
func (r *run) demo(ctx context.Context) (err error) {
	say := r.printer()
	tell := func(key string) { fmt.Fprintf(r.Out, "\n%s\n", say.T("demo."+key)) }
	fmt.Fprintln(r.Out, say.T("demo.vault"))
	p, err := OpenSample(ctx, Options{Version: r.Version, Log: r.logger(), Now: r.Now, Lang: locale.Detect(r.Getenv)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	tell("connected")
	if err := r.chapter(ctx, p); err != nil {
		return err
	}
	if err := p.BreakSample(ctx); err != nil {
		return err
	}
	tell("revoked")
	if err := r.chapter(ctx, p); err == nil {
		return errors.New("the withdrawn grant was not noticed")
	}
	tell("repair")
	if err := r.repairSample(ctx, p); err != nil {
		return err
	}
	tell("healed")
	return r.chapter(ctx, p)
}

// chapter checks everything, prints it, and says by its error whether all is well.
func (r *run) chapter(ctx context.Context, p *Parts) error {
	if _, err := p.CheckAll(ctx); err != nil {
		return err
	}
	return r.report(ctx, p, nil)
}

// repairSample reconnects what is broken, as a person would in the browser.
func (r *run) repairSample(ctx context.Context, p *Parts) error {
	for _, seen := range p.Monitor.All() {
		if seen.State.Finding.OK() {
			continue
		}
		step, err := p.Reauth.Start(ctx, seen.Integration.ID, reauth.StartOptions{NoBrowser: true})
		if err != nil {
			return err
		}
		if step, err = p.consent(ctx, step); err != nil {
			return err
		}
		if err := r.printOutcome(p, step.Outcome.Result, p.StepView(step)); err != nil {
			return err
		}
	}
	return nil
}
