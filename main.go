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
	"errors"
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
	"github.com/wailsapp/wails/v2/pkg/runtime"

	"relink/backend/alert"
	"relink/backend/cli"
	"relink/backend/secret"
)

//go:embed all:frontend/dist
var assets embed.FS

// version is set when a release is built.
var version = "unreleased"

func main() {
	secret.ForbidDumps()
	debug.SetGCPercent(cli.GCPercent)
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	env := cli.Stdio(version)
	env.Window = window
	code := cli.Run(ctx, os.Args[1:], env)
	stop()
	os.Exit(code)
}

// endings are the signals that end Relink in order. A terminal that is closed hangs up, except on what nohup started.
func endings() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

// window runs the window until it is closed. A second start shows the first one's window instead.
func window(ctx context.Context, w cli.WindowOptions) int {
	app := newApp(w, version)
	if !w.Sample {
		instance, first, err := cli.LockInstance(w.DataDir)
		if err == nil && !first {
			if instance, err = cli.RaiseFirst(ctx, w.DataDir, cli.Raise{}); instance == nil {
				return exit(err)
			}
		}
		if err == nil {
			defer instance.Close()
			err = instance.Listen(app.raised)
		}
		if err != nil {
			// Who starts a program by its icon reads no terminal: what is wrong with the folder, the window tells.
			w.Log.Error("later starts will not find this window", "error", err)
		}
	}
	// With these set, any program on this computer could run code in the window.
	for _, name := range []string{"WEBKIT_INSPECTOR_SERVER", "WEBKIT_INSPECTOR_HTTP_SERVER"} {
		_ = os.Unsetenv(name)
	}
	// A window outlives the program that started it and read what it writes: without this, its next line ends it.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go func() {
		app.desk.Open(ctx)
		app.mark("parts ready")
	}()
	go func() {
		<-ctx.Done()
		app.quit()
	}()
	return exit(app.openWindow(w))
}

// openWindow runs Wails until the window is closed.
func (a *App) openWindow(w cli.WindowOptions) (err error) {
	defer func() {
		if a.ctx != nil {
			return
		}
		// Wails panics where there is no display, and returns no error.
		if reason := recover(); reason != nil {
			a.desk.Window.Log.Debug("no window", "reason", reason)
			err = errors.New(a.desk.Printer().T("cli.no_display"))
		}
		a.desk.Close()
	}()
	return wails.Run(windowOptions(a, w))
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
		OnDomReady:       func(context.Context) { app.mark("page loaded"); app.runs() },
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

// listenForNotices prepares notifications, their buttons, and the answers to them.
func (a *App) listenForNotices(ctx context.Context) {
	if !alert.HasSessionBus(ctx) || runtime.InitializeNotifications(ctx) != nil {
		return
	}
	for _, c := range alert.Categories(a.desk.Printer()) {
		category := runtime.NotificationCategory{ID: c.ID}
		for _, action := range c.Actions {
			category.Actions = append(category.Actions, runtime.NotificationAction{ID: action.ID, Title: action.Label})
		}
		_ = runtime.RegisterNotificationCategory(ctx, category)
	}
	_, _ = runtime.RequestNotificationAuthorization(ctx) // macOS asks the person; elsewhere it is given
	runtime.OnNotificationResponse(ctx, a.noticeAnswered)
	a.bus = true
	go func() {
		_ = alert.WatchNotifier(ctx, func() { a.outbox((*alert.Outbox).NotifierLost) }, func() { a.outbox((*alert.Outbox).NotifierBack) })
	}()
}

func (a *App) outbox(do func(*alert.Outbox)) {
	if outbox := a.desk.Outbox(); outbox != nil {
		do(outbox)
	}
}

func (a *App) show(n alert.Notice) error {
	if !a.bus {
		return nil
	}
	return runtime.SendNotificationWithActions(a.ctx, runtime.NotificationOptions{
		ID: n.ID, Title: n.Title, Body: n.Body, CategoryID: n.ActionID, Data: map[string]any{"integration": n.IntegrationID},
	})
}

func (a *App) withdraw(id string) error {
	if !a.bus {
		return nil
	}
	return runtime.RemoveNotification(a.ctx, id)
}

func (a *App) noticeAnswered(r runtime.NotificationResult) {
	if r.Error != nil {
		return
	}
	a.outbox(func(o *alert.Outbox) { o.Read(r.Response.ID) })
	id, _ := r.Response.UserInfo["integration"].(string)
	switch alert.Chosen(r.Response.ActionIdentifier) {
	case "":
	case alert.ActionOpen:
		a.raise()
	default:
		a.openRepair(id)
	}
}

// raised answers a later start, and says whether there still is a window to show.
func (a *App) raised(r cli.Raise) bool {
	if a.quitting.Load() || a.ending.Load() {
		return false
	}
	a.openRepair(r.IntegrationID)
	return true
}

// openRepair shows the window with the repair of an integration; an id that is not known only shows the window.
func (a *App) openRepair(id string) {
	a.raise()
	p, err := a.desk.Parts()
	if err != nil || id == "" {
		return
	}
	if _, err := p.Monitor.One(id); err != nil {
		return
	}
	a.mu.Lock()
	a.open = id
	a.mu.Unlock()
	a.emit("flow:open", id)
}

// raise shows the window. A second start may ask for it while the first has none yet.
func (a *App) raise() {
	select {
	case <-a.running:
		runtime.WindowUnminimise(a.ctx)
		runtime.WindowShow(a.ctx)
	default:
		go func() {
			<-a.running
			a.raise()
		}()
	}
}

// emit tells the page. Before there is one, nobody is there to hear it.
func (a *App) emit(event string, args ...any) {
	select {
	case <-a.running:
		runtime.EventsEmit(a.ctx, event, args...)
	default:
	}
}

func (a *App) changed(id string) {
	if id == "" {
		a.emit("overview:changed")
		return
	}
	a.emit("integration:changed", id)
}

// beforeClose keeps Relink running in the tray where one is shown, and asks once where there is none.
func (a *App) beforeClose(ctx context.Context) (prevent bool) {
	if !a.quitting.Load() && a.staysOpen(ctx) {
		return true
	}
	select {
	case <-a.running:
	default:
		go a.quit() // see there
		return true
	}
	// Wails answers signals by itself, too, and must end its main loop once only.
	return a.ending.Swap(true)
}

// staysOpen hides the window, or asks, where closing it does not mean quitting.
func (a *App) staysOpen(ctx context.Context) bool {
	choice := ""
	if v, err := a.Preferences(); err == nil {
		choice = v.OnClose
	}
	switch {
	case choice == "quit":
		return false
	case choice == "background" || a.host.Load():
		runtime.WindowHide(ctx)
		return true
	case a.asked.Swap(true):
		return false // asked before, and closed again: that is an answer
	}
	a.emit("close:ask")
	return true
}

// startPatience is how long the end waits for the start: a desktop's bus may keep a window waiting for seconds.
const startPatience = 30 * time.Second

// runs says that Wails' main loop runs.
func (a *App) runs() { a.once.Do(func() { close(a.running) }) }

// quit ends the program. A main loop that is told to end before it runs does not hear it, and would then run
// for ever: so a signal that comes with the start is kept until it does.
func (a *App) quit() {
	a.quitting.Store(true)
	select {
	case <-a.running:
	case <-time.After(startPatience):
		a.runs()
	}
	if a.ctx != nil {
		a.forgetCopied()
		runtime.Quit(a.ctx)
	}
	go a.insist()
}

// insistAfter is how long the main loop may take to end.
const insistAfter = 3 * time.Second

// insist ends the program where the main loop does not: a file dialog has a loop of its own, which hears nothing
// of the end, and a desktop's bus that hangs keeps the main loop from starting.
func (a *App) insist() {
	select {
	case <-a.over:
		return
	case <-time.After(insistAfter):
	}
	if a.stop != nil {
		a.stop()
	}
	a.desk.Close()
	os.Exit(cli.ExitOK)
}

// clipboardPatience is how long the end waits for the clipboard.
const clipboardPatience = 300 * time.Millisecond

// forgetCopied takes what was copied for a minute off the clipboard, while the main loop still runs. It may be
// called on the main loop, which then cannot answer: so it is not waited for long.
func (a *App) forgetCopied() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.clipboard.Clear()
	}()
	select {
	case <-done:
	case <-time.After(clipboardPatience):
	}
}

func (a *App) shutdown(ctx context.Context) {
	close(a.over)
	a.stop()
	a.tray.Stop()
	if a.bus {
		runtime.CleanupNotifications(ctx)
	}
	a.desk.Close()
}
