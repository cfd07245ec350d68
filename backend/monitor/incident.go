package monitor

import (
	"math/rand/v2"
	"time"

	"relink/backend/diagnosis"
	"relink/backend/integration"
)

// How many findings in a row it takes, and how soon the next look comes while counting.
const (
	successesToClose = 2
	confirmAfter     = time.Minute
)

// Advance turns a finding into the next state: it counts, opens and closes the incident, and plans
// the next check. A finding that could not tell (this computer is offline, the keychain is locked)
// neither counts nor changes an incident.
func Advance(last integration.State, row integration.Integration, f integration.Finding, e integration.Evidence, why Why) integration.Checked {
	next := last
	next.IntegrationID, next.Finding, next.Evidence = row.ID, f, e
	next.Status, next.CheckedAt = f.Status, e.At
	checked := integration.Checked{}
	switch f.Verdict {
	case integration.VerdictOK:
		checked.Closed = succeed(&next, e.At, why)
	case integration.VerdictFailing:
		if e.Facts.DisconnectedAt.IsZero() {
			fail(&next, f, e)
		} else {
			checked.Closed = end(&next, e.At) // a person wanted it so: nothing is broken
		}
	}
	next.Latched = f.Latch || f.Verdict == integration.VerdictUnknown && last.Latched
	next.DueAt = dueAt(next, row)
	if checked.Closed != nil {
		checked.Alerts = append(checked.Alerts, alert(integration.AlertRecovered, *checked.Closed, row, f, e.At))
	}
	if next.Incident != nil && last.Incident == nil {
		checked.Alerts = append(checked.Alerts, alert(integration.AlertBroken, *next.Incident, row, f, e.At))
	}
	checked.State = next
	return checked
}

// succeed counts a good check, and returns the incident that it ends.
func succeed(s *integration.State, at time.Time, why Why) *integration.Incident {
	s.SucceededAt, s.FailuresInARow, s.RefusedInARow = at, 0, 0
	s.SuccessesInARow++
	if s.SuccessesInARow < successesToClose && why != AfterCommit {
		return nil
	}
	return end(s, at)
}

// end closes the incident, if there is one, and returns it.
func end(s *integration.State, at time.Time) *integration.Incident {
	if s.Incident == nil {
		return nil
	}
	ended := *s.Incident
	ended.ClosedAt, ended.Ending = at, integration.EndingRepaired
	s.Incident, s.Asked = nil, nil
	return &ended
}

// Outlasted is the check that ended an incident about which nobody did anything: the same grant works
// again, so the incident was temporary, and from now on it takes one finding more before the next one
// opens. What opens at once still does.
func Outlasted(c integration.Checked) integration.Checked {
	if c.Closed == nil || c.State.Finding.Verdict != integration.VerdictOK {
		return c
	}
	ended := *c.Closed
	ended.Ending = integration.EndingTemporary
	c.Closed = &ended
	c.State.Patience = min(c.State.Patience+1, integration.MostConfirmations-integration.UsualConfirmations)
	return c
}

// fail counts a failing check and opens the incident when it is due.
func fail(s *integration.State, f integration.Finding, e integration.Evidence) {
	s.SuccessesInARow = 0
	s.FailuresInARow++
	if f.Cause == integration.CauseCommerceIntelligence {
		s.SucceededAt = e.At // our side was seen to work, theirs is behind
	}
	switch {
	case !diagnosis.CountsAsRefusal(e):
		s.RefusedInARow, s.Evidence.Facts.RefusedAt = 0, time.Time{}
	case diagnosis.RefusalIsNews(e):
		s.RefusedInARow++
		s.Evidence.Facts.RefusedAt = e.At
	}
	confirmed := f.Definitive || s.FailuresInARow >= integration.UsualConfirmations+s.Patience
	if !confirmed && f.Status != integration.StatusUnknown {
		s.Status = integration.StatusRetrying
	}
	if confirmed && s.Incident == nil {
		s.Incident = &integration.Incident{ID: integration.NewID("inc_", e.At), IntegrationID: s.IntegrationID, OpenedAt: e.At, Finding: f}
	}
}

// dueAt plans the next check: never while latched or paused, soon while a finding wants confirming,
// not before the time that the provider named, and with jitter so that many do not meet.
func dueAt(s integration.State, row integration.Integration) time.Time {
	if s.Latched || row.Paused {
		return time.Time{}
	}
	wait := jitter(row.Interval)
	counting := s.Incident == nil && s.FailuresInARow > 0 || s.Incident != nil && s.SuccessesInARow > 0
	if counting || s.Finding.Verdict == integration.VerdictUnknown {
		wait = min(wait, jitter(confirmAfter))
	}
	wait = max(wait, s.Finding.RetryAfter)
	return s.CheckedAt.Add(wait).Round(time.Second)
}

// jitter spreads a duration by ±10 %.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*rand.Float64()))
}

func alert(kind integration.AlertKind, i integration.Incident, row integration.Integration, f integration.Finding, at time.Time) integration.Alert {
	return integration.Alert{ID: integration.NewID("alr_", at), Kind: kind, IncidentID: i.ID, IntegrationID: row.ID, Name: row.Name, Finding: f, At: at}
}
