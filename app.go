package main

import (
	"context"
	"maps"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wailsapp/wails/v2/pkg/runtime"

	"relink/backend/alert"
	"relink/backend/cli"
	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/reauth"
	"relink/backend/secret"
	"relink/backend/view"
)

// App is the bridge: one exported method per thing that the window can ask. No method returns a
// secret; those that a person types are taken into secret.Text at once.
type App struct {
	ctx       context.Context    // Wails' own: its runtime functions need it
	stop      context.CancelFunc // ends what was asked, except for what must still be stored
	began     time.Time
	desk      *cli.Desk
	tray      *alert.Tray
	host      atomic.Bool // something on this desktop shows the tray icon
	bus       bool        // notifications can be sent
	quitting  atomic.Bool
	ending    atomic.Bool   // the main loop was told to end
	running   chan struct{} // closed when the main loop runs
	once      sync.Once     // closes running
	over      chan struct{} // closed when the main loop has ended
	clipboard cli.Clipboard
	asked     atomic.Bool // whether closing means quitting

	mu   sync.Mutex
	open string // an integration whose repair was asked for before the page could hear it
}

func newApp(w cli.WindowOptions, version string) *App {
	a := &App{began: time.Now(), running: make(chan struct{}), over: make(chan struct{})}
	a.desk = cli.NewDesk(cli.DeskOptions{
		Window: w, Version: version, Now: cli.WallClock,
		Events:  monitor.Events{Checking: func(id string) { a.emit("checking", id) }, Changed: a.changed},
		Speaker: alert.Speaker{Show: a.show, Withdraw: a.withdraw},
		Plain:   func() bool { return alert.PlainBody(a.ctx) },
	})
	a.clipboard.Set = func(text string) error { return runtime.ClipboardSetText(a.ctx, text) }
	a.clipboard.Get = func() (string, error) { return runtime.ClipboardGetText(a.ctx) }
	a.clipboard.After = time.AfterFunc
	return a
}

// startup runs when Wails is ready; it must not keep the window waiting.
func (a *App) startup(ctx context.Context) {
	ctx, a.stop = context.WithCancel(ctx)
	a.ctx = ctx
	a.mark("startup")
	a.tray = alert.NewTray(alert.TrayOptions{
		Printer: a.desk.Printer, OpenRepair: a.openRepair, CheckAll: func() { _, _ = a.CheckAll() }, Open: a.raise, Quit: a.quit,
	})
	a.desk.Attach(a.tray)
	go a.begin(ctx)
}

// begin starts what the window need not wait for: tray, notifications, the schedule.
func (a *App) begin(ctx context.Context) {
	if err := a.tray.Start(ctx); err == nil {
		go func() { _ = alert.WatchHost(ctx, a.host.Store) }()
	}
	a.listenForNotices(ctx)
	a.desk.Watch(ctx)
}

// ask runs a question on the parts in use.
func ask[T any](a *App, question func(*cli.Parts) (T, error)) (T, error) {
	p, done, err := a.desk.Use()
	if err != nil {
		var none T
		return none, err
	}
	defer done()
	return question(p)
}

func do(a *App, act func(*cli.Parts) error) error {
	_, err := ask(a, func(p *cli.Parts) (struct{}, error) { return struct{}{}, act(p) })
	return err
}

// Overview is the Integrations page, without any network.
func (a *App) Overview() (view.Overview, error) {
	a.mu.Lock()
	open := a.open
	a.open = ""
	a.mu.Unlock()
	if open != "" {
		defer a.emit("flow:open", open)
	}
	a.mark("asked for the overview")
	a.desk.Retry(a.ctx)
	return ask(a, func(p *cli.Parts) (view.Overview, error) { return p.Overview(a.ctx) })
}

// Detail is everything about one integration.
func (a *App) Detail(id string) (view.Detail, error) {
	return ask(a, func(p *cli.Parts) (view.Detail, error) { return p.Detail(a.ctx, id) })
}

// Providers are the catalog's cards.
func (a *App) Providers() ([]view.Provider, error) {
	return ask(a, func(p *cli.Parts) ([]view.Provider, error) { return p.ProviderViews(), nil })
}

// Guide is a provider's guide, as Markdown.
func (a *App) Guide(provider, lang string) (string, error) {
	return ask(a, func(p *cli.Parts) (string, error) { return p.Guide(provider, lang) })
}

// Check checks one integration now.
func (a *App) Check(id string) error {
	return do(a, func(p *cli.Parts) error { _, err := p.Monitor.Check(a.ctx, id, monitor.Asked); return err })
}

// CheckAll checks every integration that is not paused, and returns the names of those that were refused too
// short a while ago to be tried again.
func (a *App) CheckAll() ([]string, error) {
	return ask(a, func(p *cli.Parts) ([]string, error) { return p.CheckAll(a.ctx) })
}

// StartAdd begins to add an integration.
func (a *App) StartAdd(d view.Draft) (view.Step, error) {
	return a.step(func(p *cli.Parts) (integration.Step, error) {
		draft := reauth.Draft{ProviderID: d.Provider, Name: d.Name, Method: integration.Method(d.Method), Settings: d.Settings, Values: d.Answer.Values, UseGrant: d.UseGrant, Choice: d.Answer.Choice}
		typed, err := p.WithConnection(d.Provider, secret.New(d.Connection), secrets(d.Answer))
		if err != nil {
			return integration.Step{}, err
		}
		return p.Reauth.Add(a.ctx, draft, typed, reauth.StartOptions{})
	})
}

// ParseConnection reads a connection string into the fields of a provider's form. The secrets in it are
// named and not returned: the text comes again with the draft.
func (a *App) ParseConnection(provider, text string) (view.Connection, error) {
	return ask(a, func(p *cli.Parts) (view.Connection, error) { return p.ParseConnection(provider, secret.New(text)) })
}

// LeastLogin are the statements for the login of a database integration, or for a second one beside it.
func (a *App) LeastLogin(id string, rotate bool) (view.LeastLogin, error) {
	return ask(a, func(p *cli.Parts) (view.LeastLogin, error) { return p.LeastLogin(id, rotate) })
}

// Offers are the sign-ins that a new integration of a provider may share.
func (a *App) Offers(provider, method string) ([]view.Offer, error) {
	return ask(a, func(p *cli.Parts) ([]view.Offer, error) { return p.Offers(provider, method), nil })
}

// StartReauth begins to repair an integration.
func (a *App) StartReauth(id string) (view.Step, error) {
	return a.step(func(p *cli.Parts) (integration.Step, error) { return p.Reauth.Start(a.ctx, id, reauth.StartOptions{}) })
}

// RefreshHostKeys begins to replace the host keys of an integration's SSH bastion.
func (a *App) RefreshHostKeys(id string) (view.Step, error) {
	return a.step(func(p *cli.Parts) (integration.Step, error) { return p.Reauth.RefreshHostKeys(a.ctx, id) })
}

// StartClient begins to replace the OAuth client of an integration's grant; consent is asked for only
// where the new client cannot renew it.
func (a *App) StartClient(id string) (view.Step, error) {
	return a.step(func(p *cli.Parts) (integration.Step, error) {
		return p.Reauth.Start(a.ctx, id, reauth.StartOptions{AskClient: true})
	})
}

// Answer answers the last step of a conversation.
func (a *App) Answer(flow string, answer view.Answer) (view.Step, error) {
	return a.step(func(p *cli.Parts) (integration.Step, error) {
		return p.Reauth.Answer(a.ctx, flow, integration.Answer{Choice: answer.Choice, Values: answer.Values}, secrets(answer))
	})
}

// Await returns the outcome of a consent when it is there.
func (a *App) Await(flow string) (view.Step, error) {
	return a.step(func(p *cli.Parts) (integration.Step, error) { return p.Reauth.Await(a.ctx, flow) })
}

// Cancel ends a conversation; nothing changes.
func (a *App) Cancel(flow string) (view.Step, error) {
	return a.step(func(p *cli.Parts) (integration.Step, error) { return p.Reauth.Cancel(flow) })
}

// OpenAgain opens the consent page once more.
func (a *App) OpenAgain(flow string) error {
	return do(a, func(p *cli.Parts) error { return p.Reauth.OpenAgain(a.ctx, flow) })
}

func (a *App) step(next func(*cli.Parts) (integration.Step, error)) (view.Step, error) {
	return ask(a, func(p *cli.Parts) (view.Step, error) {
		step, err := next(p)
		if err != nil {
			return view.Step{}, err
		}
		return p.StepView(step), nil
	})
}

// secrets takes what was typed into secret fields.
func secrets(answer view.Answer) secret.Fields {
	fields := secret.Fields{}
	for name, value := range answer.Secrets {
		fields[name] = secret.New(value)
	}
	return fields
}

// Edit changes name, interval and settings of an integration.
func (a *App) Edit(e view.Edit) error {
	return do(a, func(p *cli.Parts) error {
		return p.Edit(a.ctx, e.ID, cli.Change{Name: &e.Name, Interval: time.Duration(e.IntervalMS) * time.Millisecond, Settings: maps.Clone(e.Settings)})
	})
}

// Pause stops checking an integration.
func (a *App) Pause(id string) error {
	return do(a, func(p *cli.Parts) error {
		a.outbox(func(o *alert.Outbox) { o.Forget(id) })
		return p.Monitor.Pause(a.ctx, id)
	})
}

// Resume checks a paused integration again.
func (a *App) Resume(id string) error {
	return do(a, func(p *cli.Parts) error { return p.Monitor.Resume(a.ctx, id) })
}

// Remove deletes an integration and its stored login.
func (a *App) Remove(id string) error {
	return do(a, func(p *cli.Parts) error {
		a.outbox(func(o *alert.Outbox) { o.Forget(id) })
		_, err := p.Remove(a.ctx, id)
		return err
	})
}

// DisconnectPlan says what disconnecting an integration would do, and who else it would end for.
func (a *App) DisconnectPlan(id string) (view.DisconnectPlan, error) {
	return ask(a, func(p *cli.Parts) (view.DisconnectPlan, error) { return p.DisconnectPlan(id) })
}

// Disconnect gives an integration's login back, at its provider and here; remove removes the integration too.
func (a *App) Disconnect(id string, remove bool) (view.Disconnected, error) {
	return ask(a, func(p *cli.Parts) (view.Disconnected, error) {
		a.outbox(func(o *alert.Outbox) { o.Forget(id) })
		return p.Disconnect(a.ctx, id, remove)
	})
}

// Activity is the audit trail, and what providers are still to be told.
func (a *App) Activity(q view.ActivityQuery) (view.Activity, error) {
	return ask(a, func(p *cli.Parts) (view.Activity, error) { return p.Activity(a.ctx, q) })
}

// Calendar is when people will be needed, as far as it is known.
func (a *App) Calendar() (view.Calendar, error) {
	return ask(a, func(p *cli.Parts) (view.Calendar, error) { return p.Calendar(), nil })
}

// SaveCalendar asks where to, and writes the calendar file there; false when the person changed their mind.
func (a *App) SaveCalendar() (bool, error) {
	return a.saveAs("relink.ics", "calendar.save", "iCalendar", func(p *cli.Parts, path string) error { return p.SaveCalendar(path) })
}

// saveAs asks where to save a file of a kind, and lets save write it; false when the person changed their mind.
func (a *App) saveAs(name, title, kind string, save func(p *cli.Parts, path string) error) (bool, error) {
	pattern := "*" + filepath.Ext(name)
	path, err := runtime.SaveFileDialog(a.ctx, runtime.SaveDialogOptions{
		DefaultFilename: name, Title: a.desk.Printer().T(title), CanCreateDirectories: true,
		Filters: []runtime.FileFilter{{DisplayName: kind + " (" + pattern + ")", Pattern: pattern}},
	})
	if err != nil || path == "" {
		return false, err
	}
	return true, do(a, func(p *cli.Parts) error { return save(p, path) })
}

// Preferences are Relink's own settings.
func (a *App) Preferences() (view.Preferences, error) {
	return ask(a, func(p *cli.Parts) (view.Preferences, error) { return p.Preferences(a.ctx) })
}

// SetPreferences stores Relink's own settings.
func (a *App) SetPreferences(v view.Preferences) error {
	return do(a, func(p *cli.Parts) error { return p.SetPreferences(a.ctx, v) })
}

// Channels are where notices go beyond the desktop.
func (a *App) Channels() ([]view.Channel, error) {
	return ask(a, func(p *cli.Parts) ([]view.Channel, error) { return p.Channels(a.ctx) })
}

// ChannelForms are the kinds of channel and what each asks for.
func (a *App) ChannelForms() ([]view.ChannelForm, error) {
	return ask(a, func(p *cli.Parts) ([]view.ChannelForm, error) { return p.ChannelForms(), nil })
}

// AddChannel keeps a channel when a test message was taken.
func (a *App) AddChannel(d view.ChannelDraft) (view.Channel, error) {
	return ask(a, func(p *cli.Parts) (view.Channel, error) {
		return p.AddChannel(a.ctx, integration.ChannelKind(d.Kind), d.Name, d.Answer.Values, secrets(d.Answer))
	})
}

// TestChannel sends a test message through a channel.
func (a *App) TestChannel(id string) error {
	return do(a, func(p *cli.Parts) error { return p.TestChannel(a.ctx, id) })
}

// RemoveChannel forgets a channel and its secret.
func (a *App) RemoveChannel(id string) error {
	return do(a, func(p *cli.Parts) error { return p.RemoveChannel(a.ctx, id) })
}

// CheckRelay tests the relay page at an address; nil means that it is there and the right one.
func (a *App) CheckRelay(address string) error {
	return do(a, func(p *cli.Parts) error { return p.CheckRelay(a.ctx, address) })
}

// About tells of Relink itself.
func (a *App) About() (view.About, error) {
	return ask(a, func(p *cli.Parts) (view.About, error) { return p.About(a.ctx, a.host.Load()), nil })
}

// Doctor examines this side.
func (a *App) Doctor() (view.Doctor, error) {
	return ask(a, func(p *cli.Parts) (view.Doctor, error) { return p.Doctor(a.ctx, a.host.Load()), nil })
}

// UnlockKeychain asks the system to unlock the keychain, and checks everything afterwards.
func (a *App) UnlockKeychain() error {
	return do(a, func(p *cli.Parts) error {
		if err := p.Unlock(a.ctx); err != nil {
			return err
		}
		_, err := p.CheckAll(a.ctx)
		return err
	})
}

// OpenLink opens one of the catalog's own pages: keys, revoke, access or status, of a provider or an integration.
func (a *App) OpenLink(id, which string) error {
	return do(a, func(p *cli.Parts) error { return p.OpenLink(a.ctx, id, which) })
}

// TellTheirs keeps what a person says of an integration's other side, inside Commerce Intelligence.
func (a *App) TellTheirs(id string, told view.Told) error {
	return do(a, func(p *cli.Parts) error { return p.Tell(a.ctx, id, cli.ToldOf(told)) })
}

// CopyBriefly puts a text that is no secret on the clipboard for a minute, unless something else is copied meanwhile.
func (a *App) CopyBriefly(text string) error { return a.clipboard.CopyBriefly(text) }

// Copy puts a text that is no secret on the clipboard.
func (a *App) Copy(text string) error { return runtime.ClipboardSetText(a.ctx, text) }

// StartDemo shows sample integrations in a throw-away folder.
func (a *App) StartDemo() error { return a.desk.Switch(a.ctx, true) }

// StopDemo goes back to the person's own integrations.
func (a *App) StopDemo() error { return a.desk.Switch(a.ctx, false) }

// CloseChoice answers what closing the window means: background or quit.
func (a *App) CloseChoice(choice string, remember bool) error {
	if choice != "background" && choice != "quit" {
		return integration.InputErrors{{Field: "choice", Code: "choice_unknown", Args: map[string]string{"value": choice}}}
	}
	a.asked.Store(false)
	if remember {
		if err := do(a, func(p *cli.Parts) error { return p.Remember(a.ctx, "on_close", choice) }); err != nil {
			return err
		}
	}
	if choice == "quit" {
		a.quit()
		return nil
	}
	runtime.WindowHide(a.ctx)
	return nil
}
