package oauth

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
	"strings"
	"time"

	"relink/backend/secret"
)

// How far an assertion reaches around the moment of its signature: Google takes at most an hour, and a
// clock that runs ahead a little must not make it one of the future.
const (
	assertionSlack = 10 * time.Second
	assertionLife  = time.Hour
)

// ErrKey means that the private key of an Assertion is no RSA key of at least 2048 bits in PEM,
// PKCS #8 or #1.
var ErrKey = errors.New("the private key cannot be read")

// Assertion is who asks for a token without a consent, and the key that proves it (RFC 7523 section 3).
type Assertion struct {
	Issuer   string // Google's client_email
	Subject  string // whom to act as; "" means the issuer's own account
	Audience string // "" means the token endpoint
	KeyID    string // of the key, "" when the server does not want it
	Key      secret.Text
	Scopes   []string
}

// sign makes the assertion a JWT with the algorithm RS256 (RFC 7515, RFC 7518 section 3.3).
func (a Assertion) sign(now time.Time, separator string) (secret.Text, error) {
	key, err := rsaKey(a.Key.Reveal())
	if err != nil {
		return secret.Text{}, err
	}
	issued := now.Add(-assertionSlack)
	claims := map[string]any{"iss": a.Issuer, "aud": a.Audience, "iat": issued.Unix(), "exp": issued.Add(assertionLife).Unix(), "jti": random()}
	if a.Subject != "" {
		claims["sub"] = a.Subject
	}
	if len(a.Scopes) > 0 {
		claims["scope"] = strings.Join(a.Scopes, separator)
	}
	header := map[string]any{"alg": "RS256", "typ": "JWT"}
	if a.KeyID != "" {
		header["kid"] = a.KeyID
	}
	text := part(header) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return secret.Text{}, ErrKey
	}
	return secret.New(text + "." + base64.RawURLEncoding.EncodeToString(signature)), nil
}

func part(members map[string]any) string {
	encoded, _ := json.Marshal(members) // strings and numbers always marshal
	return base64.RawURLEncoding.EncodeToString(encoded)
}

// rsaKey reads a PEM key. One that was copied out of a JSON file with its escapes is read too.
func rsaKey(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(strings.ReplaceAll(strings.TrimSpace(text), `\n`, "\n")))
	if block == nil {
		return nil, ErrKey
	}
	var key *rsa.PrivateKey
	if parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		key, _ = parsed.(*rsa.PrivateKey)
	} else if parsed, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		key = parsed
	}
	if key == nil || key.N.BitLen() < 2048 {
		return nil, ErrKey
	}
	return key, nil
}
