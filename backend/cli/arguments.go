package cli

import (
	"errors"
	"io"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"relink/backend/integration"
)

// near is how many letters a command may differ from a mistyped one to be offered in its place.
const near = 2

// arguments has what is wrong with the number of arguments told as an input error, with the way to write it.
func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if check(cmd, args) == nil {
			return nil
		}
		fits := len(args) - 1
		for fits >= 0 && check(cmd, args[:fits]) != nil {
			fits--
		}
		words := strings.Fields(cmd.Use)
		switch {
		case fits >= 0 && cmd.HasSubCommands():
			return unknownCommand(cmd, args[fits])
		case fits >= 0:
			return wrongUse(cmd, cmd.CommandPath(), "argument_surplus", args[fits])
		case len(args)+1 < len(words):
			return wrongUse(cmd, words[len(args)+1], "argument_missing", "")
		}
		return wrongUse(cmd, cmd.CommandPath(), "argument_missing", "")
	}
}

// wrongUse is an input error that shows how the command is written.
func wrongUse(cmd *cobra.Command, field, code, value string) error {
	usage := strings.TrimSuffix(cmd.UseLine(), " [flags]")
	return integration.InputErrors{{Field: field, Code: code, Args: map[string]string{"value": value, "usage": usage, "help": cmd.CommandPath() + " --help"}}}
}

// unknownCommand names the command that was perhaps meant.
func unknownCommand(cmd *cobra.Command, typed string) error {
	cmd.SuggestionsMinimumDistance = near
	if all := cmd.SuggestionsFor(typed); typed != "" && len(all) > 0 {
		return integration.InputErrors{{Field: cmd.CommandPath(), Code: "command_near", Args: map[string]string{"value": typed, "near": cmd.CommandPath() + " " + all[0]}}}
	}
	return wrongUse(cmd, cmd.CommandPath(), "command_unknown", typed)
}

// wrongFlag tells what is wrong with a flag.
func wrongFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var bare *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		dashes := "--"
		if unknown.GetSpecifiedShortnames() != "" {
			dashes = "-"
		}
		return wrongUse(cmd, cmd.CommandPath(), "flag_unknown", dashes+unknown.GetSpecifiedName())
	case errors.As(err, &bare):
		return wrongUse(cmd, "--"+bare.GetFlag().Name, "flag_bare", "")
	case errors.As(err, &invalid):
		return wrongUse(cmd, "--"+invalid.GetFlag().Name, "flag_invalid", invalid.GetValue())
	}
	return usageError{err}
}

var bothSet = regexp.MustCompile(`; \[(.*)\] were all set$`)

// wrongFlags tells which flags do not go together.
func wrongFlags(cmd *cobra.Command, _ []string) error {
	err := cmd.ValidateFlagGroups()
	if err == nil {
		return nil
	}
	if set := bothSet.FindStringSubmatch(err.Error()); set != nil {
		return wrongUse(cmd, cmd.CommandPath(), "flags_exclude", "--"+strings.ReplaceAll(set[1], " ", ", --"))
	}
	return usageError{err}
}

// group is the command of a group, which shows the commands in it.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: arguments(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	c.AddCommand(commands...)
	return c
}

// written passes on what is printed, and remembers the first of it that could not be.
type written struct {
	io.Writer
	failed error
}

// Write is that of io.Writer.
func (w *written) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if err != nil && w.failed == nil {
		w.failed = err
	}
	return n, err
}
