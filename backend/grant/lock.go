package grant

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"relink/backend/integration"
)

// lockPatience is how long one process waits for another that holds the same grant.
const lockPatience = 30 * time.Second

// Locks are one file per grant; the operating system frees a lock when its holder dies.
type Locks struct{ Dir string }

// Acquire waits for the grant's lock, within this process and across processes, and returns how to
// free it. After 30 s it gives up with integration.ErrBusy: not getting the lock is no licence to go on.
func (l Locks) Acquire(ctx context.Context, grantID string) (release func(), err error) {
	if err := os.MkdirAll(l.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for locks: %w", err)
	}
	file := flock.New(filepath.Join(l.Dir, grantID+".lock"), flock.SetPermissions(0o600))
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	locked, err := file.TryLockContext(ctx, 20*time.Millisecond)
	if err != nil || !locked {
		if ctx.Err() != nil {
			return nil, integration.ErrBusy
		}
		return nil, fmt.Errorf("lock the grant: %w", err)
	}
	return func() { _ = file.Unlock() }, nil
}
