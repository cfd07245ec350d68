package sandbox

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"

	zhttp "github.com/zitadel/oidc/v3/pkg/http"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
	"github.com/zitadel/schema"
)

// oauthServer answers the OAuth requests of a service. The embedded interface is nil: it stands for
// the library's questions about grants that are not offered here.
type oauthServer struct {
	op.Exchanger
	service *Service
	storage storage
	sealer  sealer
	decoder *schema.Decoder
}

func newOAuthServer(s *Service) (*oauthServer, error) {
	sealed, err := newSealer()
	if err != nil {
		return nil, err
	}
	decoder := schema.NewDecoder()
	decoder.IgnoreUnknownKeys(true)
	return &oauthServer{service: s, storage: storage{service: s}, sealer: sealed, decoder: decoder}, nil
}

// Storage, Decoder, Crypto and the two answers below are what the library asks of a server.
func (o *oauthServer) Storage() op.Storage { return o.storage }

// Decoder reads forms.
func (o *oauthServer) Decoder() zhttp.Decoder { return o.decoder }

// Crypto seals codes and access tokens.
func (o *oauthServer) Crypto() op.Crypto { return o.sealer }

// AuthMethodPostSupported says that a client may name itself in the form.
func (o *oauthServer) AuthMethodPostSupported() bool { return true }

// AuthMethodPrivateKeyJWTSupported says that no client signs its requests.
func (o *oauthServer) AuthMethodPrivateKeyJWTSupported() bool { return false }

// token is the token endpoint (RFC 6749 section 3.2).
func (o *oauthServer) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	var (
		answer oidc.AccessTokenResponse
		err    error
	)
	switch kind := r.PostFormValue("grant_type"); kind {
	case "authorization_code":
		answer, err = o.redeem(r)
	case "refresh_token":
		answer, err = o.renew(r)
	case "client_credentials":
		answer, err = o.ownToken(r)
	case "urn:ietf:params:oauth:grant-type:jwt-bearer":
		answer, err = o.asserted(r)
	default:
		err = oidc.ErrUnsupportedGrantType()
	}
	if err != nil {
		refuseOAuth(w, err)
		return
	}
	answerJSON(w, http.StatusOK, answer)
}

// redeem trades a code; the library checks the client, the redirect URI and the PKCE verifier.
func (o *oauthServer) redeem(r *http.Request) (oidc.AccessTokenResponse, error) {
	parsed, err := op.ParseAccessTokenRequest(r, o.decoder)
	if err != nil {
		return oidc.AccessTokenResponse{}, err
	}
	// The library looks at the code first and would blame it for an unknown client.
	if err := op.AuthorizeClientIDSecret(r.Context(), parsed.ClientID, parsed.ClientSecret, o.storage); err != nil {
		return oidc.AccessTokenResponse{}, err
	}
	request, c, err := op.ValidateAccessTokenRequest(r.Context(), parsed, o)
	if err != nil {
		return oidc.AccessTokenResponse{}, err
	}
	return o.issue(r.Context(), request, c, "")
}

// renew trades a refresh token.
func (o *oauthServer) renew(r *http.Request) (oidc.AccessTokenResponse, error) {
	parsed, err := op.ParseRefreshTokenRequest(r, o.decoder)
	if err != nil {
		return oidc.AccessTokenResponse{}, err
	}
	request, c, err := op.ValidateRefreshTokenRequest(r.Context(), parsed, o)
	if err != nil {
		return oidc.AccessTokenResponse{}, err
	}
	return o.issue(r.Context(), request, c, parsed.RefreshToken)
}

func (o *oauthServer) issue(ctx context.Context, request op.TokenRequest, c op.Client, spent string) (oidc.AccessTokenResponse, error) {
	token, refresh, _, err := op.CreateAccessToken(ctx, request, op.AccessTokenTypeBearer, o, c, spent)
	if err != nil {
		return oidc.AccessTokenResponse{}, err
	}
	if refresh == spent {
		refresh = "" // the old one stays valid, and is not sent again
	}
	b := o.service.book
	b.mu.Lock()
	defer b.mu.Unlock()
	var scopes []string
	switch r := request.(type) {
	case *authRequest:
		scopes = r.granted
	case renewal:
		scopes = r.family.scopes
	}
	return oidc.AccessTokenResponse{
		AccessToken: token, TokenType: oidc.BearerToken, RefreshToken: refresh,
		ExpiresIn: uint64(b.access.Seconds()), Scope: b.left(scopes),
	}, nil
}

// revoke is the revocation endpoint (RFC 7009).
func (o *oauthServer) revoke(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	token, _, _, err := op.ParseTokenRevocationRequest(r, o)
	if err != nil {
		refuseOAuth(w, err)
		return
	}
	o.service.book.revokeToken(token, o.tokenID(token))
	w.WriteHeader(http.StatusOK)
}

// introspect says who holds an access token now.
func (o *oauthServer) introspect(token string) (caller, *refusal) {
	return o.service.book.judgeToken(o.tokenID(token))
}

// tokenID opens an access token, which seals its id and subject; "" for anything else.
func (o *oauthServer) tokenID(token string) string {
	opened, err := o.sealer.Decrypt(token)
	if err != nil {
		return ""
	}
	id, _, _ := strings.Cut(opened, ":")
	return id
}

// refuseOAuth answers as RFC 6749 section 5.2 says: 401 for the client, 400 for the rest.
func refuseOAuth(w http.ResponseWriter, err error) {
	e := oidc.DefaultToServerError(err, "")
	status := http.StatusBadRequest
	switch e.ErrorType {
	case oidc.InvalidClient:
		status = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", "Basic")
	case oidc.ServerError:
		status = http.StatusInternalServerError
	case oidc.InvalidGrant:
		if e.Description == "" {
			e.Description = "The grant is invalid, expired or revoked."
		}
	}
	answerJSON(w, status, e)
}

// sealer seals short texts, so that a token can be told from a guess.
type sealer struct{ cipher.AEAD }

func newSealer() (sealer, error) {
	key := make([]byte, 32)
	rand.Read(key) // crypto/rand never returns an error
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, fmt.Errorf("make the sandbox's token key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	return sealer{aead}, err
}

// Encrypt seals s.
func (s sealer) Encrypt(text string) (string, error) {
	nonce := make([]byte, s.NonceSize())
	rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(s.Seal(nonce, nonce, []byte(text), nil)), nil
}

// Decrypt opens what Encrypt sealed.
func (s sealer) Decrypt(sealed string) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(raw) < s.NonceSize() {
		return "", errors.New("not sealed here")
	}
	opened, err := s.Open(nil, raw[:s.NonceSize()], raw[s.NonceSize():], nil)
	return string(opened), err
}
