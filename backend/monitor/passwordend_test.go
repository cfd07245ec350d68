package monitor

import (
	"testing"
	"time"

	"relink/backend/integration"
)

// TestGrantLearnsWhenADatabasePasswordEnds follows what a server says: an end, a later one, none any more.
func TestGrantLearnsWhenADatabasePasswordEnds(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	g := integration.Grant{ID: "grt_1", ProviderID: "postgresql", Method: integration.MethodDatabaseLogin, UsedAt: now}
	e := integration.Evidence{ProviderID: "postgresql", Database: true, Stage: integration.StageDone}
	for _, ends := range []time.Time{now.Add(72 * time.Hour), now.Add(240 * time.Hour), {}} {
		e.Server.PasswordEnds = ends
		next := learned(g, e, now)
		if next == nil || !next.ExpiresAt.Equal(ends) {
			t.Fatalf("%s: %+v", ends, next)
		}
		g = *next
		if learned(g, e, now) != nil {
			t.Errorf("%s: the same end is news again", ends)
		}
	}
	e.Stage, e.Server.PasswordEnds = integration.StageSignIn, time.Time{}
	g.ExpiresAt = now.Add(time.Hour)
	if learned(g, e, now) != nil {
		t.Error("a failed check teaches nothing")
	}
	key := integration.Evidence{ProviderID: "stripe", Stage: integration.StageDone}
	if learned(g, key, now) != nil {
		t.Error("the answer of an API took the end of its grant away")
	}
}
