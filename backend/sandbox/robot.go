package sandbox

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// robotKeys are the keys of a service's one service account, by id. Its account is the first of the seed.
type robotKeys map[string]*rsa.PublicKey

// robotEmail is who the service account is, in the issuer of its assertions.
func (s *Service) robotEmail() string { return "robot@" + s.seed.ID + ".example" }

// ServiceAccountFile makes a key for the service account and returns it as the file that Google lets one
// download. The private key is kept nowhere else.
func (s *Service) ServiceAccountFile() ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make the service account's key: %w", err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("write the service account's key: %w", err)
	}
	block := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))
	s.hand(strings.Split(block, "\n")[2]) // a whole line of it
	id := rand.Text()
	s.book.mu.Lock()
	s.book.robots[id] = &key.PublicKey
	s.book.mu.Unlock()
	return json.Marshal(map[string]string{
		"type": "service_account", "private_key_id": id, "client_email": s.robotEmail(), "token_uri": s.URL() + "/token",
		"private_key": block,
	})
}

// DeleteServiceKeys ends every key of the service account, as an administrator does.
func (s *Service) DeleteServiceKeys() {
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	clear(s.book.robots)
}

// ownToken answers a client that asks for itself (RFC 6749 section 4.4).
func (o *oauthServer) ownToken(r *http.Request) (oidc.AccessTokenResponse, error) {
	parsed, err := op.ParseClientCredentialsRequest(r, o.decoder)
	if err != nil {
		return oidc.AccessTokenResponse{}, err
	}
	if err := o.storage.AuthorizeClientIDSecret(r.Context(), parsed.ClientID, parsed.ClientSecret); err != nil {
		return oidc.AccessTokenResponse{}, err
	}
	return o.robotToken(parsed.Scope)
}

// assertion is what a service account claims (RFC 7523 section 3).
type assertion struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	Scope    string `json:"scope"`
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

// asserted answers a signed assertion (RFC 7523 section 2.1).
func (o *oauthServer) asserted(r *http.Request) (oidc.AccessTokenResponse, error) {
	claims, err := o.service.verified(r.PostFormValue("assertion"))
	if err != nil {
		return oidc.AccessTokenResponse{}, oidc.ErrInvalidGrant().WithDescription("%s", err.Error())
	}
	return o.robotToken(strings.Fields(claims.Scope))
}

// verified checks the signature and every claim of a JWT with the algorithm RS256.
func (s *Service) verified(token string) (assertion, error) {
	var header struct{ Alg, Kid string }
	var claims assertion
	parts := strings.Split(token, ".")
	if len(parts) != 3 || !decoded(parts[0], &header) || !decoded(parts[1], &claims) {
		return claims, errors.New("the assertion is no JWT")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	s.book.mu.Lock()
	key := s.book.robots[header.Kid]
	s.book.mu.Unlock()
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	now := s.now()
	issued, ends := time.Unix(claims.IssuedAt, 0), time.Unix(claims.Expires, 0)
	switch {
	case err != nil, key == nil, header.Alg != "RS256", rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) != nil:
		return claims, errors.New("the signature of the assertion is invalid")
	case claims.Issuer != s.robotEmail(), claims.Audience != s.URL()+"/token":
		return claims, errors.New("the assertion is of somebody else, or for somebody else")
	case now.Before(issued.Add(-time.Minute)), !now.Before(ends), ends.Sub(issued) > time.Hour:
		return claims, errors.New("the assertion is not of this hour")
	}
	return claims, nil
}

func decoded(part string, into any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(raw, into) == nil
}

// robotToken gives out an access token of the first account, without a refresh token (RFC 6749 section 4.4.3).
func (o *oauthServer) robotToken(scopes []string) (oidc.AccessTokenResponse, error) {
	b, account := o.service.book, o.service.seed.Accounts[0]
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, scope := range scopes {
		if !slices.Contains(b.scopes, scope) {
			return oidc.AccessTokenResponse{}, oidc.ErrInvalidScope().WithDescription("The scope %s is not known.", scope)
		}
	}
	f := &family{account: account, scopes: scopes, ends: b.now().Add(b.access)}
	b.families = append(b.families, f)
	id := rand.Text()
	b.tokens[id] = access{family: f, ends: f.ends}
	token, err := o.sealer.Encrypt(id + ":" + account.ID)
	return oidc.AccessTokenResponse{AccessToken: token, TokenType: oidc.BearerToken, ExpiresIn: uint64(b.access.Seconds()), Scope: b.left(scopes)}, err
}
