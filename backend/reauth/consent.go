package reauth

import (
	"context"
	"fmt"
	"net/url"

	"relink/backend/catalog"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/probe"
	"relink/backend/secret"
)

// consent listens for the redirect, and only then opens the browser (RFC 6749 section 4.1).
func (c *Conversations) consent(ctx context.Context, f *flow) (integration.Step, error) {
	server, err := c.server(ctx, f)
	if err != nil {
		return c.unprepared(ctx, f, err)
	}
	o := f.method.OAuth
	a, err := c.arrive(o.Redirect, c.relay())
	if err != nil {
		return c.unprepared(ctx, f, err)
	}
	request, err := c.request(f, server, a)
	if err != nil {
		a.close()
		return c.unprepared(ctx, f, fmt.Errorf("prepare the consent: %w", err))
	}
	a.expect(request)
	w := &waiting{page: request.URL(), hosts: hostsOf(o.ConsentHosts, server.AuthorizeURL), deadline: c.Now().Add(c.Patience), arrival: a}
	w.show = func(step *integration.Step) { step.Kind, step.Consent = integration.StepConsent, w.consent() }
	w.read = func(pasted string) (oauth.Callback, error) { return oauth.ParsePasted(request, pasted) }
	w.lead = func(ctx context.Context) integration.Outcome {
		callback, err := a.await(ctx, w.callback)
		if err != nil || c.late(w) {
			return integration.Outcome{Result: integration.ResultTimedOut}
		}
		// The exchange must not die with the wait: a code can be spent once.
		return c.redeem(context.WithoutCancel(ctx), f, server, a, request.Verifier(), callback)
	}
	return c.begin(ctx, f, w), nil
}

// request prepares the authorization request.
func (c *Conversations) request(f *flow, server oauth.Server, a *arrival) (*oauth.Request, error) {
	o := f.method.OAuth
	extra := map[string]string{}
	if o.LoginHint != "" && f.old.Account.Name != "" {
		extra[o.LoginHint] = f.old.Account.Name
	}
	public, typed, _ := c.entered(f)
	if err := f.force(extra, public); err != nil {
		return nil, err
	}
	if a.relay != "" {
		return oauth.NewRelayedRequest(server, grant.Client(public, typed), a.relay, a.receiver, catalog.ScopeIDs(f.scopes()), extra)
	}
	return oauth.NewRequest(server, grant.Client(public, typed), a.uri, catalog.ScopeIDs(f.scopes()), extra)
}

// relay is the agency's relay page, "" where there is none.
func (c *Conversations) relay() string {
	if c.Relay == nil {
		return ""
	}
	return c.Relay()
}

// consent is what the person needs to know of it.
func (w *waiting) consent() *integration.Consent {
	a := w.arrival
	return &integration.Consent{
		URL: w.page, RedirectURI: a.uri, Opened: w.opened, Deadline: w.deadline,
		Pin: a.uri == outOfBand, Paste: a.receiver == nil && a.uri != outOfBand, Relay: a.relay != "",
	}
}

// redeem turns the callback into a candidate and commits it.
func (c *Conversations) redeem(ctx context.Context, f *flow, server oauth.Server, a *arrival, verifier secret.Text, callback oauth.Callback) integration.Outcome {
	if outcome, refused := c.refusal(f, callback); refused {
		return outcome
	}
	public, typed, goes := c.entered(f)
	if !goes {
		return integration.Outcome{Result: integration.ResultCancelled}
	}
	token, err := c.Exchange.Code(ctx, server, grant.Client(public, typed), callback.Code, verifier, a.uri)
	if err == nil {
		c.enter(f, callback.Told, nil)
	}
	return c.granted(ctx, f, server, token, err)
}

// refusal is the outcome of a callback that brings no code.
func (c *Conversations) refusal(f *flow, callback oauth.Callback) (integration.Outcome, bool) {
	switch callback.Error {
	case "":
		return integration.Outcome{}, false
	case "access_denied":
		return integration.Outcome{Result: integration.ResultDenied}, true
	}
	finding := c.judge(f, refusedConsent(callback, f.provider, f.method.Kind))
	return integration.Outcome{Result: integration.ResultExchange, Finding: &finding}, true
}

// notHandedOut is the outcome where an endpoint gave no token, and why.
func (c *Conversations) notHandedOut(f *flow, err error) integration.Outcome {
	finding := c.judge(f, probe.FromTokenError(err, f.provider, f.method.Kind))
	return integration.Outcome{Result: integration.ResultExchange, Finding: &finding}
}

// refusedConsent is the evidence of a refusal that came back through the browser (RFC 6749 section 4.1.2.1).
func refusedConsent(callback oauth.Callback, p catalog.Provider, method integration.Method) integration.Evidence {
	e := integration.Evidence{
		Stage: integration.StageSignIn, Party: integration.PartyTokenEndpoint,
		OAuthError: callback.Error, Excerpt: callback.ErrorDescription,
	}
	if meant, ok, code := catalog.Match(p.Answers, "authorize", method, 0, nil, []byte(callback.ErrorDescription), callback.Error); ok {
		e.Meaning, e.VendorCode, e.Unconfirmed = meant.Meaning, code, meant.Unconfirmed
	}
	return e
}

// hostsOf are the hosts that a person may be sent to: those of the given addresses, and more.
func hostsOf(more []string, addresses ...string) []string {
	hosts := append([]string{}, more...)
	for _, address := range addresses {
		if u, err := url.Parse(address); err == nil && u.Hostname() != "" {
			hosts = append(hosts, u.Hostname())
		}
	}
	return hosts
}
