package cli

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"relink/backend/integration"
	"relink/backend/reauth"
	"relink/backend/secret"
	"relink/backend/view"
)

type reconnectFlags struct {
	input
	noBrowser bool
	client    bool
}

func (r *run) reconnectCommand() *cobra.Command {
	var f reconnectFlags
	c := &cobra.Command{
		Use: "reconnect NAME", Short: "Repair an integration: consent again, or enter its credentials again", Args: arguments(cobra.ExactArgs(1)),
		Long: `Replace the grant of an integration. The new one is tried first: it must work,
belong to the same account and have every scope; otherwise the old one stays as
it is. With --no-browser the link is printed, and the address that the browser
ends on can be pasted here, so that it works over SSH too.

Exit codes: 0 repaired, 11 not repaired, a person is needed.`,
		RunE: r.withVault(func(ctx context.Context, p *Parts, args []string) error { return r.reconnect(ctx, p, args[0], f) }),
	}
	c.Flags().BoolVar(&f.noBrowser, "no-browser", false, "print the consent link instead of opening it")
	c.Flags().BoolVar(&f.client, "client", false, "enter the OAuth client again, not only consent")
	c.Flags().StringArrayVar(&f.values, "set", nil, "a field that is no secret, as field=value")
	c.Flags().BoolVar(&f.secretStdin, "secret-stdin", false, "read the secret from standard input")
	return c
}

func (r *run) reconnect(ctx context.Context, p *Parts, name string, f reconnectFlags) error {
	i, err := p.ByName(ctx, name)
	if err != nil {
		return err
	}
	step, err := p.Reauth.Start(ctx, i.ID, reauth.StartOptions{NoBrowser: f.noBrowser, AskClient: f.client})
	if err != nil {
		return err
	}
	if step.Kind == integration.StepForm {
		if step, err = r.answer(ctx, p, step, f.input); err != nil {
			return err
		}
	}
	return r.converse(ctx, p, step)
}

// answer fills in a form from the flags, standard input or prompts.
func (r *run) answer(ctx context.Context, p *Parts, step integration.Step, in input) (integration.Step, error) {
	values, err := assignments(in.values, step.Fields)
	if err != nil {
		return step, err
	}
	secrets := secret.Fields{}
	if in.secretStdin {
		secrets, err = r.secretsFromStdin(step.Fields)
	} else {
		for name, value := range step.Values {
			if _, typed := values[name]; !typed {
				values[name] = value
			}
		}
		err = r.ask(p.Printer(), step.Fields, values, secrets)
	}
	if err != nil {
		return step, err
	}
	next, err := p.Reauth.Answer(ctx, step.Flow, integration.Answer{Values: values}, secrets)
	if err == nil && len(next.Problems) > 0 {
		return next, integration.InputErrors(next.Problems)
	}
	return next, err
}

// printConsent says where to consent, and takes a pasted address while the wait goes on.
func (r *run) printConsent(p *Parts, v view.Step) {
	say := p.Printer()
	key := "cli.consent_open"
	if v.Consent.Opened {
		key = "cli.consent_opened"
	}
	fmt.Fprintln(r.Err, say.T(key, "deadlineAt", v.Consent.Deadline))
	fmt.Fprintln(r.Err, "  "+v.Consent.URL)
	fmt.Fprintln(r.Err, say.T("cli.consent_paste"))
	if file, ok := r.In.(*os.File); ok {
		go r.readPasted(p, v.Flow, file)
	}
}

// readPasted hands each pasted line to the conversation until one is taken. It ends with the program.
func (r *run) readPasted(p *Parts, flow string, file *os.File) {
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		address := strings.TrimSpace(lines.Text())
		if address == "" {
			continue
		}
		step, err := p.Reauth.Answer(context.Background(), flow, integration.Answer{Values: map[string]string{"redirect": address}}, nil)
		if err != nil || step.Kind == integration.StepOutcome {
			return
		}
		for _, problem := range view.ProblemsOf(step.Problems) {
			printProblem(r.Err, p.Printer(), problem)
		}
	}
}

// printOutcome says how it ended.
func (r *run) printOutcome(p *Parts, result integration.Result, v view.Step) error {
	say := p.Printer()
	fmt.Fprintln(r.Out, plain(say.Text(textOf(v.Outcome.Text))))
	if v.Outcome.Finding != nil {
		printFinding(r.Out, say, v.Outcome.Finding)
	}
	switch {
	case result.Changed():
		r.sayEnd(p, v)
		return nil
	case result == integration.ResultNotStored:
		return exitCode(ExitError)
	}
	return exitCode(ExitPerson)
}
