// Package integration answers which words Relink thinks in: an integration, its grant, the evidence
// of a check, the finding made from it, and the conversation that repairs it.
//
// # Why
// Every other package speaks these words, so they live in one place that imports nothing but the
// standard library. None of the types can hold a secret: secrets are secret.Text, and travel beside
// these values, never inside them.
package integration

import (
	"crypto/rand"
	"strconv"
	"strings"
	"time"
)

// Integration is one source that the merchant connected.
type Integration struct {
	ID         string            `json:"id"`
	ProviderID string            `json:"provider"`
	Name       string            `json:"name"`
	Settings   map[string]string `json:"settings"` // by the provider's setting ids: host, shop, property; never a secret
	Interval   time.Duration     `json:"interval"` // between two checks
	GrantID    string            `json:"grant"`
	Paused     bool              `json:"paused"`
	HostKeys   string            `json:"host_keys,omitempty"` // of the SSH bastions on its way, as lines of known_hosts; those that a person believed
	CreatedAt  time.Time         `json:"created_at"`
	UpdatedAt  time.Time         `json:"updated_at"`
}

// The default time between two checks, for services and for databases, and the shortest that a person may choose.
const (
	DefaultInterval         = 5 * time.Minute
	DefaultDatabaseInterval = 15 * time.Minute
	MinInterval             = time.Minute
	MaxInterval             = 24 * time.Hour
)

// Text names a sentence of the locale catalog and the values to put into it. Values whose name ends
// in "At" are RFC 3339 times and are shown in the reader's zone and manner.
type Text struct {
	Key  string            `json:"key"`
	Args map[string]string `json:"args,omitempty"`
}

// NewID returns a fresh, unguessable identifier with the given prefix, such as "int_" or "grt_". Those
// made later (at) sort later, so that what is made together lies together in the store: nine
// characters count milliseconds, the rest is random (128 bits).
func NewID(prefix string, at time.Time) string {
	const epoch = 1_767_225_600_000 // 2026-01-01, in milliseconds
	stamp := strconv.FormatInt(max(at.UnixMilli()-epoch, 0), 36)
	return prefix + strings.Repeat("0", max(9-len(stamp), 0)) + stamp + strings.ToLower(rand.Text())
}
