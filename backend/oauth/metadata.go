package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// ErrPKCE means that a server's metadata lists the PKCE methods that it takes, and S256 is none of them.
var ErrPKCE = errors.New("the server does not take the PKCE method S256")

// ErrIssuer means that a server's metadata speaks for another issuer than the one that was asked.
var ErrIssuer = errors.New("the metadata is of another issuer")

// The well-known places of metadata (RFC 8414 section 3, OpenID Connect Discovery 1.0 section 4).
const (
	wellKnownOAuth  = "/.well-known/oauth-authorization-server"
	wellKnownOpenID = "/.well-known/openid-configuration"
)

// metadata are the members that are used (RFC 8414 section 2, RFC 8628 section 4, RFC 9207 section 3).
type metadata struct {
	Issuer     string   `json:"issuer"`
	Authorize  string   `json:"authorization_endpoint"`
	Token      string   `json:"token_endpoint"`
	Revoke     string   `json:"revocation_endpoint"`
	Device     string   `json:"device_authorization_endpoint"`
	Challenges []string `json:"code_challenge_methods_supported"`
	StatesIss  bool     `json:"authorization_response_iss_parameter_supported"`
}

// Metadata reads what a server says about itself and returns s with its empty endpoints filled in, and
// with Issuer set where the server announces it in its redirects (RFC 9207 section 3). It is refused
// with ErrIssuer when it is not the metadata of s.Issuer, or of the issuer that its address belongs to
// (RFC 8414 section 3.3), with ErrPKCE when it offers PKCE without S256, and with another error when an
// endpoint's address cannot be used. Other errors are those of Code.
func (e *Exchange) Metadata(ctx context.Context, s Server, metadataURL string) (Server, error) {
	if _, err := safeURL(metadataURL); err != nil {
		return s, fmt.Errorf("metadata address: %w", err)
	}
	req, err := http.NewRequest(http.MethodGet, metadataURL, nil)
	if err != nil {
		return s, errors.New("the metadata's address cannot be used")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Relink")
	got, err := e.ask(ctx, req, nil)
	if err != nil {
		return s, err
	}
	members, ok := got.members()
	var m metadata
	if got.status != http.StatusOK || !ok || json.Unmarshal([]byte(members.whole), &m) != nil || m.Issuer == "" {
		return s, got.refusal(TokenAnswer{})
	}
	return m.fill(s, metadataURL)
}

// fill checks the metadata and completes s.
func (m metadata) fill(s Server, metadataURL string) (Server, error) {
	switch {
	case s.Issuer != "" && m.Issuer != s.Issuer, s.Issuer == "" && !standsAt(m.Issuer, metadataURL):
		return s, ErrIssuer
	case len(m.Challenges) > 0 && !slices.Contains(m.Challenges, "S256"):
		return s, ErrPKCE
	}
	filled := s
	for _, endpoint := range []struct {
		ours   *string
		stated string
	}{{&filled.AuthorizeURL, m.Authorize}, {&filled.TokenURL, m.Token}, {&filled.RevokeURL, m.Revoke}, {&filled.DeviceURL, m.Device}} {
		if endpoint.stated == "" {
			continue
		}
		if _, err := safeURL(endpoint.stated); err != nil {
			return s, fmt.Errorf("an endpoint of the metadata: %w", err)
		}
		if *endpoint.ours == "" {
			*endpoint.ours = endpoint.stated
		}
	}
	if m.StatesIss {
		filled.Issuer = m.Issuer
	}
	return filled, nil
}

// standsAt says whether the address is one of those where this issuer's metadata belongs.
func standsAt(issuer, address string) bool {
	u, err := url.Parse(issuer)
	if err != nil || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	path := strings.TrimSuffix(u.Path, "/")
	origin := u.Scheme + "://" + u.Host
	return slices.Contains([]string{
		origin + wellKnownOAuth + path, origin + wellKnownOpenID + path, origin + path + wellKnownOpenID, origin + path + wellKnownOAuth,
	}, address)
}
