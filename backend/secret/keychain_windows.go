package secret

import (
	"context"
	"errors"

	"golang.org/x/sys/windows"
)

// probeKeychain has nothing to look at: the Credential Manager is there and open while its user is
// signed in.
func probeKeychain(ctx context.Context) error { return ctx.Err() }

// unlockKeychain has nothing to unlock.
func unlockKeychain(ctx context.Context) error { return ctx.Err() }

// namedBySystem maps an error of the Credential Manager to one of Vault's; nil when it says nothing known.
func namedBySystem(err error) error {
	if errors.Is(err, windows.ERROR_NO_SUCH_LOGON_SESSION) {
		return ErrAbsent // no credential store for this kind of sign-in, such as one over the network
	}
	return nil
}
