package alert

import (
	"slices"
	"time"

	"relink/backend/integration"
)

// The limits on what a channel is told. Its notices travel, so they come later than those of the desktop.
const (
	settleFor     = 30 * time.Second // that the first incident of a group must have been open
	groupPause    = 15 * time.Minute // between two threads about the same cause
	remindEvery   = 24 * time.Hour
	remindAtMost  = 5
	severalThings = "several" // the rule of a thread about more than one cause
)

// dispatch is one message that a channel is to be sent, and the thread as it is once it was. Its kind is ""
// when there is nothing to tell, and the thread only ends.
type dispatch struct {
	kind   integration.MessageKind
	thread integration.Thread
	open   []integration.Outage   // what the message is about: all that is still broken of the thread
	ends   []integration.Reminder // or the logins that end
}

// memoryOf is what a channel was told.
type memoryOf struct {
	threads []integration.Thread
	ends    []integration.EndTold
}

// scene is what holds for all channels in one pass.
type scene struct {
	now     time.Time
	outages []integration.Outage
	ends    []integration.Reminder // logins that end soon, as they stand now …
	soon    []integration.Reminder // … and as they will when the next message about them may go out
	muted   func(integrationID string) bool
}

// dispatches turns what is broken, and what a channel was told, into what it is told now. It is a function
// of what is stored: nothing waits in a queue, so a channel that could not be reached for a day is told how
// things are then, and what came and went meanwhile is not told at all. wake is when to look again.
func dispatches(c integration.Channel, heard memoryOf, s scene) (all []dispatch, wake time.Time) {
	broken := make(map[string]integration.Outage, len(s.outages))
	for _, o := range s.outages {
		broken[o.Incident.ID] = o
	}
	said, threads := 0, heard.threads
	for _, t := range threads {
		for _, at := range []time.Time{t.ToldAt, t.RemindedAt, t.ClosedAt} {
			if age := s.now.Sub(at); !at.IsZero() && age >= 0 && age < time.Minute {
				said++
			}
		}
	}
	for _, t := range threads {
		if d, ok := followUp(t, broken, s); ok {
			all = append(all, d)
		}
	}
	fresh, wake := unheard(c, threads, s)
	all = append(all, fresh...)
	all, wake = fit(c, all, perMinute-said, s.now, wake)
	ending, next, ok := endsToTell(c, heard.ends, s)
	switch {
	case ok && said+len(all) < perMinute-1: // one place is left for what is broken
		all = append(all, ending)
	case ok:
		next = s.now.Add(time.Minute)
	}
	if !next.IsZero() {
		wake = earlier(wake, next)
	}
	return all, wake
}

// followUp is what belongs into a thread that is open: that all of it works again, or a reminder.
func followUp(t integration.Thread, broken map[string]integration.Outage, s scene) (dispatch, bool) {
	if !t.ClosedAt.IsZero() {
		return dispatch{}, false
	}
	d := dispatch{thread: t}
	left := 0
	for _, m := range t.Members {
		if o, ok := broken[m.IncidentID]; ok {
			left++
			if !o.Paused && !s.muted(m.IntegrationID) {
				d.open = append(d.open, o)
			}
		}
	}
	last := t.ToldAt
	if t.RemindedAt.After(last) {
		last = t.RemindedAt
	}
	switch {
	case len(t.Members) == 0: // the integrations were removed: that is no recovery
		d.thread.ClosedAt = s.now
	case left == 0:
		d.kind, d.thread.ClosedAt = integration.MessageRecovered, s.now
	case len(d.open) > 0 && t.Reminders < remindAtMost && s.now.Sub(last) >= remindEvery:
		d.kind, d.thread.RemindedAt, d.thread.Reminders = integration.MessageReminder, s.now, t.Reminders+1
	default:
		return dispatch{}, false
	}
	return d, true
}

// unheard groups what is broken and was not told yet: see group.
func unheard(c integration.Channel, threads []integration.Thread, s scene) (all []dispatch, wake time.Time) {
	told, named := map[string]bool{}, map[string]int{}
	spoke := map[group]time.Time{}
	for _, t := range threads {
		for _, m := range t.Members {
			told[m.IncidentID] = true
			g := groupOf(integration.Finding{Cause: t.Cause, Rule: t.Rule}, m.ProviderID)
			if t.Rule != severalThings && t.ToldAt.After(spoke[g]) {
				spoke[g] = t.ToldAt
			}
			if s.now.Sub(t.ToldAt) < memory {
				named[m.IntegrationID]++
			}
		}
	}
	var news []integration.Outage
	for _, o := range s.outages {
		i := o.Incident
		if told[i.ID] || o.Paused || i.OpenedAt.Before(c.AddedAt) || i.Finding.Cause == integration.CauseThisComputer || s.muted(i.IntegrationID) {
			continue
		}
		if until := i.OpenedAt.Add(holdFor(named[i.IntegrationID])); s.now.Before(until) {
			wake = earlier(wake, until)
			continue
		}
		news = append(news, o)
	}
	for _, open := range together(news, bondOfOutage) {
		at := open[0].Incident.OpenedAt.Add(settleFor) // they come the oldest first
		for _, o := range open {
			if last := spoke[bondOfOutage(o).group]; !last.IsZero() && at.Before(last.Add(groupPause)) {
				at = last.Add(groupPause)
			}
		}
		if s.now.Before(at) {
			wake = earlier(wake, at)
			continue
		}
		all = append(all, opening(c, open[0].Incident.Finding.Cause, open[0].Incident.Finding.Rule, open, s.now))
	}
	slices.SortStableFunc(all, func(a, b dispatch) int {
		return a.open[0].Incident.OpenedAt.Compare(b.open[0].Incident.OpenedAt)
	})
	return all, wake
}

// opening begins a thread.
func opening(c integration.Channel, cause integration.Cause, rule string, open []integration.Outage, now time.Time) dispatch {
	t := integration.Thread{ID: integration.NewID("thr_", now), ChannelID: c.ID, Cause: cause, Rule: rule, ToldAt: now}
	for _, o := range open {
		t.Members = append(t.Members, integration.ThreadMember{IncidentID: o.Incident.ID, IntegrationID: o.Incident.IntegrationID, ProviderID: o.ProviderID, Name: o.Name})
	}
	return dispatch{kind: integration.MessageBroken, thread: t, open: open}
}

// fit keeps to what may be said in a minute: what is broken and finds no room is told together in the last
// place, and the rest waits.
func fit(c integration.Channel, all []dispatch, room int, now, wake time.Time) ([]dispatch, time.Time) {
	var out, fresh []dispatch
	for _, d := range all {
		switch {
		case d.kind == "":
			out = append(out, d)
		case d.kind == integration.MessageBroken:
			fresh = append(fresh, d)
		case room > 1 || room == 1 && len(fresh) == 0:
			out = append(out, d)
			room--
		default:
			wake = earlier(wake, now.Add(time.Minute))
		}
	}
	if len(fresh) == 0 {
		return out, wake
	}
	if room <= 0 {
		return out, earlier(wake, now.Add(time.Minute))
	}
	if len(fresh) > room {
		var rest []integration.Outage
		for _, d := range fresh[room-1:] {
			rest = append(rest, d.open...)
		}
		fresh = append(fresh[:room-1:room-1], opening(c, integration.CauseUnknown, severalThings, rest, now))
	}
	return append(out, fresh...), wake
}

// holdFor is for how long an integration must stay broken before a channel hears of it again: not at all
// the first time in a day, and longer with each time.
func holdFor(named int) time.Duration {
	if named == 0 {
		return 0
	}
	return firstHold << min(named-1, 6)
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
