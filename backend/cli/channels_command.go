package cli

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/secret"
	"relink/backend/view"
)

func (r *run) channelsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "channels", Short: "Have notices sent by e-mail, to a chat or to a webhook, too",
		Long: `Have notices sent beyond this computer's desktop, too: by e-mail, to Slack,
Teams, Telegram or Discord, or to a webhook. There is none unless you add one.
An incident is told once, reminded of daily for at most five days, and told
when it is over. The window, or its tray icon, must be running for that.`,
		Args: arguments(cobra.NoArgs), RunE: r.with(r.listChannels),
	}
	c.Flags().BoolVar(&r.json, "json", false, "print JSON")
	list := &cobra.Command{Use: "list", Short: "List the channels and how the last delivery went", Args: arguments(cobra.NoArgs), RunE: r.with(r.listChannels)}
	list.Flags().BoolVar(&r.json, "json", false, "print JSON")
	c.AddCommand(list, r.channelAddCommand(),
		&cobra.Command{
			Use: "test NAME", Short: "Send a test message", Args: arguments(cobra.ExactArgs(1)),
			RunE: r.withVault(func(ctx context.Context, p *Parts, args []string) error {
				if err := p.TestChannel(ctx, args[0]); err != nil {
					return err
				}
				fmt.Fprintln(r.Out, p.Printer().T("cli.channels.tested"))
				return nil
			}),
		},
		&cobra.Command{
			Use: "remove NAME", Short: "Forget a channel and its secret", Args: arguments(cobra.ExactArgs(1)),
			RunE: r.withVault(func(ctx context.Context, p *Parts, args []string) error { return p.RemoveChannel(ctx, args[0]) }),
		})
	return c
}

func (r *run) channelAddCommand() *cobra.Command {
	var name string
	var in input
	c := &cobra.Command{
		Use: "add KIND", Short: "Add a channel; it is kept when a test message was taken",
		Long: `Add a channel; it is kept when a test message was taken. Its fields, the secret
ones marked with *:
  email     host, security (starttls, tls), port, username, password*, from, to
  slack     url*, or token* and channel
  teams     url*
  telegram  token*, chat
  discord   url*
  webhook   url*, signing_secret*`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: r.withVault(func(ctx context.Context, p *Parts, args []string) error {
			kind := integration.ChannelKind(args[0])
			fields := p.channelFields(kind)
			if fields == nil {
				return unknownKind(kind)
			}
			values, err := assignments(in.values, fields)
			if err != nil {
				return err
			}
			secrets := secret.Fields{}
			if in.secretStdin {
				if secrets, err = r.secretsFromStdin(fields); err != nil {
					return err
				}
			} else if err := r.ask(ctx, p.Printer(), fields, values, secrets); err != nil {
				return err
			}
			added, err := p.AddChannel(ctx, kind, name, values, secrets)
			if err != nil {
				return err
			}
			fmt.Fprintln(r.Out, p.Printer().T("cli.channels.added", "name", plain(added.Name)))
			return nil
		}),
	}
	c.Flags().StringVar(&name, "name", "", "what to call the channel")
	c.Flags().StringArrayVar(&in.values, "set", nil, "a field that is no secret, as field=value")
	c.Flags().BoolVar(&in.secretStdin, "secret-stdin", false, "read the secrets from standard input: one alone, or lines of field=value")
	return c
}

func (r *run) listChannels(ctx context.Context, p *Parts, _ []string) error {
	all, err := p.Channels(ctx)
	if err != nil {
		return err
	}
	if r.json {
		return printJSON(r.Out, all)
	}
	say := p.Printer()
	if len(all) == 0 {
		fmt.Fprintln(r.Out, say.T("cli.channels.none"))
		return nil
	}
	table := tabwriter.NewWriter(r.Out, 0, 4, 2, ' ', 0)
	for _, c := range all {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", plain(c.Name), c.Label, plain(c.Receiver), channelState(say, c))
	}
	return table.Flush()
}

// channelState is how a channel does, in words.
func channelState(say locale.Printer, c view.Channel) string {
	switch {
	case c.Failure != "":
		return say.T("channel.state.failing", "retryAt", c.RetryAt) + ". " + say.T("channel.failure."+c.Failure)
	case c.DeliveredAt != "":
		return say.T("channel.state.ok", "deliveredAt", c.DeliveredAt)
	}
	return say.T("channel.state.new")
}
