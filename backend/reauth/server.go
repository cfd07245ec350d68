package reauth

import (
	"context"
	"errors"

	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/oauth"
)

// server is the method's OAuth server with everything filled in. What it states of itself is heard
// before anybody is sent there (RFC 8414): a server that takes PKCE without S256, or that speaks for
// another issuer, is refused.
func (c *Conversations) server(ctx context.Context, f *flow) (oauth.Server, error) {
	public, _, _ := c.entered(f)
	o := grant.WithFields(*f.method.OAuth, public)
	server := grant.Server(o)
	if o.MetadataURL == "" {
		return server, nil
	}
	stated, err := c.Exchange.Metadata(ctx, server, o.MetadataURL)
	var refusal *oauth.Refusal
	if errors.As(err, &refusal) && server.AuthorizeURL+server.DeviceURL != "" && server.TokenURL != "" {
		// It states nothing any more, and the catalog knows all that is needed.
		c.Log.Info("no metadata of the OAuth server", "provider", f.provider.ID, "status", refusal.HTTPStatus)
		return server, nil
	}
	return stated, err
}

// unprepared says what follows when the person could not be sent anywhere: an outcome where the server
// refused or did not answer, and input errors where what is known of it cannot be used.
func (c *Conversations) unprepared(ctx context.Context, f *flow, err error) (integration.Step, error) {
	var refusal *oauth.Refusal
	var fault *oauth.Fault
	var ports oauth.PortsBusy
	wrong := func(code string) error {
		return integration.InputErrors{{Field: "provider", Code: code, Args: map[string]string{"provider": f.provider.Name}}}
	}
	switch {
	case errors.As(err, &refusal), errors.As(err, &fault):
		return c.finish(ctx, f, c.notHandedOut(f, err)), nil
	case errors.As(err, &ports), ctx.Err() != nil:
		return integration.Step{}, err
	case errors.Is(err, oauth.ErrPKCE):
		return integration.Step{}, wrong("server_without_s256")
	case errors.Is(err, oauth.ErrIssuer):
		return integration.Step{}, wrong("server_other_issuer")
	}
	c.Log.Error("the sign-in could not be prepared", "provider", f.provider.ID, "error", err)
	return integration.Step{}, wrong("server_address")
}
