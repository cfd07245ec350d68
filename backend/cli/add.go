package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/reauth"
	"relink/backend/secret"
)

type addFlags struct {
	input
	connection connectionFlags
	name       string
	method     string
	grantStdin bool
	noBrowser  bool
	useGrant   string
}

func (r *run) addCommand() *cobra.Command {
	var f addFlags
	c := &cobra.Command{
		Use: "add PROVIDER --name NAME [--set field=value …]", Short: "Add an integration", Args: arguments(cobra.ExactArgs(1)),
		Long: `Add an integration: its settings and credentials are tried first and stored only
when they work. Secrets come from a prompt or from standard input, never from an
argument: with --secret-stdin the whole input is the secret, or, where there are
several, each line is field=value. --grant-stdin takes a grant brought over from
another tool: the JSON token answer of RFC 6749 section 5.1 with obtained_at,
client_id and client_secret added. --import FILE fills the fields in from the
vendor's own file: Google's client_secret_….json, or the JSON key of a service
account. --use-grant-of NAME shares the sign-in of another integration of the same
vendor: what repairs one repairs all, and only what that sign-in lacks is asked for.
--url-stdin fills the fields of a database in from a connection string, and
--from-file PATH from what other tools keep: .my.cnf, .pgpass, pg_service.conf,
or, with --section ALIAS, the bastion of ~/.ssh/config.
What --set says counts more.

See "relink providers show PROVIDER" for the fields.`,
		Example: "  relink add stripe --name \"Stripe EU\" --secret-stdin < key.txt\n  relink add mysql --name Shop --set host=db.example.com --set database=shop --set username=report\n  relink add postgresql --url-stdin < url.txt",
		RunE:    r.withVault(func(ctx context.Context, p *Parts, args []string) error { return r.add(ctx, p, args[0], f) }),
	}
	c.Flags().StringVar(&f.name, "name", "", "the integration's name")
	c.Flags().StringVar(&f.method, "method", "", "how it is authorized; the provider's first when left out")
	c.Flags().StringArrayVar(&f.values, "set", nil, "a setting or a field that is no secret, as field=value")
	c.Flags().BoolVar(&f.secretStdin, "secret-stdin", false, "read the secret from standard input")
	c.Flags().BoolVar(&f.grantStdin, "grant-stdin", false, "read a whole grant as JSON from standard input")
	c.Flags().BoolVar(&f.noBrowser, "no-browser", false, "print the link instead of opening it")
	c.Flags().StringVar(&f.useGrant, "use-grant-of", "", "share the sign-in of the integration of that name")
	f.importFlag(c)
	f.keyFlags(c)
	r.hostKeyFlag(c)
	f.connection.add(c)
	c.MarkFlagsMutuallyExclusive("secret-stdin", "grant-stdin", "import", "url-stdin")
	c.MarkFlagsMutuallyExclusive("url-stdin", "from-file")
	c.MarkFlagsMutuallyExclusive("use-grant-of", "url-stdin")
	c.MarkFlagsMutuallyExclusive("use-grant-of", "grant-stdin")
	c.MarkFlagsMutuallyExclusive("use-grant-of", "import")
	return c
}

func (r *run) add(ctx context.Context, p *Parts, providerID string, f addFlags) error {
	provider, ok := p.Catalog.Provider(providerID)
	if !ok {
		return problem("provider", "provider_unknown", providerID)
	}
	kind := integration.Method(f.method)
	if kind == "" {
		kind = provider.Methods[0].Kind
	}
	method, ok := provider.Method(kind)
	if !ok {
		return problem("--method", "method_unknown", f.method)
	}
	values, err := assignments(f.values, method.Fields)
	if err != nil {
		return err
	}
	secrets, err := f.connection.read(r.In, provider, values)
	if err != nil {
		return err
	}
	if f.name == "" && f.connection.given() {
		f.name = connectionName(provider, values)
	}
	if f.name, err = r.askName(ctx, p, f.name); err != nil {
		return err
	}
	draft := reauth.Draft{ProviderID: provider.ID, Name: f.name, Method: kind}
	draft.Settings, draft.Values = split(provider, values)
	if f.useGrant != "" {
		shared, err := p.ByName(ctx, f.useGrant)
		if err != nil {
			return err
		}
		draft.UseGrant = shared.ID
	}
	switch {
	case f.file != "":
		draft.Choice = reauth.ChoiceImport
		secrets, err = f.fromFile(method.Import)
	case f.grantStdin:
		secrets, err = r.grantFromStdin(method, &draft)
	case f.secretStdin:
		secrets, err = r.secretsFromStdin(asked(method.Fields, values))
	default:
		err = r.askAll(ctx, p, provider, method, &draft, secrets)
	}
	if err != nil {
		return err
	}
	if err := f.readKey(secrets); err != nil {
		return err
	}
	if f.makeKey {
		draft.Choice = reauth.ChoiceMakeKey
	}
	step, err := p.Reauth.Add(ctx, draft, secrets, reauth.StartOptions{NoBrowser: f.noBrowser})
	switch {
	case err == nil && f.makeKey && step.Kind == integration.StepForm:
		step, err = r.install(ctx, p, step)
	case err == nil && f.file != "":
		step, err = r.afterImport(ctx, p, step, input{})
	case err == nil && step.Kind == integration.StepForm && !step.Code:
		step, err = r.answer(ctx, p, step, input{})
	}
	if err != nil {
		return err
	}
	return r.converse(ctx, p, step)
}

// askName prompts for a name that is not given. Where somebody types, a name that cannot be is told before the rest is asked for.
func (r *run) askName(ctx context.Context, p *Parts, name string) (string, error) {
	if !r.terminal() {
		return name, nil
	}
	if name == "" {
		typed, err := r.prompt(ctx, p.Printer().T("add.name")+":", false)
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		name = typed
	}
	if problems := reauth.ValidateName(ctx, p.Store, name, ""); len(problems) > 0 {
		return "", problems
	}
	return name, nil
}

// askAll prompts for what the flags left out.
func (r *run) askAll(ctx context.Context, p *Parts, provider catalog.Provider, method catalog.Method, d *reauth.Draft, secrets secret.Fields) error {
	say := p.Printer()
	if err := r.ask(ctx, say, provider.Settings, d.Settings, nil); err != nil {
		return err
	}
	if r.terminal() && d.UseGrant == "" {
		d.UseGrant = r.askShare(ctx, p, provider, method, *d)
	}
	if d.UseGrant != "" && d.UseGrant != integration.ChoiceNew {
		return nil // what the shared grant lacks is asked for later
	}
	if r.terminal() {
		v := methodView(provider, method, p.relay())
		r.printApp(r.Err, say, v.App, v.Import)
	}
	return r.ask(ctx, say, asked(method.Fields, d.Settings), d.Values, secrets)
}

// split tells the provider's settings from the method's fields.
func split(p catalog.Provider, values map[string]string) (settings, fields map[string]string) {
	settings, fields = map[string]string{}, map[string]string{}
	for name, value := range values {
		fields[name] = value
		for _, s := range p.Settings {
			if s.ID == name {
				settings[name] = value
				delete(fields, name)
			}
		}
	}
	return settings, fields
}

// maxExpiresIn bounds what a token answer may claim: ten years, in seconds.
const maxExpiresIn = 10 * 365 * 24 * 3600

// clockSkew is how far the clock of another computer may be ahead of this one.
const clockSkew = 10 * time.Minute

// broughtGrant is a token answer (RFC 6749 section 5.1) with what is needed to renew it.
type broughtGrant struct {
	AccessToken  string      `json:"access_token"`
	RefreshToken string      `json:"refresh_token"`
	ExpiresIn    json.Number `json:"expires_in"`
	Scope        string      `json:"scope"`
	ObtainedAt   string      `json:"obtained_at"`
	ClientID     string      `json:"client_id"`
	ClientSecret string      `json:"client_secret"`
}

// grantFromStdin reads a grant that another tool obtained.
func (r *run) grantFromStdin(method catalog.Method, d *reauth.Draft) (secret.Fields, error) {
	if method.OAuth == nil {
		return nil, problem("--grant-stdin", "grant_not_taken", "")
	}
	text, err := readText(r.In, "--grant-stdin", "stdin_unreadable", "")
	if err != nil {
		return nil, err
	}
	var g broughtGrant
	if err := json.Unmarshal([]byte(text), &g); err != nil {
		return nil, problem("--grant-stdin", "grant_not_json", "")
	}
	if g.AccessToken == "" && g.RefreshToken == "" {
		return nil, problem("--grant-stdin", "grant_empty", "")
	}
	brought, err := g.brought(r.Now())
	if err != nil {
		return nil, err
	}
	d.Brought = &brought
	if g.ClientID != "" {
		d.Values["client_id"] = g.ClientID
	}
	secrets := secret.Fields{}
	for name, value := range map[string]string{"access_token": g.AccessToken, "refresh_token": g.RefreshToken, "client_secret": g.ClientSecret} {
		if value != "" {
			secrets[name] = secret.New(value)
		}
	}
	return secrets, nil
}

// brought are the grant's facts that are no secret.
func (g broughtGrant) brought(now time.Time) (reauth.Brought, error) {
	var b reauth.Brought
	var err error
	if g.ObtainedAt == "" {
		return b, problem("obtained_at", "required", "")
	}
	if b.ObtainedAt, err = time.Parse(time.RFC3339, g.ObtainedAt); err != nil {
		return b, problem("obtained_at", "time_invalid", g.ObtainedAt)
	}
	if b.ObtainedAt.After(now.Add(clockSkew)) {
		return b, problem("obtained_at", "time_ahead", g.ObtainedAt)
	}
	if g.ExpiresIn != "" {
		seconds, err := g.ExpiresIn.Float64()
		if err != nil || seconds < 0 {
			return b, problem("expires_in", "seconds_invalid", g.ExpiresIn.String())
		}
		if seconds > 0 {
			b.AccessExpiresAt = b.ObtainedAt.Add(time.Duration(min(seconds, maxExpiresIn)) * time.Second)
		}
	}
	if g.Scope != "" {
		b.Scopes = strings.Fields(g.Scope)
	}
	return b, nil
}

// converse leads a conversation to its end in the terminal.
func (r *run) converse(ctx context.Context, p *Parts, step integration.Step) error {
	say := p.Printer()
	for {
		v := p.StepView(step)
		switch step.Kind {
		case integration.StepConsent, integration.StepDevice:
			r.printWait(p, v)
			next, err := r.await(ctx, p, step)
			if err != nil {
				return err
			}
			step = next
		case integration.StepConfirm:
			next, err := r.decide(ctx, p, v)
			if err != nil {
				return err
			}
			step = next
		case integration.StepForm:
			for _, problem := range v.Problems {
				printProblem(r.Err, say, problem)
			}
			if v.Notice != nil {
				fmt.Fprintln(r.Err, plain(say.Text(textOf(*v.Notice))))
			}
			if v.Outcome != nil && v.Outcome.Finding != nil {
				printFinding(r.Err, say, v.Outcome.Finding)
			}
			if !step.Code || !r.terminal() {
				return exitCode(ExitPerson)
			}
			next, err := r.answer(ctx, p, step, input{})
			if err != nil {
				return err
			}
			step = next
		default:
			err := r.printOutcome(p, step.Outcome.Result, v)
			if ctx.Err() != nil && step.Outcome.Result == integration.ResultCancelled {
				return exitCode(ExitInterrupted)
			}
			return err
		}
	}
}
