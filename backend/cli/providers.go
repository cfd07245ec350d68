package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"relink/backend/catalog"
	"relink/backend/integration"
)

func (r *run) providersCommand() *cobra.Command {
	return group("providers", "The catalog: what Relink knows about each provider",
		r.providersListCommand(), r.providersShowCommand(), r.providersLintCommand(), r.providersNewCommand())
}

func (r *run) providersListCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "list [WORD...]", Short: "List all providers, or those that the words find: by name, synonym, summary, or what Commerce Intelligence calls them", Args: arguments(cobra.ArbitraryArgs),
		RunE: r.with(func(_ context.Context, p *Parts, words []string) error {
			query := strings.Join(words, " ")
			all := matching(p.ProviderViews(), query)
			if len(all) == 0 && !r.json {
				fmt.Fprintln(r.Err, plain(p.Printer().T("cli.providers_none", "query", query)))
			}
			if r.json {
				return printJSON(r.Out, all)
			}
			table := tabwriter.NewWriter(r.Out, 0, 4, 2, ' ', 0)
			for _, v := range all {
				fmt.Fprintf(table, "%s\t%s\t%s\n", v.ID, v.Name, in(p.Printer(), v.Summary))
			}
			for _, problem := range p.Catalog.Problems() {
				fmt.Fprintln(r.Err, plain(problem.Error()))
			}
			return table.Flush()
		}),
	}
	c.Flags().BoolVar(&r.json, "json", false, "print JSON")
	return c
}

func (r *run) providersShowCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "show ID", Short: "Show a provider: its ways in, fields, lifetimes, permissions, what Relink sends, pages, and what is not confirmed", Args: arguments(cobra.ExactArgs(1)),
		RunE: r.with(func(_ context.Context, p *Parts, args []string) error {
			provider, ok := p.Catalog.Provider(args[0])
			if !ok {
				return problem("provider", "provider_unknown", args[0])
			}
			v := ProviderView(provider, p.relay())
			if r.json {
				return printJSON(r.Out, v)
			}
			r.printProvider(p.Printer(), v)
			return nil
		}),
	}
	c.Flags().BoolVar(&r.json, "json", false, "print JSON")
	return c
}

func (r *run) providersLintCommand() *cobra.Command {
	return &cobra.Command{
		Use: "lint [FOLDER]", Short: "Check the catalog, or a folder of own providers; every error names file and line", Args: arguments(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			if folder := strings.Join(args, ""); folder != "" {
				if there, err := os.Stat(folder); err != nil || !there.IsDir() {
					return problem("FOLDER", "folder_missing", folder)
				}
			}
			problems := catalog.Lint(strings.Join(args, ""))
			for _, p := range problems {
				fmt.Fprintln(r.Err, plain(p.Error()))
			}
			if len(problems) > 0 {
				return exitCode(ExitError)
			}
			fmt.Fprintln(r.Out, r.printer().T("cli.lint_ok"))
			return nil
		},
	}
}

func (r *run) providersNewCommand() *cobra.Command {
	var name string
	var oauth bool
	c := &cobra.Command{
		Use: "new ID", Short: "Write the skeleton of an own provider, to be filled in", Args: arguments(cobra.ExactArgs(1)),
		Long: "Write the folder of a provider of your own, with a provider.yaml that loads, contract cases and guides. Fill them in, and relink providers lint FOLDER tells what is left. The next start of Relink offers the provider.",
		RunE: r.with(func(_ context.Context, p *Parts, args []string) error {
			if other, taken := p.Catalog.Provider(args[0]); taken {
				return problem("id", "provider_taken", other.ID)
			}
			kind := catalog.SkeletonKey
			if oauth {
				kind = catalog.SkeletonOAuth2
			}
			if name == "" {
				name = args[0]
			}
			folder, err := catalog.Skeleton(p.ownFolder(), args[0], name, kind)
			if errors.Is(err, fs.ErrExist) {
				return problem("id", "provider_taken", args[0])
			}
			if err != nil {
				return err
			}
			fmt.Fprintln(r.Out, p.Printer().T("cli.provider_new", "folder", folder))
			return nil
		}),
	}
	c.Flags().StringVar(&name, "name", "", "the name that people see")
	c.Flags().BoolVar(&oauth, "oauth2", false, "it signs people in (OAuth 2.0), instead of taking a key")
	return c
}

// Guide is the provider's guide in the given language, as Markdown.
func (p *Parts) Guide(providerID, lang string) (string, error) {
	text := p.Catalog.Guide(providerID, lang)
	if text == "" {
		return "", fmt.Errorf("guide of %q: %w", providerID, integration.ErrNotFound)
	}
	return text, nil
}
