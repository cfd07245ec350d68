package commerce

import (
	"time"

	"relink/backend/integration"
)

// Place is an integration with all that is known of its place inside Commerce Intelligence.
type Place struct {
	Integration integration.Integration
	On          bool // it lives there, too
	Side        Side
	Their       integration.Their
	Args        map[string]string     // for the sentences of the side's rule
	Open        *integration.Incident // of the other side, nil for none
}

// opens is the row that opens an incident of one integration. That an update fails or is late is one thing
// for all of an account, and the check of the account opens its incident; that the next update is awaited
// is what a person knows who has just done the steps.
const opens = "data-behind"

// Turn is what a look at an integration changes about the incident of its other side; ok is false for
// nothing. It ends when a person saw that data arrives again: neither our side nor a completed update
// tells. What does not live there any more was no incident.
func Turn(p Place, now time.Time) (turn integration.TheirTurn, ok bool) {
	switch {
	case p.Open != nil && !p.On:
		turn.Incident, turn.Dropped = *p.Open, true
	case p.Open != nil && p.Side.Status == connected:
		turn.Incident = *p.Open
		turn.Incident.ClosedAt, turn.Incident.Ending = now, integration.EndingTemporary
		if DoneAt(p.Their).After(p.Open.OpenedAt) {
			turn.Incident.Ending = integration.EndingRepaired
		}
	case p.Open == nil && p.On && p.Side.Rule == opens:
		turn.Incident = integration.Incident{
			ID: integration.NewID("inc_", now), IntegrationID: p.Integration.ID, OpenedAt: now, Theirs: true,
			Finding: integration.Finding{
				Verdict: integration.VerdictFailing, Cause: p.Side.Cause, Rule: p.Side.Rule, Status: p.Side.Status,
				Confidence: integration.Certain, Next: integration.NextAskOwner, Definitive: true, Args: p.Args,
			},
		}
	default:
		return turn, false
	}
	n := turn.Incident
	turn.Alert = integration.Alert{ID: integration.NewID("alr_", now), Kind: integration.AlertRecovered, IncidentID: n.ID,
		IntegrationID: n.IntegrationID, Name: p.Integration.Name, Finding: n.Finding, At: now}
	if n.ClosedAt.IsZero() && !turn.Dropped {
		turn.Alert.Kind = integration.AlertBroken
	}
	return turn, true
}
