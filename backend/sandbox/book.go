package sandbox

import (
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// family is one consent and all tokens that came from it (RFC 9700 section 4.14.2).
type family struct {
	account Account
	scopes  []string
	refresh string // the one that is valid now
	ends    time.Time
	revoked bool
}

// access is one access token.
type access struct {
	family *family
	ends   time.Time
}

type apiKey struct {
	account          Account
	revoked, expired bool
}

// book is what a service remembers of consents, tokens and keys.
type book struct {
	now             func() time.Time
	access, refresh time.Duration

	mu        sync.Mutex
	accounts  []Account
	scopes    []string
	requests  map[string]*authRequest // by id, waiting for the person
	codes     map[string]*authRequest // by code
	families  []*family
	tokens    map[string]access  // by id
	refreshed map[string]*family // by refresh token, spent ones too
	keys      map[string]*apiKey
	robots    robotKeys
	signed    signatures
	logins    logins
	newest    string
	dropped   []string
	hidden    []string // shops
	actAs     string   // the name of the account that all act as; "" for their own
	noClient  bool
	keep      bool
}

func newBook(seed Seed, o Options) *book {
	b := &book{
		now: o.Now, access: o.Access, refresh: o.Refresh,
		accounts: seed.Accounts,
		requests: map[string]*authRequest{}, codes: map[string]*authRequest{},
		tokens: map[string]access{}, refreshed: map[string]*family{}, keys: map[string]*apiKey{}, robots: robotKeys{}, signed: newSignatures(), logins: newLogins(),
	}
	for _, scope := range seed.Scopes {
		b.scopes = append(b.scopes, scope.ID)
	}
	if len(seed.Accounts) > 0 {
		b.addKey(seed.Accounts[0])
	}
	return b
}

func (b *book) addKey(a Account) string {
	b.newest = "key_" + rand.Text()
	b.keys[b.newest] = &apiKey{account: a}
	return b.newest
}

func (b *book) newKey(account string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range b.accounts {
		if a.Name == account || a.ID == account {
			return b.addKey(a), nil
		}
	}
	return "", fmt.Errorf("no account %q", account)
}

func (b *book) allKeys() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Keys(b.keys))
}

func (b *book) lastKey() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.newest
}

func (b *book) expire(whole bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	past := b.now().Add(-time.Second)
	for id, t := range b.tokens {
		t.ends = past
		b.tokens[id] = t
	}
	if !whole {
		return
	}
	for _, f := range b.families {
		f.ends = past
	}
	for _, k := range b.keys {
		k.expired = true
	}
}

func (b *book) revokeAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.families {
		f.revoked = true
	}
	for _, k := range b.keys {
		k.revoked = true
	}
}

func (b *book) dropScope(scope string, drop bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dropped = slices.DeleteFunc(b.dropped, func(s string) bool { return s == scope })
	if drop {
		b.dropped = append(b.dropped, scope)
	}
}

func (b *book) hideShop(id string, hide bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hidden = slices.DeleteFunc(b.hidden, func(s string) bool { return s == id })
	if hide {
		b.hidden = append(b.hidden, id)
	}
}

func (b *book) switchAccount(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.actAs = name
}

func (b *book) dropClient(drop bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.noClient = drop
}

func (b *book) keepRefresh() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keep = true
}

// left are the scopes of a consent that were not dropped since. The caller holds the lock.
func (b *book) left(scopes []string) []string {
	return slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return slices.Contains(b.dropped, s) })
}

// acting is who somebody acts as, with what they see. The caller holds the lock.
func (b *book) acting(a Account) Account {
	for _, other := range b.accounts {
		if b.actAs != "" && (other.Name == b.actAs || other.ID == b.actAs) {
			a = other
			break
		}
	}
	a.Shops = slices.DeleteFunc(slices.Clone(a.Shops), func(s Shop) bool { return slices.Contains(b.hidden, s.ID) })
	return a
}
