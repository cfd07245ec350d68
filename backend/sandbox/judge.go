package sandbox

import "slices"

// refusal is why a credential does not pass, in the API's own codes.
type refusal struct {
	status       int
	code, reason string
}

// caller is whom a credential stands for.
type caller struct {
	account Account
	scopes  []string
}

// judgeToken says who holds the access token with this id.
func (b *book) judgeToken(id string) (caller, *refusal) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t, known := b.tokens[id]
	switch {
	case !known:
		return caller{}, &refusal{401, "token_unknown", "The access token is not known."}
	case t.family.revoked:
		return caller{}, &refusal{401, "token_revoked", "The access token was revoked."}
	case !b.now().Before(t.ends):
		return caller{}, &refusal{401, "token_expired", "The access token expired."}
	}
	return caller{b.acting(t.family.account), b.left(t.family.scopes)}, nil
}

// judgeKey says who holds the API key.
func (b *book) judgeKey(key string) (caller, *refusal) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k, known := b.keys[key]
	switch {
	case !known:
		return caller{}, &refusal{401, "key_unknown", "The API key is not known."}
	case k.revoked:
		return caller{}, &refusal{401, "key_revoked", "The API key was revoked."}
	case k.expired:
		return caller{}, &refusal{401, "key_expired", "The API key expired."}
	}
	return caller{b.acting(k.account), b.left(b.scopes)}, nil
}

func (c caller) may(scope string) *refusal {
	if slices.Contains(c.scopes, scope) {
		return nil
	}
	return &refusal{403, "insufficient_scope", "The scope " + scope + " is missing."}
}
