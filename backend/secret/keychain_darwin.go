package secret

import (
	"context"
	"errors"
	"os/exec"
	"time"

	"github.com/zalando/go-keyring"
)

// probeKeychain has nothing to look at that would not itself show a dialog: the call after it tells.
func probeKeychain(ctx context.Context) error { return ctx.Err() }

// unlockKeychain reads an entry that is not there, for which macOS shows its own dialog, and waits
// for the person as long as ctx allows.
func unlockKeychain(ctx context.Context) error {
	limit := 2 * time.Minute
	if end, ok := ctx.Deadline(); ok {
		limit = time.Until(end)
	}
	_, err := newKeychain(systemItems{"relink-unlock"}, limit).bounded.get(ctx, "unlock")
	if errors.Is(err, ErrMissing) || errors.Is(err, keyring.ErrNotFound) {
		return nil
	}
	return err
}

// The exit codes of /usr/bin/security: the last byte of the OSStatus that the keychain returned.
const (
	exitInteractionNotAllowed = 36  // errSecInteractionNotAllowed, -25308: locked, and no dialog can be shown
	exitAuthFailed            = 51  // errSecAuthFailed, -25293
	exitUserCanceled          = 128 // errSecUserCanceled, -128
	exitNoSuchKeychain        = 50  // errSecNoSuchKeychain, -25294
)

// namedBySystem maps an exit of the security command to one of Vault's errors; nil when it says
// nothing known.
func namedBySystem(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		if errors.Is(err, exec.ErrNotFound) {
			return ErrAbsent
		}
		return nil
	}
	switch exit.ExitCode() {
	case exitInteractionNotAllowed:
		return ErrLocked
	case exitNoSuchKeychain:
		return ErrAbsent
	case exitAuthFailed, exitUserCanceled:
		return ErrRefused
	}
	return nil
}
