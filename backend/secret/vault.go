package secret

import (
	"context"
	"errors"
)

// Vault keeps secrets by key. Every call ends within its implementation's deadline (3 s for the
// keychain) or when ctx does. Its errors are, by errors.Is: ErrMissing, ErrLocked, ErrAbsent,
// ErrSlow, ErrRefused, ErrCorrupt.
type Vault interface {
	Get(ctx context.Context, key string) (Text, error)
	Set(ctx context.Context, key string, value Text) error
	Delete(ctx context.Context, key string) error // a missing key is no error
	// Unlock asks the system to unlock the vault, which may show its dialog; it waits for the person as long as ctx allows.
	Unlock(ctx context.Context) error
	// Ready says whether the vault can be used now, without showing anything: nil, or one of the errors above.
	Ready(ctx context.Context) error
	// Kind names the vault for people: "keychain", "file", "memory".
	Kind() string
}

// What a vault can answer.
var (
	ErrMissing = errors.New("the vault has no such entry")
	ErrLocked  = errors.New("the keychain is locked")
	ErrAbsent  = errors.New("there is no keychain service on this computer")
	ErrSlow    = errors.New("the keychain did not answer in time")
	ErrRefused = errors.New("the keychain refused")
)
