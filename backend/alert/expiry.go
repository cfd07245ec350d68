package alert

import (
	"slices"
	"strconv"
	"time"

	"relink/backend/integration"
	"relink/backend/locale"
)

// Ends are told quietly: all that wait are one notice, and the next one comes hours later.
const endsCooldown = 4 * time.Hour

// steps are how long before its end a grant is told of, the last one first.
func steps() []int { return []int{1, 3, 7} }

// End is a grant whose end may be known, and an integration that uses it.
type End struct {
	Grant       integration.Grant
	Integration integration.Integration
}

// Reminders are what is to be said about ends that are near: for each grant the step that it has come
// to, through the first of its integrations by name. A step that is not shorter than the grant's whole
// life is left out: a login that lives for seven days is not news on its first.
func Reminders(ends []End, now time.Time) []integration.Reminder {
	users := map[string]End{}
	for _, e := range ends {
		if known, ok := users[e.Grant.ID]; !ok || e.Integration.Name < known.Integration.Name {
			users[e.Grant.ID] = e
		}
	}
	var all []integration.Reminder
	for id, e := range users {
		end := e.Grant.ExpiresAt
		days := stepAt(e.Grant, now)
		if days == 0 {
			continue
		}
		all = append(all, integration.Reminder{GrantID: id, EndsAt: end, Days: days, Alert: integration.Alert{
			ID: integration.NewID("alr_", now), Kind: integration.AlertExpires, IncidentID: integration.EndID(id),
			IntegrationID: e.Integration.ID, Name: e.Integration.Name, At: now,
			Finding: integration.Finding{Next: repairOf(e.Grant.Method), Args: map[string]string{"expiresAt": end.UTC().Format(time.RFC3339)}},
		}})
	}
	slices.SortFunc(all, func(a, b integration.Reminder) int { return a.EndsAt.Compare(b.EndsAt) })
	return all
}

// stepAt is the shortest step that the grant has come to, 0 for none.
func stepAt(g integration.Grant, now time.Time) int {
	left := g.ExpiresAt.Sub(now)
	if g.ExpiresAt.IsZero() || !g.DisconnectedAt.IsZero() || left <= 0 {
		return 0
	}
	for _, days := range steps() {
		before := time.Duration(days) * 24 * time.Hour
		if left <= before && (g.ObtainedAt.IsZero() || before < g.ExpiresAt.Sub(g.ObtainedAt)) {
			return days
		}
	}
	return 0
}

func repairOf(m integration.Method) integration.NextStep {
	switch m {
	case integration.MethodOAuth2Code, integration.MethodOAuth2Device, integration.MethodOAuth1:
		return integration.NextReconnect
	}
	return integration.NextUpdateCredentials
}

// ending are the alerts about ends.
func ending(waiting []integration.Alert) []integration.Alert {
	var all []integration.Alert
	for _, a := range waiting {
		if a.Kind == integration.AlertExpires {
			all = append(all, a)
		}
	}
	return all
}

// speakOfEnds plans one notice for all ends that wait, after what is broken had its turn. What is past
// by the time that it could be said is not said.
func (l *ledger) speakOfEnds(waiting []integration.Alert, now time.Time, p locale.Printer, out *plan) {
	var due []integration.Alert
	for _, a := range ending(waiting) {
		if end, err := time.Parse(time.RFC3339, a.Finding.Args["expiresAt"]); err == nil && end.After(now) {
			due = append(due, a)
		} else {
			out.sent = append(out.sent, a.ID)
		}
	}
	if len(due) == 0 {
		return
	}
	if again := l.spokeEnds.Add(endsCooldown); !l.spokeEnds.IsZero() && now.Before(again) && l.spokeEnds.Before(now.Add(endsCooldown)) {
		out.wakeAt(again)
		return
	}
	if len(l.shown)+len(out.say) >= perMinute-1 { // one place is left for what is broken
		out.wakeAt(l.roomAt(now))
		return
	}
	out.say = append(out.say, utterance{notice: endsNotice(p, due), alerts: due, ends: true})
}

// endsNotice words it: the end that comes first is named.
func endsNotice(p locale.Printer, due []integration.Alert) Notice {
	first := due[0]
	if len(due) == 1 {
		n := Notice{ID: first.IncidentID, IntegrationID: first.IntegrationID}
		n.Title = p.T("notice.ends.title", "integration", clean(first.Name))
		n.Body = p.T("notice.ends.body", "expiresAt", first.Finding.Args["expiresAt"])
		n.setAction(action(p, repair(first.Finding.Next)))
		return n
	}
	n := Notice{ID: "group_" + first.IncidentID}
	n.Title = p.T("notice.ends.group", "count", strconv.Itoa(len(due)))
	n.Body = names(p, due) + "\n" + p.T("notice.ends.first", "expiresAt", first.Finding.Args["expiresAt"])
	n.setAction(action(p, ActionOpen))
	return n
}

// saidEnds writes down that a notice about ends is out. It does not count as word of something broken.
func (l *ledger) saidEnds(u utterance, now time.Time) {
	l.spokeEnds = now
	s := &spoken{notice: u.notice, incidents: map[string]string{}, at: now}
	for _, a := range u.alerts {
		s.incidents[a.IncidentID] = a.IntegrationID
	}
	l.open[u.notice.ID] = s
}
