package reauth

import (
	"context"
	"errors"

	"relink/backend/catalog"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/oauth"
)

// device asks for a code that the person enters on another page, on this computer or on another one
// (RFC 8628), and waits for it.
func (c *Conversations) device(ctx context.Context, f *flow) (integration.Step, error) {
	server, err := c.server(ctx, f)
	if err != nil {
		return c.unprepared(ctx, f, err)
	}
	public, typed, _ := c.entered(f)
	client := grant.Client(public, typed)
	code, err := c.Exchange.Device(ctx, server, client, catalog.ScopeIDs(f.scopes()))
	if err != nil {
		return c.unprepared(ctx, f, err)
	}
	// The page with the code in it is for a click alone: whoever types the code looks at what they allow.
	w := &waiting{
		page: code.URL, again: code.URLComplete, deadline: code.ExpiresAt,
		hosts: hostsOf(f.method.OAuth.ConsentHosts, server.AuthorizeURL, server.DeviceURL),
	}
	w.show = func(step *integration.Step) {
		step.Kind = integration.StepDevice
		step.Device = &integration.Device{UserCode: code.UserCode, URL: code.URL, URLComplete: code.URLComplete, Opened: w.opened, Deadline: w.deadline}
	}
	w.lead = func(ctx context.Context) integration.Outcome {
		token, err := c.Exchange.AwaitDevice(ctx, server, client, code)
		if err == nil && c.late(w) {
			return integration.Outcome{Result: integration.ResultTimedOut}
		}
		// What was handed out must not die with the wait.
		return c.granted(context.WithoutCancel(ctx), f, server, token, err)
	}
	return c.begin(ctx, f, w), nil
}

// granted turns what a token endpoint answered into the outcome.
func (c *Conversations) granted(ctx context.Context, f *flow, server oauth.Server, token oauth.Token, err error) integration.Outcome {
	public, typed, goes := c.entered(f)
	if !goes {
		return integration.Outcome{Result: integration.ResultCancelled}
	}
	if err == nil && server.LongLived != nil {
		token, err = c.Exchange.LongLived(ctx, server, grant.Client(public, typed), token.Access)
	}
	var refusal *oauth.Refusal
	switch {
	case err == nil:
		return c.commit(ctx, f, c.candidate(f, &token))
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &refusal) && refusal.Code == "expired_token":
		return integration.Outcome{Result: integration.ResultTimedOut}
	case errors.As(err, &refusal) && refusal.Code == "access_denied":
		return integration.Outcome{Result: integration.ResultDenied}
	}
	return c.notHandedOut(f, err)
}
