// Package script answers what the bench's target says to whom, and which verdict is therefore the true one.
//
// # Why
// A fast wrong answer is worth nothing, so target and harness share one script: the target plays it,
// and the harness compares every recorded verdict with it.
package script

import (
	"fmt"
	"time"
)

// Latency is how long the target takes for an answer.
const Latency = 20 * time.Millisecond

// AtOnce is how many checks may run at once, in the floor and in the candidate.
const AtOnce = 50

// BodySize is the length of a good answer in bytes.
const BodySize = 48

// Answer is what the target does with a request.
type Answer string

// The answers.
const (
	OK          Answer = "ok"
	Expired     Answer = "expired"     // 401, with a documented code
	Revoked     Answer = "revoked"     // 401, with another one
	Unavailable Answer = "unavailable" // 503
	Silent      Answer = "silent"      // no answer within any deadline
	Page        Answer = "page"        // 200, but a web page
)

// Mixed says whether a mode of the target is the mixed one; the other, "ok", is all good.
func Mixed(mode string) bool { return mode == "mixed" }

// For returns the answer for the n-th integration: in the mixed mode 90 % ok, 4 % expired, 2 %
// revoked, 2 % unavailable, 1 % silent, 1 % a web page.
func For(mode string, n int) Answer {
	if !Mixed(mode) {
		return OK
	}
	switch k := n % 100; {
	case k < 90:
		return OK
	case k < 94:
		return Expired
	case k < 96:
		return Revoked
	case k < 98:
		return Unavailable
	case k < 99:
		return Silent
	}
	return Page
}

// Truth is the verdict and the causes that are true for an answer, in Relink's words.
func (a Answer) Truth() (verdict string, causes []string) {
	switch a {
	case OK:
		return "ok", []string{""}
	case Expired:
		return "failing", []string{"expired"}
	case Revoked:
		return "failing", []string{"account_change"}
	case Unavailable, Silent:
		return "failing", []string{"third_party"}
	}
	// A web page in place of the answer may come from the service or from a device on the way: what
	// must not be said is that the grant is bad, or that all is well.
	return "", []string{"third_party", "this_computer", "unknown"}
}

// Body is the good answer for the n-th integration, BodySize bytes of JSON.
func Body(n int) string {
	return fmt.Sprintf("%-*s", BodySize, fmt.Sprintf(`{"id":"acct-%06d","name":"Shop %06d"}`, n, n))
}

// Path is where the target answers for the n-th integration.
func Path(n int) string { return fmt.Sprintf("/check/%d", n) }
