// Command candidate is Relink's engine without a window: store, vault, probe, diagnosis and monitor, put
// together as the app puts them together.
//
// # Why
// The bench measures a program, not a function: start-up, memory and idle cost belong to a process.
// It is driven by lines on its standard input, as the floor is.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"runtime/pprof"
	"time"

	"relink/backend/cli"
	"relink/backend/integration"
	"relink/backend/monitor"
)

func main() {
	debug.SetGCPercent(cli.GCPercent)
	verb := ""
	if len(os.Args) > 1 {
		verb = os.Args[1]
	}
	flags := flag.NewFlagSet(verb, flag.ExitOnError)
	target := flags.String("target", "", "address of the target")
	folder := flags.String("dir", "", "data folder")
	vault := flags.String("vault", "memory", "memory or keychain")
	n := flags.Int("n", 1000, "integrations to seed")
	profile := flags.String("profile", "", "file for a CPU profile of the whole run")
	_ = flags.Parse(os.Args[min(2, len(os.Args)):])
	ctx := context.Background()
	if *profile != "" {
		file, err := os.Create(*profile)
		if err == nil {
			err = pprof.StartCPUProfile(file)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "candidate:", err)
			os.Exit(1)
		}
		defer pprof.StopCPUProfile()
	}
	e, err := assemble(ctx, *folder, *target, *vault)
	if err == nil {
		switch verb {
		case "seed":
			err = e.seed(ctx, *n)
		case "touch":
			err = e.touch(ctx)
		case "verdicts":
			err = e.verdicts(ctx, os.Stdout)
		case "first":
			err = e.first(ctx)
		case "serve":
			err = e.serve(ctx, os.Stdin, json.NewEncoder(os.Stdout))
		default:
			err = fmt.Errorf("unknown verb %q", verb)
		}
		if closing := e.store.Close(); err == nil {
			err = closing
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "candidate:", err)
		os.Exit(1)
	}
}

// serve sweeps for each line "sweep", tells for "count" how many are well, and starts watching, as the app in the tray does, for "watch".
func (e *engine) serve(ctx context.Context, in io.Reader, out *json.Encoder) error {
	if err := e.monitor.Load(ctx); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	watching := make(chan struct{})
	watched := false
	defer func() {
		stop()
		if watched {
			<-watching
		}
	}()
	rows, err := e.store.Integrations(ctx)
	if err != nil {
		return err
	}
	var ids []string
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	_ = out.Encode(map[string]string{"ready": "candidate"})
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		switch lines.Text() {
		case "sweep":
			began := time.Now()
			if err := e.sweep(ctx, ids); err != nil {
				return err
			}
			_ = out.Encode(map[string]any{"wall_ns": time.Since(began).Nanoseconds()})
		case "count":
			_ = out.Encode(map[string]any{"good": e.good()})
		case "watch":
			watched = true
			go func() {
				defer close(watching)
				e.monitor.Run(ctx)
			}()
			_ = out.Encode(map[string]string{"ready": "watching"})
		}
	}
	return lines.Err()
}

// sweep checks everything once, and returns after all of it is stored.
func (e *engine) sweep(ctx context.Context, ids []string) error {
	for id, err := range e.monitor.Sweep(ctx, ids, monitor.Scheduled) {
		return fmt.Errorf("check %s: %w", id, err)
	}
	return nil
}

// good counts the integrations that are well. It is asked after the measurement, for it costs something.
func (e *engine) good() int {
	n := 0
	for _, seen := range e.monitor.All() {
		if seen.State.Finding.Verdict == integration.VerdictOK {
			n++
		}
	}
	return n
}

// first watches until everything was checked once since now.
func (e *engine) first(ctx context.Context) error {
	began := time.Now()
	if err := e.monitor.Load(ctx); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		e.monitor.Run(ctx)
	}()
	for e.unchecked(began) {
		<-e.changed
	}
	stop()
	<-ended
	return nil
}

func (e *engine) unchecked(since time.Time) bool {
	for _, seen := range e.monitor.All() {
		if seen.State.CheckedAt.Before(since) {
			return true
		}
	}
	return false
}

// verdicts prints what the store recorded, by the integration's number.
func (e *engine) verdicts(ctx context.Context, out io.Writer) error {
	rows, err := e.store.Integrations(ctx)
	if err != nil {
		return err
	}
	states, err := e.store.States(ctx)
	if err != nil {
		return err
	}
	recorded := map[string]integration.Finding{}
	for _, row := range rows {
		recorded[row.Settings["number"]] = states[row.ID].Finding
	}
	return json.NewEncoder(out).Encode(recorded)
}
