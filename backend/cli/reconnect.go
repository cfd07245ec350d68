package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/reauth"
	"relink/backend/secret"
	"relink/backend/view"
)

type reconnectFlags struct {
	input
	connection    connectionFlags
	noBrowser     bool
	client        bool
	switchAccount bool
}

func (r *run) reconnectCommand() *cobra.Command {
	var f reconnectFlags
	c := &cobra.Command{
		Use: "reconnect NAME", Short: "Repair an integration: consent again, or enter its credentials again", Args: arguments(cobra.ExactArgs(1)),
		Long: `Replace the grant of an integration. The new one is tried first: it must work,
belong to the same account and have every scope; otherwise the old one stays as
it is. With --no-browser the link is printed, and the address that the browser
ends on can be pasted here, so that it works over SSH too. Another account, or
one that sees less than before, is a question; --switch-account answers it: the
new login is used from then on, and the audit trail names both. --url-stdin takes
user and password from a database's connection string, which must name the same
database: a password is never tried at another one.

Exit codes: 0 repaired, 11 not repaired, a person is needed.`,
		RunE: r.withVault(func(ctx context.Context, p *Parts, args []string) error { return r.reconnect(ctx, p, args[0], f) }),
	}
	c.Flags().BoolVar(&f.noBrowser, "no-browser", false, "print the link instead of opening it")
	c.Flags().BoolVar(&f.client, "client", false, "enter the OAuth client again; consent is asked for only where the new one cannot renew the grant")
	f.importFlag(c)
	c.Flags().BoolVar(&f.switchAccount, "switch-account", false, "use another account, or one that sees less, knowingly")
	c.Flags().StringArrayVar(&f.values, "set", nil, "a field that is no secret, as field=value")
	c.Flags().BoolVar(&f.secretStdin, "secret-stdin", false, "read the secret from standard input")
	f.keyFlags(c)
	r.hostKeyFlag(c)
	f.connection.add(c)
	c.MarkFlagsMutuallyExclusive("secret-stdin", "import", "url-stdin")
	c.MarkFlagsMutuallyExclusive("url-stdin", "from-file")
	return c
}

func (r *run) reconnect(ctx context.Context, p *Parts, name string, f reconnectFlags) error {
	r.switchAccount = f.switchAccount
	i, err := p.ByName(ctx, name)
	if err != nil {
		return err
	}
	if err := f.fromConnection(r.In, p, i); err != nil {
		return err
	}
	step, err := p.Reauth.Start(ctx, i.ID, reauth.StartOptions{NoBrowser: f.noBrowser, AskClient: f.client || f.file != ""})
	if err != nil {
		return err
	}
	switch {
	case step.Kind == integration.StepForm && f.file != "":
		step, err = r.bringFile(ctx, p, step, f.input)
	case step.Kind == integration.StepForm && (!step.Code || f.secretStdin):
		r.printStepApp(p, step)
		step, err = r.answer(ctx, p, step, f.input)
	}
	if err != nil {
		return err
	}
	return r.converse(ctx, p, step)
}

// fromConnection takes user and secrets from a connection string, if one was given. The settings stay
// as they are, so that it must be one of the same database.
func (f *reconnectFlags) fromConnection(in io.Reader, p *Parts, i integration.Integration) error {
	if !f.connection.given() {
		return nil
	}
	provider, ok := p.Catalog.Provider(i.ProviderID)
	if !ok {
		return problem("provider", "provider_unknown", i.ProviderID)
	}
	said := map[string]string{}
	secrets, err := f.connection.read(in, provider, said)
	if err != nil {
		return err
	}
	ours := provider.Values(i.Settings)
	for _, id := range []string{"host", "port", "database"} {
		if said[id] != "" && !strings.EqualFold(said[id], ours[id]) {
			return problem(id, "connection_elsewhere", said[id])
		}
	}
	if user := said["username"]; user != "" && !slices.ContainsFunc(f.values, func(v string) bool { return strings.HasPrefix(v, "username=") }) {
		f.values = append(f.values, "username="+user)
	}
	f.given = secrets
	return nil
}

// bringFile answers a form with a vendor's file, and goes on with what it filled in.
func (r *run) bringFile(ctx context.Context, p *Parts, step integration.Step, in input) (integration.Step, error) {
	secrets, err := in.fromFile(step.Import)
	if err != nil {
		return step, err
	}
	if step, err = p.Reauth.Answer(ctx, step.Flow, integration.Answer{Choice: reauth.ChoiceImport}, secrets); err != nil {
		return step, err
	}
	return r.afterImport(ctx, p, step, in)
}

// answer fills in a form from the flags, standard input or prompts.
func (r *run) answer(ctx context.Context, p *Parts, step integration.Step, in input) (integration.Step, error) {
	values, err := assignments(in.values, step.Fields)
	if err != nil {
		return step, err
	}
	secrets := secret.Fields{}
	maps.Copy(secrets, in.given)
	if in.secretStdin {
		secrets, err = r.secretsFromStdin(step.Fields)
	} else {
		for name, value := range step.Values {
			if _, typed := values[name]; !typed {
				values[name] = value
			}
		}
		err = r.ask(ctx, p.Printer(), step.Fields, values, secrets)
	}
	if err == nil {
		err = in.readKey(secrets)
	}
	if err != nil {
		return step, err
	}
	if in.makeKey {
		return r.makeKey(ctx, p, step, secrets)
	}
	next, err := p.Reauth.Answer(ctx, step.Flow, integration.Answer{Values: values}, secrets)
	if err == nil && len(next.Problems) > 0 {
		return next, integration.InputErrors(next.Problems)
	}
	return next, err
}

// printApp tells how one's own OAuth client is registered.
func (r *run) printApp(w io.Writer, say locale.Printer, app *view.OAuthApp, file string) {
	if app == nil {
		return
	}
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(w, "  %s %s\n", say.T(key), plain(value))
		}
	}
	line("cli.app_at", app.KeysURL)
	if kind := in(say, app.Type); kind != "" {
		fmt.Fprintf(w, "  %s\n", plain(say.T("cli.app_type", "type", kind)))
	}
	for _, uri := range app.RedirectURIs {
		line("cli.redirect_uri", uri)
	}
	if file != "" {
		fmt.Fprintf(w, "  %s\n", say.T("cli.app_import"))
	}
}

// printStepApp does the same for a form that is about to be asked.
func (r *run) printStepApp(p *Parts, step integration.Step) {
	if r.terminal() {
		r.printApp(r.Err, p.Printer(), view.AppOf(step.App), step.Import)
	}
}

// printWait says what the person must do on the provider's page.
func (r *run) printWait(p *Parts, v view.Step) {
	say := p.Printer()
	r.printWanted(say, v)
	if d := v.Device; d != nil {
		key := "cli.device_open"
		if d.Opened {
			key = "cli.device_opened"
		}
		fmt.Fprintln(r.Err, say.T(key, "provider", plain(v.Title.Args["provider"]), "deadlineAt", d.Deadline))
		fmt.Fprintln(r.Err, "  "+plain(d.URL))
		fmt.Fprintln(r.Err, say.T("cli.device_code"))
		fmt.Fprintln(r.Err, "  "+plain(d.UserCode))
		return
	}
	key := "cli.consent_open"
	if v.Consent.Opened {
		key = "cli.consent_opened"
	}
	fmt.Fprintln(r.Err, say.T(key, "deadlineAt", v.Consent.Deadline))
	fmt.Fprintln(r.Err, "  "+v.Consent.URL)
	switch {
	case v.Consent.Pin:
		fmt.Fprintln(r.Err, say.T("cli.consent_pin"))
	case v.Consent.Paste:
		fmt.Fprintln(r.Err, say.T("cli.consent_paste_always", "redirect", v.Consent.RedirectURI))
	default:
		fmt.Fprintln(r.Err, say.T("cli.consent_paste"))
	}
}

// await waits until the person has consented, and takes what is pasted meanwhile. Nobody reads what is typed once it
// has returned: the next line answers what is asked next.
func (r *run) await(ctx context.Context, p *Parts, step integration.Step) (integration.Step, error) {
	var reading sync.WaitGroup
	pasting, stop := context.WithCancel(ctx)
	if _, ok := r.In.(*os.File); ok && step.Kind == integration.StepConsent {
		reading.Go(func() { r.readPasted(pasting, p, step.Flow) })
	}
	next, err := p.Reauth.Await(ctx, step.Flow)
	stop()
	reading.Wait()
	return next, err
}

// readPasted hands each pasted line to the conversation until one is taken, or the wait ends.
func (r *run) readPasted(ctx context.Context, p *Parts, flow string) {
	for {
		address, ok := r.next(ctx)
		if !ok {
			return
		}
		if address == "" {
			continue
		}
		step, err := p.Reauth.Answer(context.WithoutCancel(ctx), flow, integration.Answer{Values: map[string]string{"redirect": address}}, nil)
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
	r.printAfter(say, *v.Outcome)
	switch {
	case result.Changed():
		return nil
	case result == integration.ResultNotStored:
		return exitCode(ExitError)
	case result == integration.ResultNameTaken:
		return exitCode(ExitUsage)
	}
	return exitCode(ExitPerson)
}
