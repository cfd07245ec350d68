package grant

import (
	"hash/fnv"
	"strconv"
	"time"

	"relink/backend/catalog"
	"relink/backend/integration"
)

// How long before its end an access token is renewed at the most, how often a grant that dies of
// disuse is used at the least, and from how far in the future on a stored moment tells of a clock that
// was set back since.
const (
	longestMargin  = 15 * time.Minute
	longLife       = 7 * 24 * time.Hour // of an access token from which on the margin is a fifth, unbounded
	shortestMargin = 10 * time.Second
	longestIdle    = 24 * time.Hour
	clockSlack     = time.Minute
)

// RenewAt is when a grant wants to be renewed; ok is false when nothing stored asks for it. That is
// before the access token's end by 15 minutes or a fifth of its life, whichever is less, and by the fifth
// where it lives longer than a week: a computer that was off at its end would find it gone. And, where an
// unused grant dies, after a day or half of that time. Both are up to a quarter of the margin late, by
// grant and version, so that grants of the same moment do not meet at the token endpoint. An interrupted
// renewal is due at once; so is a grant renewed in what is now the future, whose times were taken from
// another clock.
func RenewAt(g integration.Grant, life catalog.Lifetime, now time.Time) (at time.Time, ok bool) {
	if !g.DisconnectedAt.IsZero() {
		return time.Time{}, false
	}
	if g.Renewal != nil {
		return time.Time{}, !g.Renewal.Lost
	}
	began := g.RenewedAt
	if began.IsZero() {
		began = g.ObtainedAt
	}
	if end := g.AccessExpiresAt; !end.IsZero() {
		life := end.Sub(began)
		margin := max(min(longestMargin, life/5), shortestMargin)
		if life > longLife {
			margin = life / 5
		}
		at, ok = end.Add(-margin).Add(spread(g, margin/4)), true
	}
	if idle := time.Duration(life.Idle); idle > 0 && !began.IsZero() {
		wait := min(longestIdle, idle/2)
		if used := began.Add(wait - spread(g, wait/4)); !ok || used.Before(at) {
			at, ok = used, true
		}
	}
	if ok && began.After(now.Add(clockSlack)) {
		return time.Time{}, true
	}
	return at, ok
}

// KeepAliveAt is RenewAt for a grant that nobody uses at the moment, as a paused integration's: an access
// token of a day or less may end, because the refresh token outlives it. Every renewal that is not made
// cannot be lost.
func KeepAliveAt(g integration.Grant, life catalog.Lifetime, now time.Time) (at time.Time, ok bool) {
	began := g.RenewedAt
	if began.IsZero() {
		began = g.ObtainedAt
	}
	if g.AccessExpiresAt.Sub(began) <= longestIdle {
		g.AccessExpiresAt = time.Time{}
	}
	return RenewAt(g, life, now)
}

// spread is this grant's part of d, another one for each version.
func spread(g integration.Grant, d time.Duration) time.Duration {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(g.ID + "/" + strconv.Itoa(g.Version))) // it returns no error
	return time.Duration(float64(d) * float64(sum.Sum32()) / (1 << 32))
}
