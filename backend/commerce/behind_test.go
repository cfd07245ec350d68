package commerce

import (
	"testing"
	"time"

	"relink/backend/integration"
)

func TestOnlyWhatAPersonSawBehindOpensAnIncidentAndOnlyWhatTheySawCurrentEndsIt(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	open := &integration.Incident{ID: "inc_1", IntegrationID: "int_1", OpenedAt: now.Add(-time.Hour), Theirs: true}
	for _, r := range rules {
		s := Side{Status: r.side, Rule: r.name}
		if r.side == behind {
			s.Cause = integration.CauseCommerceIntelligence
		}
		p := Place{Integration: integration.Integration{ID: "int_1", Name: "Ads"}, On: true, Side: s}
		turn, ok := Turn(p, now)
		if ok != (r.name == "data-behind") {
			t.Errorf("%s: opens %v", r.name, ok)
		}
		if ok && (turn.Alert.Kind != integration.AlertBroken || turn.Alert.IncidentID != turn.Incident.ID || !turn.Incident.Theirs || turn.Incident.Finding.Cause != integration.CauseCommerceIntelligence) {
			t.Errorf("%s: opens %+v", r.name, turn)
		}
		p.Open = open
		turn, ok = Turn(p, now)
		if ok != (r.side == connected) {
			t.Errorf("%s: ends %v", r.name, ok)
		}
		if ok && (turn.Alert.Kind != integration.AlertRecovered || turn.Alert.IncidentID != "inc_1" || turn.Dropped || !turn.Incident.ClosedAt.Equal(now)) {
			t.Errorf("%s: ends with %+v", r.name, turn)
		}
		p.On = false
		if turn, ok = Turn(p, now); !ok || !turn.Dropped || turn.Alert.Kind != integration.AlertRecovered {
			t.Errorf("%s: what does not live there any more leaves %+v", r.name, turn)
		}
	}
}

func TestAnIncidentThereWasRepairedWhenSomebodyDidTheStepsAfterItOpened(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	p := Place{On: true, Side: Side{Status: connected, Rule: "data-current"}, Open: &integration.Incident{ID: "inc_1", OpenedAt: now.Add(-time.Hour)}}
	for done, want := range map[time.Duration]integration.Ending{-2 * time.Hour: integration.EndingTemporary, -time.Minute: integration.EndingRepaired} {
		p.Their.Steps = map[string]time.Time{StepButton: now.Add(done), StepAgain: now.Add(done)}
		if turn, _ := Turn(p, now); turn.Incident.Ending != want {
			t.Errorf("done %s ago: %q, want %q", -done, turn.Incident.Ending, want)
		}
	}
}
