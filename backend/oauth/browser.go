package oauth

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// openLimit is how long a program that opens the browser may take to say that it failed.
const openLimit = 3 * time.Second

// What OpenBrowser can answer, beside an address that is refused.
var (
	ErrNoBrowser   = errors.New("no program that opens a browser was found")
	ErrBrowserSlow = errors.New("the program that opens the browser has not ended yet") // it may have worked
)

// OpenBrowser opens the address in the system's browser (RFC 8252 section 8.12), as one argument of
// one program, without a shell. The address must be https, or http on a loopback address, and its
// host one of allowedHosts. An error means that the person must be shown the address; it comes
// within 3 s.
func OpenBrowser(ctx context.Context, address string, allowedHosts []string) error {
	u, err := safeURL(address)
	if err == nil && !onList(u, allowedHosts) {
		err = errAddressHost
	}
	if err != nil {
		return fmt.Errorf("open the browser: %w", err)
	}
	argv, err := opener(address, os.Getenv)
	if err != nil {
		return err
	}
	// Not bound to ctx: the program may be the browser itself, which stays.
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = environ()
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("open the browser: %w", errors.Unwrap(err))
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // ends with the program, which is not ours to end
	timer := time.NewTimer(openLimit)
	defer timer.Stop()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("open the browser: %w", err)
		}
		return nil
	case <-timer.C:
		return ErrBrowserSlow
	case <-ctx.Done():
		return ctx.Err()
	}
}

// environ is our environment without our own settings, which are nobody else's business.
func environ() []string {
	var kept []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "RELINK_") {
			kept = append(kept, entry)
		}
	}
	return kept
}
