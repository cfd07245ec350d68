package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/reauth"
	"relink/backend/secret"
	"relink/backend/view"
)

func (r *run) hostKeysCommand() *cobra.Command {
	show := &cobra.Command{
		Use: "show NAME", Short: "Show the host keys that are enrolled", Args: arguments(cobra.ExactArgs(1)),
		RunE: r.with(r.showHostKeys),
	}
	show.Flags().BoolVar(&r.json, "json", false, "print JSON")
	refresh := &cobra.Command{
		Use: "refresh NAME", Short: "Refresh SSH Host Keys: ask the bastion, compare, and replace those that are enrolled", Args: arguments(cobra.ExactArgs(1)),
		Long: `Ask the bastion for its host keys, show them beside those that are enrolled, and
replace these once you say that the fingerprints are right. Ask the bastion's
administrator for them: keys that changed may be an attack. Without a terminal
name each fingerprint with --host-key; nothing is replaced unless all that the
bastion shows are among them.

Exit codes: 0 replaced, 11 not replaced.`,
		RunE: r.withVault(func(ctx context.Context, p *Parts, args []string) error {
			i, err := p.ByName(ctx, args[0])
			if err != nil {
				return err
			}
			step, err := p.Reauth.RefreshHostKeys(ctx, i.ID)
			if err != nil {
				return err
			}
			return r.converse(ctx, p, step)
		}),
	}
	r.hostKeyFlag(refresh)
	return group("hostkeys", "Show or refresh the SSH host keys of a database's bastion", show, refresh)
}

// hostKeyFlag adds --host-key.
func (r *run) hostKeyFlag(c *cobra.Command) {
	c.Flags().StringArrayVar(&r.hostKeys, "host-key", nil, "a fingerprint of the SSH bastion that you know to be right, as SHA256:…")
}

func (r *run) showHostKeys(ctx context.Context, p *Parts, args []string) error {
	i, err := p.ByName(ctx, args[0])
	if err != nil {
		return err
	}
	all, err := p.hostKeys(i.ID)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return problem("name", "no_bastion", i.Name)
	}
	if r.json {
		return printJSON(r.Out, all)
	}
	for _, keys := range all {
		printHostKeys(r.Out, p.Printer(), keys)
	}
	return nil
}

// hostKeys are those that are enrolled of an integration's bastions, in the order in which they are passed.
func (p *Parts) hostKeys(id string) ([]view.HostKeys, error) {
	questions, err := p.Reauth.HostKeys(id)
	all := make([]view.HostKeys, len(questions))
	for i, q := range questions {
		all[i] = view.HostKeysOf(q)
	}
	return all, err
}

// printHostKeys writes the keys of one bastion: those of before, and where they are asked about those of now.
func printHostKeys(w io.Writer, say locale.Printer, keys view.HostKeys) {
	fmt.Fprintln(w, plain(keys.Host))
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	lines := func(key string, all []view.HostKey) {
		if len(all) == 0 {
			fmt.Fprintf(table, "  %s\t%s\n", say.T(key), say.T("question.host_keys.none"))
		}
		for _, k := range all {
			fmt.Fprintf(table, "  %s\t%s\t%s\n", say.T(key), plain(k.Type), plain(k.Fingerprint))
		}
	}
	if len(keys.Now) == 0 {
		lines("question.host_keys.enrolled", keys.Before)
	} else {
		lines("question.host_keys.before", keys.Before)
		lines("question.host_keys.now", keys.Now)
	}
	_ = table.Flush()
}

// knows says whether all keys that a bastion shows were named by --host-key.
func (r *run) knows(keys *view.HostKeys) bool {
	return !slices.ContainsFunc(keys.Now, func(k view.HostKey) bool { return !slices.Contains(r.hostKeys, k.Fingerprint) })
}

// maxKeyFile is how much of a private key's file is read.
const maxKeyFile = 64 << 10

// keyFlags adds the flags that bring a private SSH key.
func (in *input) keyFlags(c *cobra.Command) {
	c.Flags().StringVar(&in.keyFile, "ssh-key-file", "", "read the private key for the SSH bastion from a file; it is kept in the keychain")
	c.Flags().BoolVar(&in.makeKey, "make-ssh-key", false, "make a key for the SSH bastion, show how its public half is installed, and go on when that is done")
	c.MarkFlagsMutuallyExclusive("ssh-key-file", "make-ssh-key")
}

// readKey adds the key of the file to the secrets.
func (in *input) readKey(secrets secret.Fields) error {
	if in.keyFile == "" {
		return nil
	}
	file, err := os.Open(in.keyFile)
	if err != nil {
		return problem("--ssh-key-file", "import_unreadable", in.keyFile)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFile))
	if err != nil {
		return problem("--ssh-key-file", "import_unreadable", in.keyFile)
	}
	secrets["ssh_key"] = secret.New(string(text))
	return nil
}

// makeKey has a new key put into a form, and goes on as install does.
func (r *run) makeKey(ctx context.Context, p *Parts, step integration.Step, secrets secret.Fields) (integration.Step, error) {
	step, err := p.Reauth.Answer(ctx, step.Flow, integration.Answer{Choice: reauth.ChoiceMakeKey, Values: step.Values}, secrets)
	if err != nil {
		return step, err
	}
	return r.install(ctx, p, step)
}

// install shows how the key of a form is installed, waits until the person has done that, and sends the form.
func (r *run) install(ctx context.Context, p *Parts, step integration.Step) (integration.Step, error) {
	if step.SSHKey == nil {
		return step, problem("--make-ssh-key", "no_bastion", step.Title.Args["integration"])
	}
	say := p.Printer()
	fmt.Fprintln(r.Err, plain(say.T("ssh_key.install", "user", step.SSHKey.User, "host", step.SSHKey.Host)))
	fmt.Fprintln(r.Out, plain(step.SSHKey.Install))
	fmt.Fprintln(r.Err, say.T("ssh_key.line"))
	fmt.Fprintln(r.Err, plain(step.SSHKey.Line))
	if r.terminal() {
		if _, err := r.prompt(ctx, say.T("cli.ssh_key_installed"), false); err != nil {
			return step, err
		}
	}
	return p.Reauth.Answer(ctx, step.Flow, integration.Answer{Values: step.Values}, nil)
}

// printSteps writes how each step of the last check went.
func printSteps(w io.Writer, say locale.Printer, d view.Detail) {
	fmt.Fprintf(w, "\n%s\n", plain(d.Row.Name))
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, s := range d.Steps {
		mark := "✓"
		switch {
		case !s.OK:
			mark = "✗"
		case s.Warning:
			mark = "!"
		}
		fmt.Fprintf(table, "  %s\t%s\t%d ms\n", mark, say.T("detail.stage."+s.Stage), s.TookMS)
	}
	_ = table.Flush()
}
