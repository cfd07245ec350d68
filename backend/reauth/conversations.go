// Package reauth answers how a grant is replaced: a conversation of steps and answers that ends in
// one commit, or leaves everything as it was.
//
// # Why
// The window, the command line and the tests drive the same conversation, so it is a value that goes
// forth and back: a Step asks, an Answer tells. Whatever fails or is cancelled before the commit's
// flip leaves the old grant byte-identical.
package reauth

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"relink/backend/catalog"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/oauth"
	"relink/backend/probe"
	"relink/backend/secret"
)

// Store is where a commit is recorded.
type Store interface {
	Add(ctx context.Context, i integration.Integration, g integration.Grant, s integration.State, act integration.Act) error
	Join(ctx context.Context, i integration.Integration, s integration.State, c integration.GrantCommit) error
	Commit(ctx context.Context, c integration.GrantCommit) error
	Grant(ctx context.Context, id string) (integration.Grant, error)
	IntegrationByName(ctx context.Context, name string) (integration.Integration, error)
	AddAct(ctx context.Context, act integration.Act) error
	ReadOnly() bool
}

// Options are the parts that conversations work with.
type Options struct {
	Store     Store
	Vault     secret.Vault
	Keeper    *grant.Keeper
	Locks     grant.Locks
	Monitor   *monitor.Monitor
	Prober    *probe.Prober
	Exchange  *oauth.Exchange
	Providers func(id string) (catalog.Provider, bool)
	// Browser opens the consent page; an error means that the person must open the link.
	Browser func(ctx context.Context, url string, hosts []string) error
	Page    func() oauth.PageTexts // of the page that the browser ends on, in the language in use
	// Relay is the address of the agency's relay page, "" where there is none; nil means none.
	Relay func() string
	Log   *slog.Logger
	Now   func() time.Time
	// Patience is how long a consent may take; 10 minutes when 0.
	Patience time.Duration
}

// Conversations are the reauthorizations in progress, one for each grant at most.
type Conversations struct {
	Options
	mu    sync.Mutex
	flows map[string]*flow
}

// New returns Conversations without any in progress.
func New(o Options) *Conversations {
	if o.Patience == 0 {
		o.Patience = 10 * time.Minute
	}
	return &Conversations{Options: o, flows: map[string]*flow{}}
}

// flow is one conversation. Its secrets live in memory only, until it ends.
type flow struct {
	id          string
	integration integration.Integration
	old         integration.Grant // the zero Grant while an integration is added
	provider    catalog.Provider
	method      catalog.Method
	noBrowser   bool

	brought *Brought          // a grant from elsewhere, nil for one obtained here
	spent   bool              // its refresh token was spent: it must be kept even when the proof fails
	public  map[string]string // what was typed and is no secret
	typed   secret.Fields     // what was typed and is one, kept for the next try
	code    bool              // the one-time code of a second factor is what is asked now; guarded by typing
	repair  bool              // the OAuth client is to be mended: it is tried by a renewal first
	waiting *waiting          // a wait for the person on a page of the provider's, nil outside of one
	heir    *flow             // the newer conversation that took over, nil where none did
	done    chan struct{}     // closed when the outcome is there
	doubts
	shared
	tunnelled
	typing  sync.Mutex // held while a form's answer is tried
	outcome *integration.Outcome
	endedAt time.Time
	saving  bool // the commit has begun to save: it can no longer be cancelled
}

// adding says whether the conversation is about a new integration.
func (f *flow) adding() bool { return f.old.ID == "" || f.joins }

// replaces says whether it is about a grant that is there.
func (f *flow) replaces() bool { return f.old.ID != "" }

// use is whom the flow's OAuth requests go to.
func (f *flow) use() grant.Use {
	return grant.Use{Provider: f.provider, Settings: f.integration.Settings}
}

// StartOptions change how a conversation goes.
type StartOptions struct {
	NoBrowser bool // the link is shown, not opened
	AskClient bool // ask for the OAuth client again, not only for consent
}

// Start begins the reauthorization of an integration. An earlier conversation about the same grant ends.
func (c *Conversations) Start(ctx context.Context, id string, o StartOptions) (integration.Step, error) {
	seen, err := c.Monitor.One(id)
	if err != nil {
		return integration.Step{}, err
	}
	if seen.State.Finding.Next == integration.NextRefreshHostKeys {
		return c.RefreshHostKeys(ctx, id)
	}
	f, err := c.newFlow(seen.Integration, seen.Grant.Method, seen.Grant.Public)
	if err != nil {
		return integration.Step{}, err
	}
	f.old, f.noBrowser, f.kin = seen.Grant, o.NoBrowser, c.kinOf(seen.Grant, id)
	if f.method.Kind == integration.MethodDatabaseLogin {
		c.keepTunnel(ctx, f)
	}
	if !f.asksPerson() && !f.old.NeedsSecondFactor() {
		return c.open(f, c.form(f, nil)), nil
	}
	// The person's own OAuth client is kept; a missing keychain entry means that it is asked for.
	held, err := c.Keeper.Held(ctx, seen.Grant)
	if state := grant.VaultState(err); state != integration.VaultOK && state != integration.VaultMissing && state != integration.VaultCorrupt {
		return integration.Step{}, err
	}
	f.keep(held.Secrets)
	if !f.asksPerson() {
		if c.resumesWithCode(f, seen.State.Finding.Rule) {
			return c.open(f, c.askCode(f, "reauth.code_wanted")), nil
		}
		f.typed = secret.Fields{}
		return c.open(f, c.form(f, nil)), nil
	}
	f.repair = o.AskClient || seen.State.Finding.Next == integration.NextFixOAuthApp
	if f.repair || len(c.problems(f)) > 0 {
		return c.open(f, c.form(f, nil)), nil
	}
	c.open(f, integration.Step{})
	return c.proceed(ctx, f)
}

// asksPerson says whether a person consents on a page of the provider's, so that the client need not be
// entered again each time.
func (f *flow) asksPerson() bool {
	switch f.method.Kind {
	case integration.MethodOAuth2Code, integration.MethodOAuth2Device:
		return true
	}
	return f.method.OAuth1 != nil && f.method.OAuth1.AuthorizeURL != ""
}

// keep takes over the secrets that the form would ask for.
func (f *flow) keep(held secret.Fields) {
	f.typed = secret.Fields{}
	for name, text := range held {
		if f.has(name) && !text.Empty() {
			f.typed[name] = text
		}
	}
}

func (c *Conversations) newFlow(i integration.Integration, kind integration.Method, public map[string]string) (*flow, error) {
	if c.Store.ReadOnly() {
		return nil, integration.ErrReadOnly
	}
	provider, ok := c.Providers(i.ProviderID)
	if !ok {
		return nil, fmt.Errorf("provider %q: %w", i.ProviderID, integration.ErrNotFound)
	}
	provider, err := provider.For(i.Settings)
	if err != nil {
		return nil, integration.InputErrors(integration.Problems(err))
	}
	method, ok := provider.Method(kind)
	if !ok {
		return nil, fmt.Errorf("method %q of provider %q: %w", kind, i.ProviderID, integration.ErrNotFound)
	}
	return &flow{
		id: integration.NewID("flw_", c.Now()), integration: i, provider: provider, method: method,
		public: withDefaults(method.Fields, public), typed: secret.Fields{}, done: make(chan struct{}),
	}, nil
}

// open registers the flow; one about the same grant gives way, in another process too, and its port is
// free again before this returns.
func (c *Conversations) open(f *flow, step integration.Step) integration.Step {
	c.mu.Lock()
	var older []*waiting
	for id, other := range c.flows {
		if f.replaces() && other != f && other.old.ID == f.old.ID && other.outcome == nil && !other.saving {
			other.heir = f
			c.end(other, integration.Outcome{Result: integration.ResultSuperseded})
			if other.waiting != nil {
				older = append(older, other.waiting)
			}
		}
		if other.outcome != nil && c.Now().Sub(other.endedAt) > c.Patience {
			delete(c.flows, id)
		}
	}
	c.flows[f.id] = f
	c.mu.Unlock()
	for _, w := range older {
		w.ending()
	}
	if f.replaces() {
		if err := c.turns().take(f.old.ID, f.id); err != nil {
			c.Log.Warn("other processes do not know of this repair", "error", err)
		}
	}
	return step
}

// find returns a conversation in progress or just ended, or integration.ErrNotFound.
func (c *Conversations) find(id string) (*flow, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok := c.flows[id]
	if !ok {
		return nil, fmt.Errorf("conversation: %w", integration.ErrNotFound)
	}
	return f, nil
}

// Cancel ends a conversation; nothing changes.
func (c *Conversations) Cancel(id string) (integration.Step, error) {
	f, err := c.find(id)
	if err != nil {
		return integration.Step{}, err
	}
	c.mu.Lock()
	saving, asked := f.saving, f.asked != nil
	if asked {
		c.mu.Unlock()
		return c.finish(context.Background(), f, integration.Outcome{Result: integration.ResultCancelled}), nil
	}
	if f.outcome == nil && !f.saving {
		c.end(f, integration.Outcome{Result: integration.ResultCancelled})
	}
	c.mu.Unlock()
	if saving {
		<-f.done // too late to cancel: tell how it ends
	}
	return c.outcomeStep(f), nil
}

// Close cancels the conversations in progress, and returns when none of them uses a port or the store any more.
// One that has begun to save goes on to its end.
func (c *Conversations) Close() {
	c.mu.Lock()
	flows := maps.Clone(c.flows)
	c.mu.Unlock()
	for id, f := range flows {
		_, _ = c.Cancel(id)
		c.mu.Lock()
		w := f.waiting
		c.mu.Unlock()
		if w != nil {
			<-w.ended
		}
	}
}

// entered is what was typed so far, as a copy; goes says whether the conversation still goes on.
func (c *Conversations) entered(f *flow) (public map[string]string, typed secret.Fields, goes bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(f.public), f.typed.Clone(), f.outcome == nil
}

// beginSaving says whether the conversation still goes on; from then on it cannot be cancelled.
func (c *Conversations) beginSaving(f *flow) bool {
	overtaken := c.overtaken(f)
	c.mu.Lock()
	defer c.mu.Unlock()
	if overtaken && f.outcome == nil {
		c.end(f, integration.Outcome{Result: integration.ResultSuperseded})
	}
	f.saving = f.outcome == nil
	return f.saving
}

// end records how the conversation ended and forgets its secrets. The caller holds the lock.
func (c *Conversations) end(f *flow, o integration.Outcome) {
	o.Expected = f.expected(o)
	if o.IntegrationID == "" && !f.adding() {
		o.IntegrationID = f.integration.ID
	}
	o.Text = outcomeText(f, o)
	if o.Result == integration.ResultCancelled && c.removed(f) {
		o.Text.Key = "outcome.removed"
	}
	f.outcome, f.endedAt, f.typed = &o, c.Now(), nil
	f.forget()
	close(f.done)
	if f.waiting != nil {
		f.waiting.stop()
	}
}

// finish ends the conversation unless somebody else did, and writes down what did not work out.
func (c *Conversations) finish(ctx context.Context, f *flow, o integration.Outcome) integration.Step {
	if o.Result == "" {
		return c.goOn(ctx, f)
	}
	c.mu.Lock()
	if f.outcome == nil {
		c.end(f, o)
	}
	enrolled := f.enrolled
	f.enrolled = nil
	o = *f.outcome // a wait that Cancel ended is cancelled, not timed out
	c.mu.Unlock()
	if o.Result == integration.ResultAdded {
		for _, act := range enrolled {
			if err := c.Store.AddAct(ctx, act); err != nil {
				c.Log.Error("audit trail not written", "error", err)
			}
		}
	}
	if !o.Result.Changed() && !f.adding() && !f.refreshing && !c.Store.ReadOnly() {
		act := f.act(c.Now(), "not_reconnected")
		act.Args["result"] = string(o.Result)
		if err := c.Store.AddAct(ctx, act); err != nil {
			c.Log.Error("audit trail not written", "error", err)
		}
	}
	return c.outcomeStep(f)
}

func (f *flow) act(at time.Time, what string) integration.Act {
	return integration.Act{At: at, IntegrationID: f.integration.ID, GrantID: f.old.ID, What: what, Args: map[string]string{"integration": f.integration.Name}}
}
