// Relink answers which integrations lost their authorization, and why, and repairs them. Without a
// command it opens the window; see relink --help for the commands.
//
// # Why
// The window and the command line are one program over the same parts, so that whatever one can do
// the other can. Wails' runtime ends the process when it is called from elsewhere: only this package
// does.
package main

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/logger"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"
	"github.com/wailsapp/wails/v2/pkg/options/linux"

	"relink/backend/cli"
)

//go:embed all:frontend/dist
var assets embed.FS

// version is set when a release is built.
var version = "unreleased"

func main() {
	debug.SetGCPercent(cli.GCPercent)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	env := cli.Stdio(version)
	env.Window = window
	code := cli.Run(ctx, os.Args[1:], env)
	stop()
	os.Exit(code)
}

// window runs the window until it is closed. A second start shows the first one's window instead.
func window(ctx context.Context, w cli.WindowOptions) int {
	app := newApp(w, version)
	if !w.Sample {
		instance, first, err := cli.LockInstance(w.DataDir)
		if err == nil && !first {
			err = cli.RaiseFirst(ctx, w.DataDir, cli.Raise{})
			return exit(err)
		}
		if err == nil {
			err = instance.Listen(func(r cli.Raise) { app.openRepair(r.IntegrationID) })
		}
		if err != nil {
			return exit(err)
		}
		defer instance.Close()
	}
	// With these set, any program on this computer could run code in the window.
	for _, name := range []string{"WEBKIT_INSPECTOR_SERVER", "WEBKIT_INSPECTOR_HTTP_SERVER"} {
		_ = os.Unsetenv(name)
	}
	go func() {
		app.desk.Open(ctx)
		app.mark("parts ready")
	}()
	go func() {
		<-ctx.Done()
		app.quit()
	}()
	return exit(wails.Run(windowOptions(app, w)))
}

// mark tells, with --verbose, how long the window needed to come this far.
func (a *App) mark(stage string) {
	a.desk.Window.Log.Debug("start", "stage", stage, "after", time.Since(a.began))
}

// exit reports what kept the window from working.
func exit(err error) int {
	if err != nil {
		fmt.Fprintln(os.Stderr, "relink:", err)
		return cli.ExitError
	}
	return cli.ExitOK
}

func windowOptions(app *App, w cli.WindowOptions) *options.App {
	return &options.App{
		Title: "Relink", Width: 1120, Height: 760, MinWidth: 720, MinHeight: 520,
		BackgroundColour: options.NewRGB(250, 250, 249),
		StartHidden:      w.Hidden,
		AssetServer:      &assetserver.Options{Assets: assets, Middleware: protect},
		OnStartup:        app.startup,
		OnDomReady:       func(context.Context) { app.mark("page loaded") },
		OnBeforeClose:    app.beforeClose,
		OnShutdown:       app.shutdown,
		Bind:             []any{app},
		ErrorFormatter:   failure,
		LogLevel:         logger.ERROR,
		// A list needs no GPU, and starting one takes longer than drawing the list.
		Linux: &linux.Options{ProgramName: "relink", WebviewGpuPolicy: linux.WebviewGpuPolicyNever},
	}
}

// failure writes an error for the page: a JSON string of view.Failure.
func failure(err error) any {
	text, _ := json.Marshal(cli.Failure(err))
	return string(text)
}

// policy lets the page load its own files and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; object-src 'none'; frame-src 'none'; form-action 'none'; frame-ancestors 'none'"

// protect sets the policy on every answer of the window's asset server.
func protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}
