package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// ProviderYAML returns the service's provider.yaml for the catalog, with this world's addresses.
func (s *Service) ProviderYAML() []byte { return s.describe(s.seed, "/api/orders", "") }

// RelatedYAML returns another provider of the same family on the same server, which needs one scope only
// and may want a secret of its own.
func (s *Service) RelatedYAML(id, name, scope, field string) []byte {
	seed := s.seed
	seed.ID, seed.Name = id, name
	seed.Scopes = slices.DeleteFunc(slices.Clone(seed.Scopes), func(x Scope) bool { return x.ID != scope })
	path := "/api/orders"
	if scope == ScopeProfile {
		path = "/api/me"
	}
	if field != "" {
		field = fmt.Sprintf("      - id: %s\n        kind: secret\n        label: {en: %q, pt-BR: %q}\n", field, field, "Campo "+field)
	}
	return s.describe(seed, path, field)
}

// describe writes the provider.yaml of a seed on this service; fields are more of its method's.
func (s *Service) describe(seed Seed, path, fields string) []byte {
	base := s.URL()
	var b strings.Builder
	fmt.Fprintf(&b, `id: %s
name: %s
category: %s
family: %s
synonyms: [sample, demo, sandbox, exemplo]
summary:
  en: %q
  pt-BR: %q
`, seed.ID, seed.Name, seed.Category, s.seed.ID, seed.Summary[0], seed.Summary[1])
	if seed.Key {
		b.WriteString(keyMethod)
	} else {
		fmt.Fprintf(&b, oauthMethod, fields, base, base, base, base, seed.ClientAuth)
		for _, scope := range seed.Scopes {
			fmt.Fprintf(&b, "        - id: %s\n          why: {en: %q, pt-BR: %q}\n", scope.ID, scope.Why[0], scope.Why[1])
		}
	}
	answers := tokenAnswers
	if seed.Key {
		path, answers = "/key/me", keyAnswers
	}
	fmt.Fprintf(&b, probe, base, path, answers)
	return []byte(b.String())
}

const oauthMethod = `methods:
  - kind: oauth2_code
    label: {en: Sign in with the sample service, pt-BR: Entrar com o serviço de exemplo}
    fields:
      - id: client_id
        kind: text
        label: {en: Client ID, pt-BR: ID do cliente}
      - id: client_secret
        kind: secret
        label: {en: Client secret, pt-BR: Chave secreta do cliente}
%s    headers:
      Authorization: "Bearer {access_token}"
    lifetime: {access: 1h, grant: 90d, rotates: true}
    oauth:
      authorize_url: %s/authorize
      token_url: %s/token
      revoke_url: %s/revoke
      issuer: %s
      client_auth: %s
      pkce: s256
      login_hint: login_hint
      force_params: {prompt: consent}
      redirect: {kind: loopback}
      scopes:
`

const keyMethod = `methods:
  - kind: api_key
    label: {en: API key, pt-BR: Chave de API}
    fields:
      - id: api_key
        kind: secret
        label: {en: API key, pt-BR: Chave de API}
        pattern: "key_[A-Z0-9]{26}"
        example: key_ABCDEFGHIJKLMNOPQRSTUVWXYZ
    headers:
      X-Api-Key: "{api_key}"
`

const probe = `probe:
  http:
    method: GET
    url: %s%s
    proof: account.id
    account: {id: account.id, name: account.name}
    resources: {list: shops, id: id, name: name}
    per_day: 0
answers:
%s  - {at: api, status: [403], path: error.code, equals: [insufficient_scope], meaning: scope_missing}
  - {at: api, status: [429], path: error.code, equals: [rate_limited], meaning: rate_limited}
  - {at: api, status: [500, 502, 503, 504], meaning: service_down}
sources: ["Relink's own sample services: backend/sandbox"]
`

const tokenAnswers = `  - {at: api, status: [401], path: error.code, equals: [token_expired], meaning: access_expired}
  - {at: api, status: [401], path: error.code, equals: [token_revoked], meaning: credential_revoked}
  - {at: api, status: [401], path: error.code, equals: [token_unknown], meaning: credential_dead}
  - {at: api, status: [401], path: error.code, equals: [token_missing], meaning: no_credential_sent}
`

const keyAnswers = `  - {at: api, status: [401], path: error.code, equals: [key_expired], meaning: credential_expired}
  - {at: api, status: [401], path: error.code, equals: [key_revoked], meaning: credential_revoked}
  - {at: api, status: [401], path: error.code, equals: [key_unknown], meaning: credential_dead}
  - {at: api, status: [401], path: error.code, equals: [key_missing], meaning: no_credential_sent}
`
