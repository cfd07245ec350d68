package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"relink/backend/integration"
	"relink/backend/secret"
)

// The exit codes of a program that could not be started, as shells have them; one that a signal ended
// is 128 and the signal's number.
const (
	exitNotRunnable = 126
	exitNotFound    = 127
	exitSignalled   = 128
)

func (r *run) execCommand() *cobra.Command {
	var as []string
	c := &cobra.Command{
		Use: "exec NAME… -- COMMAND [ARGUMENT…]", Short: "Run a program with the logins of integrations in its environment",
		Long: `Run a program with the logins of the named integrations, renewed first, in its
environment and nowhere else. The variables are RELINK_<NAME>_<FIELD>, with the
integration's name and the field in capital letters: RELINK_ADS_EU_ACCESS_TOKEN,
RELINK_SHOP_API_KEY, RELINK_STORE_DB_PASSWORD, …_USERNAME, …_HOST.

--as VARIABLE=FIELD sets that variable instead of all these; with more than one
integration it is VARIABLE=NAME:FIELD. It can be repeated:
  relink exec 'Store DB' --as PGPASSWORD=password --as PGUSER=username -- psql

Signals are passed on, and the exit code is the program's: 126 if it cannot be
run, 127 if it is not found, 128 and the signal's number if a signal ended it.
Each run is recorded, see relink activity.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if dash := cmd.ArgsLenAtDash(); dash < 1 || dash == len(args) {
				return wrongUse(cmd, cmd.CommandPath(), "command_missing", "")
			}
			return nil
		},
	}
	c.RunE = func(cmd *cobra.Command, args []string) error {
		dash := cmd.ArgsLenAtDash()
		return r.exec(cmd.Context(), args[:dash], args[dash:], as)
	}
	c.Flags().StringArrayVar(&as, "as", nil, "a variable and the field that it holds, as VARIABLE=FIELD or VARIABLE=NAME:FIELD")
	return c
}

// exec hands out, closes everything that Relink holds, and runs the program.
func (r *run) exec(ctx context.Context, names, command, as []string) error {
	path, err := exec.LookPath(command[0])
	if err != nil {
		fmt.Fprintln(r.Err, r.printer().T("cli.not_found", "command", plain(command[0])))
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
			return exitCode(exitNotFound)
		}
		return exitCode(exitNotRunnable)
	}
	variables, err := r.variables(ctx, names, command, as)
	if err != nil {
		return err
	}
	program := exec.Command(path, command[1:]...)
	program.Args[0] = command[0]
	program.Stdin, program.Stdout, program.Stderr = r.In, r.stdout, r.Err
	if program.Env, err = secret.Environ(os.Environ(), variables); err != nil {
		return problem("--as", "handout_unwritable", "env")
	}
	return r.attend(program)
}

// variables are the environment of the program; they are recorded as handed out when this returns.
func (r *run) variables(ctx context.Context, names, command, as []string) (variables []secret.Named, err error) {
	p, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if err := p.askVault(ctx); err != nil {
		return nil, err
	}
	all, err := r.handOut(ctx, p, names)
	if err != nil {
		return nil, err
	}
	if variables, err = named(all, as); err != nil {
		return nil, err
	}
	return variables, p.recordHandOut(ctx, all, "handed_to", integration.ActorExec, map[string]string{"command": filepath.Base(command[0])})
}

// named gives the handed-out parts their variables: those of the mapping, or all under their own names.
func named(all []handed, as []string) ([]secret.Named, error) {
	var variables []secret.Named
	taken := map[string]bool{}
	add := func(name string, value secret.Text) error {
		if taken[name] {
			return problem("--as", "variable_taken", name)
		}
		taken[name] = true
		variables = append(variables, secret.Named{Name: name, Value: value})
		return nil
	}
	if len(as) == 0 {
		for _, h := range all {
			for _, v := range h.variables() {
				if err := add(v.Name, v.Value); err != nil {
					return nil, err
				}
			}
		}
		return variables, nil
	}
	for _, mapping := range as {
		variable, field, ok := strings.Cut(mapping, "=")
		if !ok || !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(variable) {
			return nil, problem("--as", "mapping_invalid", mapping)
		}
		value, err := mapped(all, field)
		if err != nil {
			return nil, err
		}
		if err := add(variable, value); err != nil {
			return nil, err
		}
	}
	return variables, nil
}

// mapped finds FIELD of the only integration, or NAME:FIELD.
func mapped(all []handed, field string) (secret.Text, error) {
	from := all
	if colon := strings.LastIndexByte(field, ':'); colon >= 0 {
		from = nil
		for _, h := range all {
			if strings.EqualFold(strings.TrimSpace(field[:colon]), h.integration.Name) || field[:colon] == h.integration.ID {
				from = append(from, h)
			}
		}
		field = field[colon+1:]
	}
	if len(from) == 1 {
		for _, part := range from[0].parts() {
			if part.Name == field {
				return part.Value, nil
			}
		}
	}
	return secret.Text{}, problem("--as", "field_unknown", field)
}

// attend runs the program to its end, passes signals on to it, and returns its exit code.
func (r *run) attend(program *exec.Cmd) error {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, passedOn(r.In)...)
	defer signal.Stop(signals)
	if err := program.Start(); err != nil {
		fmt.Fprintln(r.Err, r.printer().T("cli.not_runnable", "command", plain(program.Path)))
		return exitCode(exitNotRunnable)
	}
	program.Env = nil
	ended := make(chan error, 1)
	go func() { ended <- program.Wait() }()
	for {
		select {
		case s := <-signals:
			pass(program.Process, s)
		case err := <-ended:
			if program.ProcessState == nil {
				return fmt.Errorf("wait for the program: %w", err)
			}
			if code := endCode(program.ProcessState); code != ExitOK {
				return exitCode(code)
			}
			return nil
		}
	}
}
