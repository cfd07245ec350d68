package secret

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"os"
	"strings"

	"filippo.io/age"
)

// The work of a passphrase: what OWASP asks of scrypt (N = 2^17, r = 8, p = 1), 128 MiB and less than
// a second. More than the most is refused, so that a planted file cannot stop this computer.
const (
	workFactor = 17
	mostWork   = 20
	maxKeyFile = 64 << 10
)

// Key is what opens a sealed vault: an age identity file, or a passphrase from a file or from a person.
type Key struct {
	IdentityFile   string
	PassphraseFile string
	// Ask asks a person for the passphrase, for a new one where fresh is set; nil where nobody can be asked.
	Ask func(ctx context.Context, fresh bool) (Text, error)
}

// KeyFault is what is wrong with the key of a sealed vault.
type KeyFault string

// The faults of a key.
const (
	KeyMissing KeyFault = "missing" // its file cannot be read
	KeyOpen    KeyFault = "open"    // others can read its file, or change it
	KeyInvalid KeyFault = "invalid" // not an age identity, or an empty passphrase
	KeyWrong   KeyFault = "wrong"   // it does not open this vault
	KeyUnasked KeyFault = "unasked" // the passphrase is needed, and nobody can be asked
)

// KeyError is why a sealed vault stays locked. It is ErrLocked, too.
type KeyError struct {
	Path  string // of the key's file; "" for a passphrase that is asked for
	Fault KeyFault
}

// Error tells the fault.
func (e *KeyError) Error() string {
	return "the key of the sealed vault: " + string(e.Fault) + " " + cmp.Or(e.Path, "passphrase")
}

// Unwrap makes it ErrLocked.
func (e *KeyError) Unwrap() error { return ErrLocked }

// taken is a key at hand.
type taken struct {
	identities []age.Identity
	to         age.Recipient
	passphrase Text
}

func (k Key) path() string { return cmp.Or(k.IdentityFile, k.PassphraseFile) }

// take reads the key, or asks for it where person is set; fresh says that a vault begins with it.
func (k Key) take(ctx context.Context, fresh, person bool) (taken, error) {
	wrong := func(f KeyFault) (taken, error) { return taken{}, &KeyError{Path: k.path(), Fault: f} }
	var content Text
	switch {
	case k.path() != "":
		text, fault := readKeyFile(k.path())
		if fault != "" {
			return wrong(fault)
		}
		content = text
	case k.Ask == nil || !person:
		return wrong(KeyUnasked)
	default:
		var err error
		if content, err = k.Ask(ctx, fresh); err != nil {
			return taken{}, err
		}
	}
	if k.IdentityFile != "" {
		identities, err := age.ParseIdentities(strings.NewReader(content.Reveal()))
		if err != nil {
			return wrong(KeyInvalid)
		}
		switch first := identities[0].(type) {
		case *age.X25519Identity:
			return taken{identities: identities, to: first.Recipient()}, nil
		case *age.HybridIdentity:
			return taken{identities: identities, to: first.Recipient()}, nil
		}
		return wrong(KeyInvalid)
	}
	identity, err := age.NewScryptIdentity(content.Reveal())
	if err != nil {
		return wrong(KeyInvalid)
	}
	to, err := age.NewScryptRecipient(content.Reveal())
	if err != nil {
		return wrong(KeyInvalid)
	}
	identity.SetMaxWorkFactor(mostWork)
	to.SetWorkFactor(workFactor)
	return taken{identities: []age.Identity{identity}, to: to, passphrase: content}, nil
}

// readKeyFile reads a file that only its owner may know. Its group may read it, since that is how
// systemd shows the access list of a service's credential.
func readKeyFile(path string) (Text, KeyFault) {
	f, err := os.Open(path)
	if err != nil {
		return Text{}, KeyMissing
	}
	defer f.Close()
	about, err := f.Stat()
	if err != nil {
		return Text{}, KeyMissing
	}
	if hasModes && about.Mode().Perm()&0o037 != 0 {
		return Text{}, KeyOpen
	}
	content, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return Text{}, KeyMissing
	}
	return New(string(bytes.TrimRight(content, "\r\n"))), ""
}
