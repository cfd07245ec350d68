package grant_test

import (
	"fmt"
	"testing"
	"time"

	"relink/backend/catalog"
	"relink/backend/grant"
	"relink/backend/integration"
)

func TestR10GrantsOfOneMomentDoNotMeetAtTheTokenEndpoint(t *testing.T) {
	const grants = 1000
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	perSecond := map[int64]int{}
	var first, last time.Time
	for i := range grants {
		g := integration.Grant{ID: fmt.Sprintf("grt_%05d", i), Version: 3, ObtainedAt: now, RenewedAt: now, AccessExpiresAt: now.Add(time.Hour)}
		at, ok := grant.RenewAt(g, catalog.Lifetime{}, now)
		if !ok || at.Before(now.Add(45*time.Minute)) || at.After(now.Add(52*time.Minute)) {
			t.Fatalf("%s is renewed at %s, %v", g.ID, at, ok)
		}
		perSecond[at.Unix()]++
		if first.IsZero() || at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
		next := g
		next.Version++
		if again, _ := grant.RenewAt(next, catalog.Lifetime{}, now); again.Equal(at) {
			t.Errorf("%s is renewed at the same moment of every hour", g.ID)
		}
	}
	most := 0
	for _, n := range perSecond {
		most = max(most, n)
	}
	if mean := grants / last.Sub(first).Seconds(); float64(most) > 3*mean {
		t.Errorf("%d renewals in one second, %.1f on average", most, mean)
	}
}

func TestRenewalIsDueBeforeTheEnd(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	for _, c := range []struct {
		name            string
		access, idle    time.Duration // from the renewal; 0 for none
		from, to        time.Duration // of the moment, from the renewal
		unused, none    bool
		renewal         *integration.Renewal
		renewedInFuture bool
	}{
		{name: "an hour: a fifth before", access: time.Hour, from: 48 * time.Minute, to: 51 * time.Minute},
		{name: "half a minute: ten seconds before", access: 30 * time.Second, from: 20 * time.Second, to: 23 * time.Second},
		{name: "half a day: 15 minutes before", access: 12 * time.Hour, from: 12*time.Hour - 15*time.Minute, to: 12*time.Hour - 11*time.Minute},
		{name: "dies of disuse: once a day", access: 12 * day, idle: 90 * day, from: 18 * time.Hour, to: day},
		{name: "dies of a day's disuse: at half of it", access: 12 * day, idle: day, from: 9 * time.Hour, to: 12 * time.Hour},
		{name: "unused: an hour may pass", access: time.Hour, unused: true, none: true},
		{name: "unused, dies of disuse: once a day", access: time.Hour, idle: 90 * day, unused: true, from: 18 * time.Hour, to: day},
		{name: "nothing is known", none: true},
		{name: "interrupted: at once", renewal: &integration.Renewal{}, to: -365 * day},
		{name: "lost: never", access: time.Hour, renewal: &integration.Renewal{Lost: true}, none: true},
		{name: "renewed in the future: at once", access: time.Hour, renewedInFuture: true, to: -365 * day},
	} {
		g := integration.Grant{ID: "grt_a", Version: 1, RenewedAt: now, Renewal: c.renewal}
		if c.renewedInFuture {
			g.RenewedAt = now.Add(2 * day)
		}
		if c.access > 0 {
			g.AccessExpiresAt = g.RenewedAt.Add(c.access)
		}
		due := grant.RenewAt
		if c.unused {
			due = grant.KeepAliveAt
		}
		at, ok := due(g, catalog.Lifetime{Idle: catalog.Duration(c.idle)}, now)
		if ok == c.none || ok && (c.to > 0 && at.Before(now.Add(c.from)) || at.After(now.Add(c.to))) {
			t.Errorf("%s: due at %s, %v", c.name, at, ok)
		}
	}
}
