package reauth

import (
	"context"

	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/secret"
)

// consent1 asks for consent at an OAuth 1.0a server (RFC 5849 section 2): a temporary token, the
// person's yes by redirect, pasted address or number, and the lasting token for it. The relay page
// serves OAuth 2.0 alone: it reads the way back out of the state, which this protocol does not have.
func (c *Conversations) consent1(ctx context.Context, f *flow) (integration.Step, error) {
	o := *f.method.OAuth1
	server := grant.Server1(o)
	a, err := c.arrive(o.Redirect, "")
	if err != nil {
		return c.unprepared(ctx, f, err)
	}
	public, typed, _ := c.entered(f)
	consumer := grant.Login1(public, typed)
	consumer.Token, consumer.TokenSecret = secret.Text{}, secret.Text{} // those of the grant that is replaced
	request, login, err := c.Exchange.RequestToken(ctx, server, consumer, a.uri)
	if err != nil {
		a.close()
		return c.unprepared(ctx, f, err)
	}
	a.expect(request)
	w := &waiting{page: request.URL(), hosts: hostsOf(nil, server.AuthorizeURL), deadline: c.Now().Add(c.Patience), arrival: a}
	w.show = func(step *integration.Step) { step.Kind, step.Consent = integration.StepConsent, w.consent() }
	w.read = func(pasted string) (oauth.Callback, error) { return oauth.ParsePasted(request, pasted) }
	w.lead = func(ctx context.Context) integration.Outcome {
		callback, err := a.await(ctx, w.callback)
		if err != nil || c.late(w) {
			return integration.Outcome{Result: integration.ResultTimedOut}
		}
		return c.redeem1(context.WithoutCancel(ctx), f, server, login, callback)
	}
	return c.begin(ctx, f, w), nil
}

// redeem1 turns the verifier into a candidate and commits it.
func (c *Conversations) redeem1(ctx context.Context, f *flow, server oauth.Server1, login oauth.Login1, callback oauth.Callback) integration.Outcome {
	if outcome, refused := c.refusal(f, callback); refused {
		return outcome
	}
	if _, _, goes := c.entered(f); !goes {
		return integration.Outcome{Result: integration.ResultCancelled}
	}
	lasting, err := c.Exchange.AccessToken(ctx, server, login, callback.Code)
	if err != nil {
		return c.notHandedOut(f, err)
	}
	n := c.candidate(f, nil)
	n.secrets["access_token"], n.secrets["token_secret"] = lasting.Token, lasting.TokenSecret
	return c.commit(ctx, f, n)
}
