package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"relink/backend/integration"
	"relink/backend/view"
)

// unlockPatience is how long an unlock that the person asked for may take.
const unlockPatience = 2 * time.Minute

// Unlock asks the system to unlock the keychain, and waits for the person.
func (p *Parts) Unlock(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, unlockPatience)
	defer cancel()
	return p.Vault.Unlock(ctx)
}

// Doctor examines this side: folder, database, vault, network, catalog.
func (p *Parts) Doctor(ctx context.Context, tray bool) view.Doctor {
	d := view.Doctor{About: p.About(ctx, tray)}
	check := func(key string, ok bool, outcome string, args map[string]string) {
		d.Checks = append(d.Checks, view.Check{Key: "doctor." + key, OK: ok, Text: view.Text{Key: "doctor." + key + "." + outcome, Args: args}})
	}
	folder := map[string]string{"path": p.DataDir}
	check("folder", !p.Store.ReadOnly(), pick(p.Store.ReadOnly(), "read_only", "ok"), folder)
	d.Checks = append(d.Checks, p.vaultCheck(ctx))
	online := p.Prober.Online(ctx, p.landmarks())
	check("network", online == integration.OnlineYes, pick(online == integration.OnlineUnasked, "no", string(online)), nil)
	problems := p.Catalog.Problems()
	args := map[string]string{"count": fmt.Sprint(len(p.Catalog.All()))}
	if len(problems) > 0 {
		args["problem"] = problems[0].Error()
	}
	check("catalog", len(problems) == 0, pick(len(problems) > 0, "problems", "ok"), args)
	return d
}

func pick(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

func (r *run) doctorCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "doctor", Short: "Examine Relink's own side: folder, keychain, network, catalog", Args: arguments(cobra.NoArgs),
		Long: "Examine Relink's own side: data folder, keychain, network, catalog. Exit codes: 0 all well, 10 something is not.",
		RunE: r.withVault(func(ctx context.Context, p *Parts, _ []string) error {
			d := p.Doctor(ctx, false)
			if r.json {
				if err := printJSON(r.Out, d); err != nil {
					return err
				}
			} else {
				r.printDoctor(p, d)
			}
			for _, check := range d.Checks {
				if !check.OK {
					return exitCode(ExitFailing)
				}
			}
			return nil
		}),
	}
	c.Flags().BoolVar(&r.json, "json", false, "print JSON")
	return c
}

func (r *run) printDoctor(p *Parts, d view.Doctor) {
	say := p.Printer()
	fmt.Fprintf(r.Out, "Relink %s\n%s\n", d.About.Version, d.About.DataDir)
	for _, check := range d.Checks {
		fmt.Fprintf(r.Out, "%s %s: %s\n", pick(check.OK, "✓", "✗"), say.T(check.Key), plain(say.Text(textOf(check.Text))))
	}
}

func (r *run) unlockCommand() *cobra.Command {
	return &cobra.Command{
		Use: "unlock", Short: "Ask the system to unlock the keychain, or you for the passphrase of the vault", Args: arguments(cobra.NoArgs),
		RunE: r.withVault(func(ctx context.Context, p *Parts, _ []string) error { return vaultProblem(p.Unlock(ctx)) }),
	}
}

func (r *run) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(r.Out, r.Version)
			return err
		},
	}
}
