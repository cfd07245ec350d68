// Package secret answers where secrets are while Relink holds them: in a Text that cannot be
// printed, and in a Vault.
//
// # Why
// The value of a Text sits behind a func, so that no formatter, logger or marshaller can reach it by
// reflection; whoever needs it must call Reveal, and a test lists the packages that may.
package secret

import (
	"errors"
	"fmt"
	"log/slog"
)

// Mask is what every way of printing a Text yields.
const Mask = "[secret]"

// Text is a secret. The zero Text is empty.
type Text struct{ reveal func() string }

// New wraps a secret.
func New(value string) Text {
	if value == "" {
		return Text{}
	}
	return Text{reveal: func() string { return value }}
}

// Reveal returns the secret. Only probe, oauth, tunnel and secret may call it.
func (t Text) Reveal() string {
	if t.reveal == nil {
		return ""
	}
	return t.reveal()
}

// Empty says whether there is nothing to reveal.
func (t Text) Empty() bool { return t.reveal == nil }

// String returns the mask.
func (t Text) String() string { return Mask }

// GoString returns the mask.
func (t Text) GoString() string { return Mask }

// Format writes the mask for every verb.
func (t Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(Mask)) }

// LogValue returns the mask.
func (t Text) LogValue() slog.Value { return slog.StringValue(Mask) }

// MarshalJSON refuses: a secret never leaves as JSON.
func (t Text) MarshalJSON() ([]byte, error) {
	return nil, errors.New("a secret cannot be written as JSON")
}

// MarshalText refuses: a secret never leaves as text.
func (t Text) MarshalText() ([]byte, error) {
	return nil, errors.New("a secret cannot be written as text")
}
