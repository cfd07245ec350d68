package alert

import (
	"cmp"
	"slices"
	"time"

	"relink/backend/integration"
	"relink/backend/locale"
)

// The limits on speaking.
const (
	perMinute   = 3                // notices at most, whatever happens
	quiet       = 3 * time.Second  // without a further alert of its kind before a group speaks
	patience    = 15 * time.Second // at most, even while further alerts keep coming
	cooldown    = 5 * time.Minute  // between two notices of one group; alerts gather meanwhile
	firstHold   = 10 * time.Minute // that an integration must stay broken before it is named again …
	memory      = 24 * time.Hour   // … within this time; each further naming doubles the hold
	offlineHold = time.Minute      // that this computer must stay offline before it is told
	lostWithin  = 10 * time.Minute // a notice this young is said again when its service died under it
	offlineID   = "offline"
	againSuffix = "_again"
)

// ledger remembers what was said. It lives as long as the process: what must outlive it is in the store.
type ledger struct {
	shown      []time.Time            // notices of the last minute
	spokeEnds  time.Time              // last notice about logins that end soon
	spoke      map[group]time.Time    // last notice of each group
	named      map[string][]time.Time // by integration: when a notice told of it
	seen       map[string]time.Time   // by waiting alert: when it was first looked at
	done       map[string]bool        // alerts dealt with that the store still lists
	open       map[string]*spoken     // by notice id
	notBefore  time.Time              // after a notice could not be shown
	offlineNow bool                   // the notice about this computer is open
	back       bool                   // the notification service came back
}

// spoken is a notice that is still about something broken.
type spoken struct {
	notice    Notice
	incidents map[string]string // by incident: the integration
	at        time.Time
	lost      bool // its service died soon after it was shown
	again     bool // it was said again, or read: not to be repeated
}

func newLedger() *ledger {
	return &ledger{spoke: map[group]time.Time{}, named: map[string][]time.Time{}, seen: map[string]time.Time{},
		done: map[string]bool{}, open: map[string]*spoken{}}
}

// mood is what holds for a whole pass.
type mood struct {
	now     time.Time
	offline bool                            // this computer
	silent  bool                            // the person switched notifications off
	quiet   bool                            // nothing is said now, but later
	muted   func(integrationID string) bool // nil: none is
}

// plan is the outcome of a pass.
type plan struct {
	withdraw []string    // notice ids
	say      []utterance // in this order
	sent     []string    // alerts that need no notice, or no further one
	wake     time.Time   // when to look again though nothing new arrived; zero: no need
}

// utterance is a notice and the alerts that it settles.
type utterance struct {
	notice Notice
	alerts []integration.Alert
	cause  integration.Cause
	repeat string // the id of the lost notice that it replaces
	ends   bool   // about logins that end soon
}

// decide turns the waiting alerts into what is said, withdrawn and settled now. It writes down what
// it has seen, but not what it plans to say: that is said's part, once the notice is out.
func decide(l *ledger, waiting []integration.Alert, m mood, p locale.Printer) plan {
	var out plan
	l.forget(waiting, m.now)
	waiting = l.undone(waiting, &out)
	broken := l.settleRecovered(waiting, &out)
	l.settleOnline(waiting, m, p, &out)
	if m.silent {
		out.sent = append(append(out.sent, ids(broken)...), ids(ending(waiting))...)
		return out
	}
	if m.offline || m.quiet {
		return out
	}
	if m.muted != nil {
		broken = slices.DeleteFunc(broken, func(a integration.Alert) bool { return m.muted(a.IntegrationID) })
	}
	if m.now.Before(l.notBefore) {
		out.wakeAt(l.notBefore)
		return out
	}
	l.repeatLost(&out)
	l.speakOfEnds(waiting, m.now, p, &out)
	l.speak(l.ready(broken, m.now, &out), m.now, p, &out)
	return out
}

// forget drops what is too old to matter.
func (l *ledger) forget(waiting []integration.Alert, now time.Time) {
	old := func(age time.Duration) func(time.Time) bool {
		return func(t time.Time) bool { return now.Sub(t) >= age }
	}
	l.shown = slices.DeleteFunc(l.shown, old(time.Minute))
	for g, at := range l.spoke {
		if old(cooldown)(at) {
			delete(l.spoke, g)
		}
	}
	for id, times := range l.named {
		if l.named[id] = slices.DeleteFunc(times, old(memory)); len(l.named[id]) == 0 {
			delete(l.named, id)
		}
	}
	listed := make(map[string]bool, len(waiting))
	for _, a := range waiting {
		listed[a.ID] = true
		if _, ok := l.seen[a.ID]; !ok {
			l.seen[a.ID] = now
		}
	}
	for id := range l.seen {
		if !listed[id] {
			delete(l.seen, id)
			delete(l.done, id)
		}
	}
}

// undone leaves out the alerts that were dealt with but that the store could not mark yet.
func (l *ledger) undone(waiting []integration.Alert, out *plan) []integration.Alert {
	var left []integration.Alert
	for _, a := range waiting {
		if l.done[a.ID] {
			out.sent = append(out.sent, a.ID)
		} else {
			left = append(left, a)
		}
	}
	return left
}

// settleRecovered withdraws what is over, and returns the alerts that are still about something broken.
func (l *ledger) settleRecovered(waiting []integration.Alert, out *plan) []integration.Alert {
	over, waited := map[string]bool{}, map[string]bool{}
	for _, a := range waiting {
		over[a.IncidentID] = over[a.IncidentID] || a.Kind == integration.AlertRecovered
		waited[a.IncidentID] = waited[a.IncidentID] || a.Kind == integration.AlertBroken
	}
	var broken []integration.Alert
	for _, a := range waiting {
		switch {
		case a.Kind == integration.AlertRecovered:
			out.sent = append(out.sent, a.ID)
			if !waited[a.IncidentID] {
				out.withdraw = append(out.withdraw, l.close(a.IncidentID)...)
			}
		case a.Kind == integration.AlertBroken && over[a.IncidentID]:
			out.sent = append(out.sent, a.ID)
		case a.Kind == integration.AlertBroken:
			broken = append(broken, a)
		}
	}
	return broken
}

// close takes an incident out of its notice, and returns the notices that are about nothing any
// more. An incident that this process never told of may have been told before a restart.
func (l *ledger) close(incident string) []string {
	for id, s := range l.open {
		if _, ok := s.incidents[incident]; !ok {
			continue
		}
		delete(s.incidents, incident)
		if len(s.incidents) > 0 {
			return nil
		}
		delete(l.open, id)
		return []string{id}
	}
	return []string{incident}
}

// settleOnline tells once that this computer is offline, after a while, and takes it back.
func (l *ledger) settleOnline(waiting []integration.Alert, m mood, p locale.Printer, out *plan) {
	var last *integration.Alert
	for i, a := range waiting {
		if a.Kind != integration.AlertOffline && a.Kind != integration.AlertOnline {
			continue
		}
		if last != nil {
			out.sent = append(out.sent, last.ID)
		}
		last = &waiting[i]
	}
	switch {
	case last == nil:
	case last.Kind == integration.AlertOnline:
		out.sent = append(out.sent, last.ID)
		if l.offlineNow {
			out.withdraw, l.offlineNow = append(out.withdraw, offlineID), false
		}
	case l.offlineNow || m.silent || m.quiet:
		out.sent = append(out.sent, last.ID)
	case m.now.Sub(l.seen[last.ID]) < offlineHold:
		out.wakeAt(l.seen[last.ID].Add(offlineHold))
	case m.now.Before(l.notBefore):
		out.wakeAt(l.notBefore)
	default:
		out.say = append(out.say, utterance{notice: offline(p), alerts: []integration.Alert{*last}})
	}
}

// ready groups the alerts, and returns the groups whose time to speak has come, the gravest first.
func (l *ledger) ready(broken []integration.Alert, now time.Time, out *plan) []utterance {
	var held []integration.Alert
	for _, a := range broken {
		if until := l.seen[a.ID].Add(l.hold(a.IntegrationID)); now.Before(until) {
			out.wakeAt(until)
			continue
		}
		held = append(held, a)
	}
	var due []utterance
	for _, alerts := range together(held, bondOf) {
		if at := l.turn(alerts); now.Before(at) {
			out.wakeAt(at)
			continue
		}
		due = append(due, utterance{alerts: alerts, cause: alerts[0].Finding.Cause})
	}
	slices.SortStableFunc(due, func(a, b utterance) int {
		return cmp.Or(cmp.Compare(severity(b.alerts), severity(a.alerts)), a.alerts[0].At.Compare(b.alerts[0].At))
	})
	return due
}

// hold is for how long an integration must stay broken before it is told of: not at all the first
// time, and longer each time that it was told of in the last day.
func (l *ledger) hold(id string) time.Duration {
	n := len(l.named[id])
	if n == 0 {
		return 0
	}
	return firstHold << min(n-1, 6)
}

// turn is when a group speaks: once its storm is over or has lasted long enough, and not soon after
// it spoke.
func (l *ledger) turn(alerts []integration.Alert) time.Time {
	oldest, youngest := l.seen[alerts[0].ID], l.seen[alerts[0].ID]
	for _, a := range alerts {
		if at := l.seen[a.ID]; at.Before(oldest) {
			oldest = at
		} else if at.After(youngest) {
			youngest = at
		}
	}
	at := youngest.Add(quiet)
	if latest := oldest.Add(patience); latest.Before(at) {
		at = latest
	}
	for _, a := range alerts {
		if spoke, ok := l.spoke[bondOf(a).group]; ok && at.Before(spoke.Add(cooldown)) {
			at = spoke.Add(cooldown)
		}
	}
	return at
}

// speak words as many groups as may be told this minute; the last notice takes together whatever
// would not find room.
func (l *ledger) speak(due []utterance, now time.Time, p locale.Printer, out *plan) {
	room := perMinute - len(l.shown) - len(out.say)
	if len(due) == 0 {
		return
	}
	if room <= 0 {
		out.wakeAt(l.roomAt(now))
		return
	}
	if len(due) > room {
		rest := utterance{cause: integration.CauseUnknown}
		for _, u := range due[room-1:] {
			rest.alerts = append(rest.alerts, u.alerts...)
		}
		due = append(due[:room-1:room-1], rest)
	}
	for _, u := range due {
		if len(u.alerts) == 1 {
			u.notice = single(p, u.alerts[0])
		} else {
			u.notice = several(p, u.alerts, u.cause)
		}
		out.say = append(out.say, u)
	}
}

// roomAt is when the oldest notice of the last minute stops counting.
func (l *ledger) roomAt(now time.Time) time.Time {
	if len(l.shown) == 0 {
		return now.Add(time.Minute)
	}
	return l.shown[0].Add(time.Minute)
}

// repeatLost plans to say again, once, what was lost with a notification service that is back: the
// newest notices, as many as may be shown now.
func (l *ledger) repeatLost(out *plan) {
	if !l.back {
		return
	}
	l.back = false
	var lost []*spoken
	for _, s := range l.open {
		if s.lost {
			lost = append(lost, s)
			s.lost, s.again = false, true
		}
	}
	slices.SortFunc(lost, func(a, b *spoken) int { return b.at.Compare(a.at) })
	for _, s := range lost[:min(len(lost), max(0, perMinute-len(l.shown)-len(out.say)))] {
		n := s.notice
		n.ID += againSuffix
		out.say = append(out.say, utterance{notice: n, repeat: s.notice.ID})
	}
}

// said writes down that a notice is out.
func (l *ledger) said(u utterance, now time.Time) {
	l.shown = append(l.shown, now)
	for _, a := range u.alerts {
		l.done[a.ID] = true
	}
	if u.notice.ID == offlineID {
		l.offlineNow = true
		return
	}
	if u.ends {
		l.saidEnds(u, now)
		return
	}
	if lost := l.open[u.repeat]; lost != nil {
		delete(l.open, u.repeat)
		l.open[u.notice.ID] = &spoken{notice: u.notice, incidents: lost.incidents, at: now, again: true}
		return
	}
	s := &spoken{notice: u.notice, incidents: map[string]string{}, at: now}
	for _, a := range u.alerts {
		s.incidents[a.IncidentID] = a.IntegrationID
		l.named[a.IntegrationID] = append(l.named[a.IntegrationID], now)
		l.spoke[bondOf(a).group] = now
	}
	l.open[u.notice.ID] = s
}

func (out *plan) wakeAt(t time.Time) {
	if out.wake.IsZero() || t.Before(out.wake) {
		out.wake = t
	}
}

func severity(alerts []integration.Alert) int {
	worst := 0
	for _, a := range alerts {
		worst = max(worst, a.Finding.Status.Severity())
	}
	return worst
}

func ids(alerts []integration.Alert) []string {
	all := make([]string, len(alerts))
	for i, a := range alerts {
		all[i] = a.ID
	}
	return all
}
