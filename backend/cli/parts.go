// Package cli answers how Relink is used from a terminal: a file for each command, and the parts
// that the commands and the window share.
//
// # Why
// Everything that the window can do, the command line can do. So both stand on Parts, and both show
// the same views: a command is a question to Parts and a way of printing the answer.
package cli

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"relink/backend/catalog"
	"relink/backend/channel"
	"relink/backend/commerce"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/monitor"
	"relink/backend/oauth"
	"relink/backend/probe"
	"relink/backend/reauth"
	"relink/backend/sandbox"
	"relink/backend/secret"
	"relink/backend/store"
	"relink/backend/tunnel"
)

// keychainService is the name of Relink's entries in the operating system's keychain.
const keychainService = "relink"

// Options say where state lies and how the parts are put together.
type Options struct {
	DataDir string
	Version string
	Memory  bool // secrets in memory only: for the demo
	Vault   VaultChoice
	Events  monitor.Events
	Browser func(ctx context.Context, url string, hosts []string) error // nil: the system's browser
	Log     *slog.Logger
	Now     func() time.Time
	Lang    string // the system's language
	Actor   string // integration.ActorWindow or ActorCLI: who the audit trail says acted
}

// Parts are Relink's working parts, put together over one data folder.
type Parts struct {
	Options
	Store     *store.Store
	Vault     secret.Vault
	Catalog   *catalog.Catalog
	Sentences *locale.Catalog
	Keeper    *grant.Keeper
	Revoker   *grant.Revoker
	Prober    *probe.Prober
	Monitor   *monitor.Monitor
	Reauth    *reauth.Conversations
	Sender    *channel.Sender
	World     *sandbox.World // of the demo; nil otherwise

	vault     VaultChoice // in use
	throwAway string      // a folder that Close removes; "" for a real one

	throwAwayUsed io.Closer // says so to others while it is in use
}

// Open puts the parts together. The errors are the store's (store.ErrNewer, store.CorruptError …),
// those of the folder, and integration.InputErrors for a vault that does not open.
func Open(ctx context.Context, o Options) (*Parts, error) {
	p := &Parts{Options: o}
	var err error
	if p.Sentences, err = locale.Load(); err != nil {
		return nil, err
	}
	if p.Catalog, err = catalog.Load(p.ownFolder()); err != nil {
		return nil, err
	}
	if p.Store, err = store.Open(ctx, o.DataDir, store.Options{Now: o.Now, Logger: o.Log, Actor: o.Actor}); err != nil {
		return nil, err
	}
	if err = p.openVault(ctx); err == nil {
		p.wire()
		err = p.Monitor.Load(ctx)
	}
	if err != nil {
		_ = p.Store.Close()
		return nil, err
	}
	return p, nil
}

// ownFolder is where the person's own providers lie.
func (p *Parts) ownFolder() string { return filepath.Join(p.DataDir, "providers") }

// wire connects the parts over the store and the vault.
func (p *Parts) wire() {
	o := p.Options
	lockDir := filepath.Join(o.DataDir, "locks")
	exchange := oauth.NewExchange(nil, o.Now)
	p.Prober = probe.New(probe.Options{Now: o.Now, More: map[string]func([]byte, *integration.Evidence){commerce.ProviderID: commerce.Read}, Agent: tunnel.AgentSocket(os.Getenv)})
	p.Keeper = grant.New(p.Store, p.Vault, exchange, lockDir, o.Now)
	p.Revoker = &grant.Revoker{Keeper: p.Keeper, Store: p.Store, Providers: p.Catalog.Provider}
	p.Monitor = monitor.New(monitor.Options{
		Store: p.Store, Grants: p.Keeper, Providers: p.Catalog.Provider, Prober: p.Prober,
		Landmarks: p.landmarks(), Events: o.Events, Log: o.Log, Now: o.Now,
	})
	p.Sender = channel.NewSender(channel.Options{Now: o.Now})
	browser := o.Browser
	if browser == nil {
		browser = oauth.OpenBrowser
	}
	p.Reauth = reauth.New(reauth.Options{
		Store: p.Store, Vault: p.Vault, Keeper: p.Keeper, Locks: grant.Locks{Dir: lockDir}, Monitor: p.Monitor, Prober: p.Prober,
		Exchange: exchange, Providers: p.Catalog.Provider, Browser: browser, Page: p.pageTexts, Relay: p.relay, Log: o.Log, Now: o.Now,
	})
}

// enoughLandmarks is how many hosts are asked whether this computer is online.
const enoughLandmarks = 6

// landmarks are the hosts to ask whether this computer is online: vendors of the catalog, unrelated to each other.
func (p *Parts) landmarks() []string {
	var hosts []string
	families := map[string]bool{}
	for _, provider := range p.Catalog.All() {
		family := cmp.Or(provider.Family, provider.ID)
		if h := provider.Probe.HTTP; h != nil && !provider.Own && !families[family] && !strings.Contains(h.URL, "{") && len(hosts) < enoughLandmarks {
			if u, err := url.Parse(h.URL); err == nil {
				hosts, families[family] = append(hosts, u.Hostname()), true
			}
		}
	}
	return hosts
}

// pageTexts are the sentences of the page on which a consent ends.
func (p *Parts) pageTexts() oauth.PageTexts {
	say := p.Printer()
	return oauth.PageTexts{
		Lang: say.Lang(), Title: say.T("browser.title"), Working: say.T("browser.working"),
		Success: say.T("browser.success"), Failure: say.T("browser.failure"), CloseHint: say.T("browser.close_hint"),
	}
}

// relay is the agency's relay page, "" for none.
func (p *Parts) relay() string {
	address, err := p.Store.Preference(context.Background(), "relay")
	if err != nil {
		p.Log.Error("read the setting relay", "error", err)
	}
	return address
}

// Language is the chosen language, or the system's.
func (p *Parts) Language() string {
	if p.Store != nil {
		if chosen, err := p.Store.Preference(context.Background(), "language"); err == nil && chosen != "" {
			return chosen
		}
	}
	return p.Lang
}

// Printer writes sentences in the language in use.
func (p *Parts) Printer() locale.Printer { return p.Sentences.In(p.Language()) }

// Close ends the conversations in progress, and then the parts.
func (p *Parts) Close() error {
	p.Reauth.Close()
	var errs []error
	if p.World != nil {
		errs = append(errs, p.World.Close())
	}
	p.Prober.Close()
	errs = append(errs, p.Store.Close())
	if p.throwAway != "" {
		errs = append(errs, p.throwAwayUsed.Close(), os.RemoveAll(p.throwAway))
	}
	return errors.Join(errs...)
}

// ByName finds an integration by its name or id, or returns an input error that names it.
func (p *Parts) ByName(ctx context.Context, name string) (integration.Integration, error) {
	if seen, err := p.Monitor.One(name); err == nil {
		return seen.Integration, nil
	}
	i, err := p.Store.IntegrationByName(ctx, name)
	if err != nil {
		return i, integration.InputErrors{{Field: "name", Code: "integration_unknown", Args: map[string]string{"value": name}}}
	}
	return i, nil
}

// errNoHome means that the system does not say where this person's files lie.
var errNoHome = errors.New("no home folder")

// DefaultDataDir is where state lies unless RELINK_DATA_DIR or --data-dir says otherwise: the
// system's place for an application's own data.
func DefaultDataDir(getenv func(string) string) (string, error) {
	if dir := getenv("RELINK_DATA_DIR"); dir != "" {
		return filepath.Abs(dir)
	}
	if dir := getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) && runtime.GOOS != "windows" && runtime.GOOS != "darwin" {
		return filepath.Join(dir, "relink"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", errNoHome
	}
	switch runtime.GOOS {
	case "windows":
		if dir := getenv("LOCALAPPDATA"); dir != "" {
			return filepath.Join(dir, "Relink"), nil
		}
		return filepath.Join(home, "AppData", "Local", "Relink"), nil
	case "darwin":
		return filepath.Join(home, "Library", "Application Support", "Relink"), nil
	}
	return filepath.Join(home, ".local", "share", "relink"), nil
}
