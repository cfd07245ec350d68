package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/probe"
	"relink/backend/secret"
)

// tokenFormats are the ways in which a grant is written for another program.
func tokenFormats() []string { return []string{"token", "header", "json", "env"} }

func (r *run) tokenCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use: "token NAME", Short: "Print an integration's access token, key or password for another program", Args: arguments(cobra.ExactArgs(1)),
		Long: `Print the secret of an integration to standard output, renewed first, and nothing
else; whatever is to be told goes to standard error. Each time is recorded, see
relink activity. Nothing is kept on the disk.

Formats: token, the secret alone; header, the lines that carry it to its API, for
example: curl -H "$(relink token NAME --format header)" URL; json and env, all
fields of a key or login with the settings that belong to it. A refresh token or
an OAuth client's secret is never printed.

Exit codes: 0 printed, 1 Relink could not do its job, 2 wrong usage,
10 not usable now, 11 a person is needed.`,
		RunE: r.withVault(func(ctx context.Context, p *Parts, args []string) error { return r.token(ctx, p, args[0], format) }),
	}
	c.Flags().StringVar(&format, "format", "token", "token, header, json or env")
	return c
}

func (r *run) token(ctx context.Context, p *Parts, name, format string) error {
	all, err := r.handOut(ctx, p, []string{name})
	if err != nil {
		return err
	}
	h := all[0]
	write, err := r.writing(h, format)
	if err != nil {
		return err
	}
	if err := p.recordHandOut(ctx, all, "handed_out", "", map[string]string{"format": format}); err != nil {
		return err
	}
	if err := write(); errors.Is(err, secret.ErrUnwritable) {
		return problem("--format", "handout_unwritable", format)
	} else if err != nil {
		return err
	}
	return nil
}

// writing prepares what is printed; an input error says that this grant has no such form.
func (r *run) writing(h handed, format string) (func() error, error) {
	switch format {
	case "token":
		only, ok := grant.Sole(h.held, grant.Parts(h.use, h.held))
		if !ok {
			return nil, problem("--format", "handout_several", format)
		}
		return func() error { return secret.WriteLine(r.Out, only) }, nil
	case "header":
		provider, err := h.use.Provider.For(h.use.Settings)
		if err != nil {
			return nil, err
		}
		headers, err := probe.Credential(probe.Target{Provider: provider, Integration: h.integration, Grant: h.held.Grant, Secrets: h.held.Secrets})
		if errors.Is(err, probe.ErrNoHeader) {
			return nil, problem("--format", "handout_no_header", format)
		}
		return func() error { return secret.WriteHeaders(r.Out, headers) }, err
	case "json":
		return func() error { return secret.WriteObject(r.Out, h.parts()) }, nil
	case "env":
		return func() error { return secret.WriteShell(r.Out, h.variables()) }, nil
	}
	return nil, integration.InputErrors{{Field: "--format", Code: "choice_unknown", Args: map[string]string{"value": format, "choices": strings.Join(tokenFormats(), ", ")}}}
}
