package reauth

import (
	"context"

	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/probe"
)

// bring commits a grant that another tool obtained. When its access token has ended it is renewed
// first; from then on the new token is kept whatever the proof says, since the old one is spent.
func (c *Conversations) bring(ctx context.Context, f *flow) integration.Step {
	token := oauth.Token{
		Access: f.typed["access_token"], Refresh: f.typed["refresh_token"], ExpiresAt: f.brought.AccessExpiresAt,
		Scopes: f.brought.Scopes, ScopesStated: f.brought.Scopes != nil,
	}
	ended := token.Access.Empty() || !token.ExpiresAt.IsZero() && !c.Now().Before(token.ExpiresAt)
	if ended && !token.Refresh.Empty() {
		fresh, err := c.renewBrought(ctx, f)
		if err != nil {
			finding := c.judge(f, probe.FromTokenError(err, f.provider, f.method.Kind))
			return c.finish(ctx, f, integration.Outcome{Result: integration.ResultExchange, Finding: &finding})
		}
		f.spent, token = true, fresh
	}
	n := c.candidate(f, &token)
	n.grant.ObtainedAt = f.brought.ObtainedAt
	return c.finish(ctx, f, c.commit(ctx, f, n))
}

func (c *Conversations) renewBrought(ctx context.Context, f *flow) (oauth.Token, error) {
	return c.Exchange.Refresh(ctx, grant.Server(grant.WithFields(*f.method.OAuth, f.public)), grant.Client(f.public, f.typed), f.typed["refresh_token"])
}
