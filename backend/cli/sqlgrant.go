package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/probe"
	"relink/backend/view"
)

// theirAddresses are those that Commerce Intelligence's servers come from.
var theirAddresses = [...]string{"54.88.76.97", "34.250.211.151"}

func (r *run) sqlGrantCommand() *cobra.Command {
	var rotate bool
	c := &cobra.Command{
		Use: "sql-grant NAME", Short: "Print the statements for a database login that may read and nothing else", Args: arguments(cobra.ExactArgs(1)),
		Long: `Print what an administrator of the database runs to make the login of an
integration, with no right but to read what it reads; the statements fit the kind
and the version of the server. With --rotate they make a second login beside it,
and say how it is proven here before the first one is stopped. No password is
printed: the administrator types it. Nothing is run, and nothing is changed.`,
		Example: "  relink sql-grant Shop\n  relink sql-grant Shop --rotate",
		RunE: r.each(func(p *Parts, _ context.Context, i integration.Integration) error {
			l, err := p.LeastLogin(i.ID, rotate)
			if err != nil {
				return err
			}
			if r.json {
				return printJSON(r.Out, l)
			}
			printLeastLogin(r.Out, p.Printer(), l)
			return nil
		}),
	}
	c.Flags().BoolVar(&rotate, "rotate", false, "make a second login, to take the place of the first")
	c.Flags().BoolVar(&r.json, "json", false, "print JSON")
	return c
}

// LeastLogin are the statements for the login of a database integration, or for a second one beside it.
// An error is integration.ErrNotFound or an integration.InputError.
func (p *Parts) LeastLogin(id string, rotate bool) (view.LeastLogin, error) {
	seen, err := p.Monitor.One(id)
	if err != nil {
		return view.LeastLogin{}, err
	}
	provider, ok := p.Catalog.Provider(seen.Integration.ProviderID)
	user, named := probe.DatabaseUser(provider, seen.Integration, seen.Grant)
	if !ok || !provider.Database() || user == "" {
		return view.LeastLogin{}, problem("NAME", "not_a_database", seen.Integration.Name)
	}
	evidence := seen.State.Evidence
	evidence.Account = seen.Grant.As(provider.ID).Account
	first := probe.LeastLoginOf(provider, seen.Integration, user, evidence)
	l := view.LeastLogin{User: user, Shell: first.Shell, Create: first.Create, Stop: []string{}, Drop: []string{}, Addresses: []string{}, Port: provider.Values(seen.Integration.Settings)["port"]}
	if rotate && named { // a certificate is renewed under the same name
		second := probe.LeastLoginOf(provider, seen.Integration, probe.SecondLogin(user), evidence)
		l.User, l.Old, l.Create, l.Stop, l.Drop = second.User, user, second.Create, first.Stop, first.Drop
		l.Command = fmt.Sprintf("relink reconnect %s --set username=%s --switch-account", word(seen.Integration.Name), word(second.User))
	}
	p.letIn(provider, seen.Integration, &l)
	return l, nil
}

// letIn tells which server must let Commerce Intelligence in: with a tunnel it is the SSH server that is
// reached from outside, and the database has to know that one alone.
func (p *Parts) letIn(provider catalog.Provider, i integration.Integration, l *view.LeastLogin) {
	host := i.Settings["host"]
	if way := p.Prober.Bastions(probe.Target{Provider: provider, Integration: i}); len(way) > 0 {
		first := way[0]
		l.Database = net.JoinHostPort(host, l.Port)
		if host = first.Host; first.Port == "" {
			first.Port = "22"
		}
		l.Bastion, l.Port = first.Host, first.Port
	}
	for _, address := range theirAddresses {
		if strings.HasPrefix(provider.ID, "amazon-rds") || probe.OnAmazonRDS(i.Settings["host"]) || strings.HasSuffix(host, ".amazonaws.com") {
			address += "/32" // the form that a security group takes
		}
		l.Addresses = append(l.Addresses, address)
	}
}

// word quotes what a shell would take apart.
func word(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.@") == "" && s != "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func printLeastLogin(w io.Writer, say locale.Printer, l view.LeastLogin) {
	step := 0
	tell := func(key string, args ...string) {
		step++
		fmt.Fprintf(w, "%d. %s\n", step, plain(say.T(key, args...)))
	}
	statements := func(lines []string) {
		fmt.Fprintln(w)
		for _, line := range lines {
			fmt.Fprintln(w, "   "+plain(line))
		}
		fmt.Fprintln(w)
	}
	tell("sqlgrant.create", "shell", l.Shell)
	statements(l.Create)
	if l.Bastion == "" {
		tell("sqlgrant.network", "addresses", strings.Join(l.Addresses, ", "), "port", l.Port)
	} else {
		tell("sqlgrant.network_bastion", "addresses", strings.Join(l.Addresses, ", "), "port", l.Port, "bastion", l.Bastion, "database", l.Database)
	}
	if l.Old != "" {
		tell("sqlgrant.enter")
		statements([]string{l.Command})
		tell("sqlgrant.theirs", "user", l.User)
		tell("sqlgrant.stop", "user", l.Old)
		statements(l.Stop)
		tell("sqlgrant.drop", "user", l.Old)
		statements(l.Drop)
	}
	fmt.Fprintln(w, plain(say.T("sqlgrant.honest")))
}
