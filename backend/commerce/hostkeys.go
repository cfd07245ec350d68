package commerce

import (
	"time"

	"relink/backend/integration"
)

// What Adobe's page on SSH host key verification says: wait a few minutes before Save & Test, two
// refreshes, then support; or support after 15 to 30 minutes without a change.
const (
	keysWait     = 5 * time.Minute
	keysAttempts = 2
	keysPatience = 30 * time.Minute
)

// KeyState is what is to be done next about the SSH host keys there.
type KeyState string

// The states. The locale keys are theirs.keys.STATE.
const (
	KeysRefresh KeyState = "refresh" // press Refresh SSH Host Keys: attempt 1 or 2
	KeysWait    KeyState = "wait"    // until a moment
	KeysTest    KeyState = "test"    // Save & Test now
	KeysPassed  KeyState = "passed"
	KeysTicket  KeyState = "ticket" // it is time for support
)

// KeyStage is where a person stands with the SSH host keys there.
type KeyStage struct {
	State   KeyState
	Attempt int       // 1 or 2: of the refresh that is next, or under way
	Of      int       // how many there are
	Until   time.Time // of the wait
}

// Keys says where a person stands.
func Keys(k integration.KeyRefresh, now time.Time) KeyStage {
	n := len(k.Refreshes)
	stage := KeyStage{Attempt: max(n, 1), Of: keysAttempts}
	if n == 0 {
		stage.State = KeysRefresh
		return stage
	}
	last := k.Refreshes[n-1]
	tested := k.TestedAt.After(last)
	switch {
	case tested && k.Passed:
		stage.State = KeysPassed
	case tested && n >= keysAttempts, now.Sub(k.Refreshes[0]) >= keysPatience:
		stage.State = KeysTicket
	case tested:
		stage.State, stage.Attempt = KeysRefresh, n+1
	case now.Before(last.Add(keysWait)):
		stage.State, stage.Until = KeysWait, last.Add(keysWait)
	default:
		stage.State = KeysTest
	}
	return stage
}

// Refreshed notes that Refresh SSH Host Keys was pressed there. What ended before, well or at support,
// begins anew; the wait after one that was pressed just now goes on.
func Refreshed(k integration.KeyRefresh, now time.Time) integration.KeyRefresh {
	switch Keys(k, now).State {
	case KeysPassed, KeysTicket:
		return integration.KeyRefresh{Refreshes: []time.Time{now}}
	case KeysWait:
		return k
	}
	k.Refreshes = append(append([]time.Time{}, k.Refreshes...), now)
	if len(k.Refreshes) > keysAttempts {
		k.Refreshes = k.Refreshes[:keysAttempts]
	}
	return k
}

// Tested notes how Save & Test ended there.
func Tested(k integration.KeyRefresh, passed bool, now time.Time) integration.KeyRefresh {
	if len(k.Refreshes) == 0 {
		k.Refreshes = []time.Time{now}
	}
	k.TestedAt, k.Passed = now, passed
	if last := k.Refreshes[len(k.Refreshes)-1]; !k.TestedAt.After(last) {
		k.TestedAt = last.Add(time.Millisecond)
	}
	return k
}
