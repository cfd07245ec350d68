package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/reauth"
)

// Change is what may change about an integration without touching its grant. Nil and zero mean: as it is.
type Change struct {
	Name     *string
	Interval time.Duration
	Settings map[string]string
}

// Edit checks the change and saves it. Wrong input is returned as integration.InputErrors.
func (p *Parts) Edit(ctx context.Context, id string, c Change) error {
	seen, err := p.Monitor.One(id)
	if err != nil {
		return err
	}
	i := seen.Integration
	var problems integration.InputErrors
	if c.Name != nil {
		problems = append(problems, reauth.ValidateName(ctx, p.Store, *c.Name, id)...)
		i.Name = reauth.CleanName(*c.Name)
	}
	if c.Interval != 0 {
		if c.Interval < integration.MinInterval || c.Interval > integration.MaxInterval {
			problems = append(problems, integration.InputError{Field: "interval", Code: "interval_range", Args: map[string]string{"value": c.Interval.String()}})
		}
		i.Interval = c.Interval
	}
	if len(c.Settings) > 0 {
		i.Settings = maps.Clone(i.Settings)
		maps.Copy(i.Settings, c.Settings)
		if provider, ok := p.Catalog.Provider(i.ProviderID); ok {
			problems = append(problems, catalog.ValidateFields(provider.Settings, i.Settings, nil)...)
		}
	}
	if len(problems) > 0 {
		return problems
	}
	return p.Monitor.Edit(ctx, i)
}

func (r *run) editCommand() *cobra.Command {
	var name, interval string
	var set []string
	c := &cobra.Command{
		Use: "edit NAME", Short: "Change an integration's name, interval or settings; its grant stays", Args: arguments(cobra.ExactArgs(1)),
	}
	c.RunE = r.with(func(ctx context.Context, p *Parts, args []string) error {
		i, err := p.ByName(ctx, args[0])
		if err != nil {
			return err
		}
		if !slices.ContainsFunc([]string{"name", "interval", "set"}, c.Flags().Changed) {
			return wrongUse(c, c.CommandPath(), "edit_nothing", "")
		}
		var change Change
		if c.Flags().Changed("name") {
			change.Name = &name
		}
		if c.Flags().Changed("interval") {
			if change.Interval, err = time.ParseDuration(interval); err != nil || change.Interval == 0 {
				return problem("interval", "interval_invalid", interval)
			}
		}
		if change.Settings, err = p.settings(i, set); err != nil {
			return err
		}
		return p.Edit(ctx, i.ID, change)
	})
	c.Flags().StringVar(&name, "name", "", "the new name")
	c.Flags().StringVar(&interval, "interval", "", "time between two checks, such as 5m or 1h")
	c.Flags().StringArrayVar(&set, "set", nil, "a setting, as field=value")
	return c
}

// settings reads field=value pairs that must name settings of the integration's provider.
func (p *Parts) settings(i integration.Integration, pairs []string) (map[string]string, error) {
	provider, ok := p.Catalog.Provider(i.ProviderID)
	if !ok {
		return nil, problem("provider", "provider_unknown", i.ProviderID)
	}
	values, err := assignments(pairs, provider.Settings)
	if err != nil {
		return nil, err
	}
	settings, others := split(provider, values)
	for name := range others {
		return nil, integration.InputErrors{{Field: name, Code: "provider_setting_unknown", Args: map[string]string{"value": name, "provider": provider.ID}}}
	}
	return settings, nil
}

func (r *run) pauseCommand() *cobra.Command {
	return &cobra.Command{
		Use: "pause NAME", Short: "Stop checking an integration", Args: arguments(cobra.ExactArgs(1)),
		RunE: r.each((*Parts).pause),
	}
}

func (r *run) resumeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "resume NAME", Short: "Check a paused integration again", Args: arguments(cobra.ExactArgs(1)),
		RunE: r.each((*Parts).resume),
	}
}

func (p *Parts) pause(ctx context.Context, i integration.Integration) error {
	return p.Monitor.Pause(ctx, i.ID)
}
func (p *Parts) resume(ctx context.Context, i integration.Integration) error {
	return p.Monitor.Resume(ctx, i.ID)
}

// each runs a command on the integration that the first argument names.
func (r *run) each(do func(*Parts, context.Context, integration.Integration) error) func(*cobra.Command, []string) error {
	return r.with(func(ctx context.Context, p *Parts, args []string) error {
		i, err := p.ByName(ctx, args[0])
		if err != nil {
			return err
		}
		return do(p, ctx, i)
	})
}

func (r *run) removeCommand() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "remove NAME", Short: "Remove an integration and its stored login", Args: arguments(cobra.ExactArgs(1)),
		Long: `Remove an integration, its history and its stored login. Where its provider can
be told that the login ends (RFC 7009), it is told, and told later if it cannot be
reached. A login that other integrations use stays.`,
		RunE: r.each(func(p *Parts, ctx context.Context, i integration.Integration) error {
			if err := r.confirmed(ctx, yes, p.Printer().T("cli.confirm_remove", "integration", i.Name), problem("--yes", "confirmation_missing", i.Name)); err != nil {
				return err
			}
			if err := p.askVault(ctx); err != nil {
				return err
			}
			done, err := p.Remove(ctx, i.ID)
			if done.Ending != "" {
				fmt.Fprintln(r.Out, plain(p.Printer().Text(textOf(done.Text))))
			}
			return err
		}),
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}
