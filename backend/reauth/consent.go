package reauth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"relink/backend/catalog"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/probe"
)

// waiting is a consent in the browser: the request that was sent out, and where its answer arrives.
type waiting struct {
	request  *oauth.Request
	server   oauth.Server
	redirect string
	receiver *oauth.Receiver // nil where the person pastes the address
	deadline time.Time
	opened   bool
	callback chan oauth.Callback // a pasted one
	stop     context.CancelFunc
	ended    chan struct{} // closed when the outcome is there
}

// consent listens for the redirect, and only then opens the browser.
func (c *Conversations) consent(ctx context.Context, f *flow) (integration.Step, error) {
	w, err := c.request(f)
	if err != nil {
		return integration.Step{}, err
	}
	if w.receiver != nil {
		w.receiver.Expect(w.request)
	}
	if !f.noBrowser {
		w.opened = c.openBrowser(ctx, w) == nil
	}
	waitCtx, stop := context.WithDeadline(context.WithoutCancel(ctx), w.deadline)
	w.stop = stop
	c.mu.Lock()
	f.waiting = w
	c.mu.Unlock()
	go c.wait(waitCtx, f, w)
	return c.consentStep(f), nil
}

// request prepares the authorization request and the receiver for its answer.
func (c *Conversations) request(f *flow) (*waiting, error) {
	o := *f.method.OAuth
	w := &waiting{server: grant.Server(o), deadline: c.Now().Add(c.Patience), callback: make(chan oauth.Callback, 1), ended: make(chan struct{}), redirect: o.Redirect.URI}
	var err error
	if o.Redirect.Kind != "paste" {
		w.receiver, err = oauth.Listen(oauth.ReceiverOptions{Host: o.Redirect.Host, Ports: o.Redirect.Ports, Path: o.Redirect.Path, Page: c.Page(), Logger: c.Log})
		if err != nil {
			return nil, fmt.Errorf("listen for the answer from the browser: %w", err)
		}
		w.redirect = w.receiver.RedirectURI()
	}
	extra := map[string]string{}
	if o.LoginHint != "" && f.old.Account.Name != "" {
		extra[o.LoginHint] = f.old.Account.Name
	}
	public, typed, _ := c.entered(f)
	if err == nil {
		err = f.force(extra, public)
	}
	if err == nil {
		w.request, err = oauth.NewRequest(w.server, grant.Client(public, typed), w.redirect, scopeIDs(f.scopes()), extra)
	}
	if err != nil {
		w.close()
		return nil, fmt.Errorf("prepare the consent: %w", err)
	}
	return w, nil
}

func (w *waiting) close() {
	if w.receiver != nil {
		_ = w.receiver.Close()
	}
}

// wait ends with the callback, the deadline or Cancel, and leads to the outcome.
func (c *Conversations) wait(ctx context.Context, f *flow, w *waiting) {
	defer close(w.ended)
	defer w.stop()
	defer w.close()
	callback, err := w.await(ctx)
	// The exchange must not die with the wait: a code can be spent once.
	ctx = context.WithoutCancel(ctx)
	if err != nil {
		c.finish(ctx, f, integration.Outcome{Result: integration.ResultTimedOut})
		return
	}
	outcome := c.exchange(ctx, f, w, callback)
	if w.receiver != nil {
		w.receiver.Finish(outcome.Result.Changed())
	}
	c.finish(ctx, f, outcome)
}

// await takes the first answer: from the receiver, or pasted.
func (w *waiting) await(ctx context.Context) (oauth.Callback, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	received := make(chan oauth.Callback, 1)
	if w.receiver != nil {
		go func() {
			if callback, err := w.receiver.Await(ctx, w.request); err == nil {
				received <- callback
			}
		}()
	}
	select {
	case callback := <-received:
		return callback, nil
	case callback := <-w.callback:
		return callback, nil
	case <-ctx.Done():
		return oauth.Callback{}, ctx.Err()
	}
}

// exchange turns the callback into a candidate and commits it.
func (c *Conversations) exchange(ctx context.Context, f *flow, w *waiting, callback oauth.Callback) integration.Outcome {
	if callback.Error == "access_denied" {
		return integration.Outcome{Result: integration.ResultDenied}
	}
	if callback.Error != "" {
		finding := c.judge(f, refusedConsent(callback, f.provider))
		return integration.Outcome{Result: integration.ResultExchange, Finding: &finding}
	}
	public, typed, goes := c.entered(f)
	if !goes {
		return integration.Outcome{Result: integration.ResultCancelled}
	}
	token, err := c.Exchange.Code(ctx, w.server, grant.Client(public, typed), callback.Code, w.request.Verifier(), w.redirect)
	if err != nil {
		finding := c.judge(f, probe.FromTokenError(err, f.provider))
		return integration.Outcome{Result: integration.ResultExchange, Finding: &finding}
	}
	return c.commit(ctx, f, c.candidate(f, &token))
}

// Await blocks until a consent ends, and returns the outcome. It returns early when ctx ends.
func (c *Conversations) Await(ctx context.Context, id string) (integration.Step, error) {
	f, err := c.find(id)
	if err != nil {
		return integration.Step{}, err
	}
	c.mu.Lock()
	w := f.waiting
	c.mu.Unlock()
	if w == nil {
		return c.outcomeStep(f), nil
	}
	select {
	case <-w.ended:
		return c.outcomeStep(f), nil
	case <-ctx.Done():
		return integration.Step{}, fmt.Errorf("wait for the consent: %w", ctx.Err())
	}
}

// openBrowser opens the consent page, on the host of the authorization endpoint alone. A browser
// that stays in the foreground is open, too.
func (c *Conversations) openBrowser(ctx context.Context, w *waiting) error {
	u, err := url.Parse(w.server.AuthorizeURL)
	if err != nil {
		return fmt.Errorf("read the address of the consent page: %w", err)
	}
	if err := c.Browser(ctx, w.request.URL(), []string{u.Hostname()}); err != nil && !errors.Is(err, oauth.ErrBrowserSlow) {
		return err
	}
	return nil
}

// OpenAgain opens the consent page once more.
func (c *Conversations) OpenAgain(ctx context.Context, id string) error {
	f, err := c.find(id)
	if err != nil {
		return err
	}
	c.mu.Lock()
	w, ended := f.waiting, f.outcome != nil
	c.mu.Unlock()
	if w == nil || ended {
		return fmt.Errorf("consent: %w", integration.ErrNotFound)
	}
	return c.openBrowser(ctx, w)
}

// pasted takes the address that the person ended on.
func (c *Conversations) pasted(ctx context.Context, f *flow, w *waiting, address string) (integration.Step, error) {
	callback, err := oauth.ParsePasted(w.request, address)
	if err != nil {
		var wrong oauth.CallbackError
		code := oauth.PastedNotURL
		if errors.As(err, &wrong) {
			code = wrong.Code
		}
		step := c.consentStep(f)
		step.Problems = []integration.InputError{{Field: "redirect", Code: code}}
		return step, nil
	}
	select {
	case w.callback <- callback:
	default: // another answer came first
	}
	return c.Await(ctx, f.id)
}

func (c *Conversations) consentStep(f *flow) integration.Step {
	w := f.waiting
	return integration.Step{
		Flow: f.id, Kind: integration.StepConsent, Title: title(f), Notice: f.notice(), Wanted: f.left,
		Consent: &integration.Consent{
			URL: w.request.URL(), RedirectURI: w.redirect, Opened: w.opened, Paste: w.receiver == nil, Deadline: w.deadline,
		},
	}
}

// refusedConsent is the evidence of a refusal that came back through the browser (RFC 6749 section 4.1.2.1).
func refusedConsent(callback oauth.Callback, p catalog.Provider) integration.Evidence {
	e := integration.Evidence{
		Stage: integration.StageSignIn, Party: integration.PartyTokenEndpoint,
		OAuthError: callback.Error, Excerpt: callback.ErrorDescription,
	}
	if meant, ok, code := catalog.Match(p.Answers, "authorize", 0, nil, []byte(callback.ErrorDescription), callback.Error); ok {
		e.Meaning, e.VendorCode, e.Unconfirmed = meant.Meaning, code, meant.Unconfirmed
	}
	return e
}

func scopeIDs(scopes []catalog.Scope) []string {
	ids := make([]string, len(scopes))
	for i, s := range scopes {
		ids[i] = s.ID
	}
	return ids
}
