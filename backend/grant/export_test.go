package grant

import "time"

// SetPatience shortens the wait for a vault that does not take a renewed token.
func (k *Keeper) SetPatience(d time.Duration) { k.patience = d }
