package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"relink/backend/integration"
	"relink/backend/locale"
)

// The exit codes.
const (
	ExitOK      = 0  // all authorized
	ExitError   = 1  // Relink could not do its job
	ExitUsage   = 2  // what was typed is wrong
	ExitFailing = 10 // something fails that time may mend, or is not known
	ExitPerson  = 11 // a person is needed

	ExitInterrupted = 130 // Ctrl-C, or the signal that ends a program
)

// Env is the world of one run: its streams, and how a window is opened.
type Env struct {
	In      io.Reader
	Out     io.Writer
	Err     io.Writer
	Getenv  func(string) string
	Now     func() time.Time
	Version string
	// Window runs the window until it is closed and returns an exit code.
	Window func(ctx context.Context, w WindowOptions) int
}

// WindowOptions are how the window starts.
type WindowOptions struct {
	DataDir string
	Sample  bool // with sample integrations, in a throw-away folder
	Hidden  bool // in the tray
	Lang    string
	Log     *slog.Logger
}

// GCPercent is how much the heap may grow before it is collected: a little below Go's own 100, so that
// 10,000 integrations stay within 90 MiB.
const GCPercent = 70

// exitCode is an error that ends the program with its code, with nothing left to say.
type exitCode int

// Error tells the code.
func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// run is what the commands share during one run.
type run struct {
	Env
	stdout  io.Writer // Out itself, which remembers nothing
	dataDir string
	vault   VaultChoice // as the flags say
	json    bool
	steps   bool // of a check
	verbose bool

	switchAccount bool     // a question about another account is answered already
	hostKeys      []string // fingerprints of bastions that are known to be right
	lines
}

// Run runs the command line and returns the exit code. Without a command it opens the window.
func Run(ctx context.Context, args []string, env Env) int {
	out := &written{Writer: env.Out}
	r := &run{Env: env, stdout: env.Out}
	r.Out = out
	root := r.root()
	root.SetArgs(args)
	root.SetIn(env.In)
	root.SetOut(out)
	root.SetErr(env.Err)
	err := root.ExecuteContext(ctx)
	if out.failed != nil {
		fmt.Fprintln(r.Err, "relink:", r.printer().T("error.output", "detail", reason(out.failed)))
		return ExitError
	}
	if err == nil {
		return ExitOK
	}
	var code exitCode
	if errors.As(err, &code) {
		return int(code)
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		fmt.Fprintln(r.Err, "relink:", r.printer().T("error.interrupted"))
		return ExitInterrupted
	}
	return r.complain(err)
}

func (r *run) root() *cobra.Command {
	var w WindowOptions
	root := &cobra.Command{
		Use:   "relink",
		Short: "See which integrations lost their authorization, why, and repair them",
		Long: `Relink lists every integration that feeds your reports, checks each one, says
why it broke, and repairs it. Without a command it opens the window.

Exit codes: 0 all authorized, 1 Relink could not do its job, 2 wrong usage,
10 something fails, 11 a person is needed.`,
		Args:          arguments(cobra.NoArgs),
		SilenceErrors: true, SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error { return r.window(cmd.Context(), w) },
	}
	root.PersistentFlags().StringVar(&r.dataDir, "data-dir", "", "folder for Relink's state (or RELINK_DATA_DIR)")
	r.vaultFlags(root)
	root.PersistentFlags().BoolVarP(&r.verbose, "verbose", "v", false, "tell what is going on, on standard error")
	root.Flags().BoolVar(&w.Sample, "sample", false, "open with sample integrations; nothing is kept")
	root.Flags().BoolVar(&w.Hidden, "hidden", false, "start in the tray, without showing the window")
	root.SetFlagErrorFunc(wrongFlag)
	root.PersistentPreRunE = wrongFlags
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(
		r.listCommand(), r.statusCommand(), r.showCommand(), r.addCommand(), r.checkCommand(), r.reconnectCommand(), r.editCommand(),
		r.tokenCommand(), r.execCommand(), r.whoamiCommand(), r.disconnectCommand(), r.activityCommand(), r.calendarCommand(), r.theirsCommand(), r.sqlGrantCommand(),
		r.incidentsCommand(), r.muteCommand(), r.snoozeCommand(), r.maintenanceCommand(), r.unmuteCommand(), r.cardCommand(), r.bundleCommand(),
		r.pauseCommand(), r.resumeCommand(), r.removeCommand(), r.providersCommand(), r.settingsCommand(), r.channelsCommand(),
		r.hostKeysCommand(), r.unlockCommand(), r.restoreCommand(), r.doctorCommand(), r.demoCommand(), r.versionCommand(),
	)
	return root
}

func (r *run) window(ctx context.Context, w WindowOptions) error {
	if r.Env.Window == nil {
		return errors.New("this build has no window; see relink --help for the commands")
	}
	dir, err := r.folder()
	if err != nil {
		return err
	}
	if err := r.settleVault(ctx, w); err != nil {
		return err
	}
	w.DataDir, w.Lang, w.Log = dir, locale.Detect(r.Getenv), r.logger()
	if code := r.Env.Window(ctx, w); code != ExitOK {
		return exitCode(code)
	}
	return nil
}

// usageError is a wrong flag or number of arguments.
type usageError struct{ error }

// folder is the data folder of this run.
func (r *run) folder() (string, error) {
	if r.dataDir == "" {
		return DefaultDataDir(r.Getenv)
	}
	return DefaultDataDir(func(string) string { return r.dataDir })
}

func (r *run) logger() *slog.Logger {
	level := slog.LevelError
	if r.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(r.Err, &slog.HandlerOptions{Level: level}))
}

// open puts the parts together over the run's data folder.
func (r *run) open(ctx context.Context) (*Parts, error) {
	dir, err := r.folder()
	if err != nil {
		return nil, err
	}
	vault, err := r.vaultChoice()
	if err != nil {
		return nil, err
	}
	return Open(ctx, Options{DataDir: dir, Vault: vault, Version: r.Version, Log: r.logger(), Now: r.Now, Lang: locale.Detect(r.Getenv), Actor: integration.ActorCLI})
}

// with runs a command over the parts.
func (r *run) with(do func(ctx context.Context, p *Parts, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		p, err := r.open(cmd.Context())
		if err != nil {
			return err
		}
		err = do(cmd.Context(), p, args)
		return errors.Join(err, p.Close())
	}
}

// complain prints what went wrong and returns the exit code for it.
func (r *run) complain(err error) int {
	say := r.printer()
	var usage usageError
	failure := Failure(err)
	switch {
	case errors.As(err, &usage):
		fmt.Fprintln(r.Err, "relink:", err)
		fmt.Fprintln(r.Err, say.T("cli.see_help"))
		return ExitUsage
	case len(failure.Problems) > 0:
		for _, p := range failure.Problems {
			printProblem(r.Err, say, p)
		}
		return ExitUsage
	}
	fmt.Fprintln(r.Err, "relink:", say.Text(textOf(failure.Text)))
	return ExitError
}

// printer writes sentences in the system's language; it serves where no parts could be opened.
func (r *run) printer() locale.Printer {
	sentences, err := locale.Load()
	if err != nil {
		return locale.Printer{}
	}
	return sentences.In(locale.Detect(r.Getenv))
}

// reason is what the system said, without the name that it has for the output.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return err.Error()
}

// problem is an input error of the command line.
func problem(field, code, value string) error {
	return integration.InputErrors{{Field: field, Code: code, Args: map[string]string{"value": value}}}
}

// WallClock is the time as a clock on the wall shows it. What time.Now adds to it stands still while the
// computer sleeps, so a token that ended during the night would look as if it had hours to live.
func WallClock() time.Time { return time.Now().Round(0) }

// Stdio is the real world.
func Stdio(version string) Env {
	return Env{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Now: WallClock, Version: version}
}
