package secret

import (
	"crypto/sha256"
	"encoding/hex"
)

// Fingerprint tells two secrets apart without telling what they are: the first 8 bytes of the SHA-256,
// in hex. It is meant for tokens, which nobody can guess; a password's would give it away.
func (t Text) Fingerprint() string {
	sum := sha256.Sum256([]byte(t.Reveal()))
	return hex.EncodeToString(sum[:8])
}
