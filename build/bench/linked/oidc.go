//go:build !nosandbox

package main

import (
	"context"
	"net/http"

	zhttp "github.com/zitadel/oidc/v3/pkg/http"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
	"github.com/zitadel/schema"
)

// server calls the OAuth server's library as the sandbox does: function by function.
type server struct {
	op.Exchanger
	op.Storage
	op.Client
	op.Crypto
	zhttp.Decoder
}

func (s *server) Encoder() *schema.Encoder { return oidc.NewEncoder() }

// identity is what the sandbox takes from the library.
func identity(ctx context.Context, word string) error {
	s := &server{Decoder: schema.NewDecoder()}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, word, nil)
	if err != nil {
		return err
	}
	asked, err := op.ParseAuthorizeRequest(request, s.Decoder)
	if err != nil {
		return err
	}
	if err := op.ValidateAuthReqRedirectURI(s.Client, asked.RedirectURI, asked.ResponseType); err != nil {
		return err
	}
	if _, err := op.ValidateAuthRequestClient(ctx, asked, s.Client, nil); err != nil {
		return err
	}
	code, err := op.ParseAccessTokenRequest(request, s.Decoder)
	if err != nil {
		return err
	}
	if err := op.AuthorizeClientIDSecret(ctx, code.ClientID, code.ClientSecret, s.Storage); err != nil {
		return err
	}
	granted, client, err := op.ValidateAccessTokenRequest(ctx, code, s.Exchanger)
	if err != nil {
		return err
	}
	if _, err := op.CreateAuthRequestCode(ctx, granted, s.Storage, s.Crypto); err != nil {
		return err
	}
	if _, _, _, err := op.CreateAccessToken(ctx, granted, op.AccessTokenTypeBearer, s.Exchanger, client, word); err != nil {
		return err
	}
	refresh, err := op.ParseRefreshTokenRequest(request, s.Decoder)
	if err != nil {
		return err
	}
	if _, _, err := op.ValidateRefreshTokenRequest(ctx, refresh, s.Exchanger); err != nil {
		return err
	}
	if _, err := op.ParseClientCredentialsRequest(request, s.Decoder); err != nil {
		return err
	}
	_, _, _, err = op.ParseTokenRevocationRequest(request, s.Exchanger.(op.Revoker))
	return err
}
