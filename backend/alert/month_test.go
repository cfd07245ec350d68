package alert_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"relink/backend/alert"
	"relink/backend/commerce"
	"relink/backend/diagnosis"
	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/monitor"
	"relink/backend/store"
)

// The simulated month: 200 integrations at 20 services, checked every six hours, and sooner while something
// wants confirming. Evidence is what a probe would have seen of the world at that moment; everything
// behind it is the real thing: diagnosis, incidents, database, desktop and channels.
const (
	monthDays = 30
	crowd     = 200
	services  = 20
	interval  = 6 * time.Hour
	step      = 4 * time.Minute // the clock moves by this at least
)

var monthStart = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// trouble is one thing that goes wrong with the world, from and until.
type trouble struct {
	from, until time.Time
	kind        string // outage, revoked, flapping, bare401
	who         func(n int) bool
}

// month is the world, the clock and all parts.
type month struct {
	t        *testing.T
	now      time.Time
	store    *store.Store
	courier  *alert.Courier
	outbox   *alert.Outbox
	troubles []trouble
	away     []trouble // asleep or offline
	states   []integration.State
	rows     []integration.Integration
	mu       sync.Mutex
	sent     []sentMessage
	notices  []alert.Notice
	flaky    int // channel deliveries that fail before one works
	offline  bool
	checks   int
	theirs   map[int]integration.Their
}

type sentMessage struct {
	integration.Message
	channel string
	at      time.Time
}

func TestMonthOf200IntegrationsTellsEachIncidentOnceAndNeverOffline(t *testing.T) {
	m := newMonth(t)
	m.live(monthStart.AddDate(0, 0, monthDays))
	m.everyIncidentEnded()
	m.eachToldOnce()
	m.nothingWhenItMustNot()
	m.longOnesWereTold()
	m.theOtherSideWasTold()
	m.endsWereTold()
	t.Logf("%d checks, %d messages, %d notices", m.checks, len(m.sent), len(m.notices))
}

func newMonth(t *testing.T) *month {
	t.Helper()
	m := &month{t: t, now: monthStart, theirs: map[int]integration.Their{}, states: make([]integration.State, crowd), rows: make([]integration.Integration, crowd)}
	var err error
	m.store, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "relink"), store.Options{Now: m.clock})
	check(t, err)
	t.Cleanup(func() { _ = m.store.Close() })
	for n := range crowd {
		g := integration.Grant{ID: fmt.Sprintf("grt_%d", n), Method: integration.MethodOAuth2Code}
		m.rows[n] = integration.Integration{ID: fmt.Sprintf("int_%d", n), Name: fmt.Sprintf("Source %d", n), ProviderID: fmt.Sprintf("service-%d", n%services), Interval: interval, GrantID: g.ID}
		if n == account {
			m.rows[n].Name, m.rows[n].ProviderID = "Warehouse", commerce.ProviderID
		}
		m.states[n] = integration.State{IntegrationID: m.rows[n].ID, DueAt: monthStart.Add(time.Duration(n) * interval / crowd)}
		check(t, m.store.Add(t.Context(), m.rows[n], g, m.states[n], integration.Act{}))
	}
	for _, id := range []string{"slack", "mail"} {
		check(t, m.store.AddChannel(t.Context(), integration.Channel{ID: id, Kind: integration.ChannelSlack, Name: id, AddedAt: monthStart}))
	}
	sentences, err := locale.Load()
	check(t, err)
	printer := func() locale.Printer { return sentences.At(m.clock, time.UTC).In(locale.English) }
	night, _ := alert.ParseQuiet("22:00-06:00", "sun")
	m.courier = alert.NewCourier(alert.CourierOptions{Store: m.store, Send: m.send, Printer: printer, Now: m.clock, Ends: m.endsAt, Offline: m.isOffline, Quiet: night.At})
	m.outbox = alert.NewOutbox(alert.OutboxOptions{
		Store: m.store, Printer: printer, Now: m.clock, Offline: m.isOffline, Quiet: night.At,
		Speaker: alert.Speaker{Show: func(n alert.Notice) error { m.notices = append(m.notices, n); return nil }, Withdraw: func(string) error { return nil }},
	})
	m.script(rand.New(rand.NewPCG(7, 11)))
	return m
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (m *month) clock() time.Time { return m.now }

func (m *month) isOffline() bool { return m.offline }

// script writes what goes wrong, with three calm days at the end.
func (m *month) script(r *rand.Rand) {
	at := func() time.Time {
		return monthStart.Add(12*time.Hour + time.Duration(r.Int64N(int64((monthDays-5)*24*time.Hour))))
	}
	add := func(kind string, from time.Time, long time.Duration, who func(int) bool) {
		until := from.Add(long)
		if last := monthStart.AddDate(0, 0, monthDays-3); until.After(last) {
			until = last
		}
		m.troubles = append(m.troubles, trouble{from, until, kind, who})
	}
	for range 12 { // a service is down for everybody
		service := r.IntN(services)
		add("outage", at(), time.Duration(1+r.IntN(30))*time.Hour, func(n int) bool { return n%services == service })
	}
	for range 60 { // one grant is dead until a person repairs it
		one := r.IntN(crowd)
		add("revoked", at(), time.Duration(2+r.IntN(200))*time.Hour, func(n int) bool { return n == one })
	}
	for range 10 { // one API cannot make up its mind
		one := r.IntN(crowd)
		add("flapping", at(), 12*time.Hour, func(n int) bool { return n == one })
	}
	for range 8 { // a refusal that nothing explains
		one := r.IntN(crowd)
		add("bare401", at(), time.Duration(1+r.IntN(48))*time.Hour, func(n int) bool { return n == one })
	}
	m.scriptThere(at, add, r)
	for day := range monthDays - 2 { // the laptop sleeps at night, and is offline on the way to work
		night := monthStart.AddDate(0, 0, day).Add(23 * time.Hour)
		m.away = append(m.away, trouble{from: night, until: night.Add(8 * time.Hour), kind: "asleep"},
			trouble{from: night.Add(8 * time.Hour), until: night.Add(8*time.Hour + 10*time.Minute), kind: "offline"})
	}
}

func (m *month) awayNow() string {
	for _, a := range m.away {
		if !m.now.Before(a.from) && m.now.Before(a.until) {
			return a.kind
		}
	}
	return ""
}

// live moves the clock from one due thing to the next.
func (m *month) live(end time.Time) {
	for m.now.Before(end) {
		away := m.awayNow()
		m.offline = away == "offline"
		next := m.now.Add(15 * time.Minute)
		if away != "asleep" {
			m.sweep()
			m.lookThere()
			woken, err := m.courier.Pass(m.t.Context())
			check(m.t, err)
			shown, err := m.outbox.Pass(m.t.Context())
			check(m.t, err)
			for _, at := range append(m.due(), woken, shown) {
				if at.After(m.now) && at.Before(next) {
					next = at
				}
			}
		}
		if soonest := m.now.Add(step); next.Before(soonest) {
			next = soonest
		}
		m.now = next
	}
}

func (m *month) due() []time.Time {
	var all []time.Time
	for _, s := range m.states {
		if !s.DueAt.IsZero() {
			all = append(all, s.DueAt)
		}
	}
	return all
}

// sweep checks what is due, and what a person has just repaired, and stores it as the monitor does.
func (m *month) sweep() {
	var batch []integration.Checked
	for n := range m.states {
		last := m.states[n]
		why := monitor.Scheduled
		repaired := last.Latched && !m.offline && m.kindOf(n) == ""
		if repaired {
			why = monitor.AfterCommit
			last.Latched, last.RefusedInARow = false, 0
		} else if last.DueAt.IsZero() || last.DueAt.After(m.now) {
			continue
		}
		e := m.evidence(n, last)
		f := diagnosis.Verdict(e)
		m.harmless(n, f)
		checked := monitor.Advance(last, m.rows[n], f, e, why)
		m.states[n] = checked.State
		batch = append(batch, checked)
		m.checks++
	}
	if len(batch) > 0 {
		check(m.t, m.store.Record(m.t.Context(), batch))
	}
}

// kindOf is what is wrong with an integration's service now.
func (m *month) kindOf(n int) string {
	kind := ""
	for _, t := range m.troubles {
		if !there(t.kind) && t.who(n) && !m.now.Before(t.from) && m.now.Before(t.until) && (kind == "" || t.kind == "revoked") {
			kind = t.kind
		}
	}
	if kind == "flapping" && m.now.Unix()/int64((20*time.Minute).Seconds())%2 == 0 {
		return ""
	}
	return kind
}

func (m *month) evidence(n int, last integration.State) integration.Evidence {
	e := integration.Evidence{ProviderID: m.rows[n].ProviderID, Method: integration.MethodOAuth2Code, At: m.now, Vault: integration.VaultOK,
		Host: m.rows[n].ProviderID + ".example", Party: integration.PartyAPI, Stage: integration.StageDone, HTTPStatus: 200,
		Facts: integration.GrantFacts{Renewable: true, RefusedInARow: last.RefusedInARow, RefusedAt: last.Evidence.Facts.RefusedAt}}
	if m.offline {
		e.Party, e.Stage, e.HTTPStatus, e.Network, e.Online = integration.PartyNobody, integration.StageDNS, 0, integration.NetworkDNSFailing, integration.OnlineNo
		return e
	}
	if n == account {
		e.Method, e.Cycle = integration.MethodAPIKey, m.cycle()
	}
	switch m.kindOf(n) {
	case "outage", "flapping":
		e.Stage, e.HTTPStatus = integration.StageRequest, 503
	case "revoked":
		e.Party, e.Stage, e.HTTPStatus, e.OAuthError = integration.PartyTokenEndpoint, integration.StageSignIn, 400, "invalid_grant"
	case "bare401":
		e.Stage, e.HTTPStatus = integration.StageSignIn, 401
	}
	return e
}

// harmless refuses every verdict that would have a person do something useless, or nothing where they must.
func (m *month) harmless(n int, f integration.Finding) {
	kind := m.kindOf(n)
	if n == account && f.Cause == integration.CauseCommerceIntelligence {
		if m.inTrouble("failing", account) == m.inTrouble("late", account) {
			m.t.Fatalf("an update that completed is %+v", f)
		}
		return
	}
	asks := f.Status == integration.StatusNeedsReauthorization || f.Next == integration.NextReconnect || f.Next == integration.NextUpdateCredentials
	switch {
	case m.offline && (f.Cause != integration.CauseThisComputer || f.Verdict == integration.VerdictFailing):
		m.t.Fatalf("offline is %s: %+v", f.Rule, f)
	case !m.offline && (kind == "outage" || kind == "flapping") && (asks || f.Latch || f.Definitive):
		m.t.Fatalf("a service that is down asks the person: %+v", f)
	case !m.offline && kind == "revoked" && (!asks || !f.Latch):
		m.t.Fatalf("a dead grant does not ask the person: %+v", f)
	case !m.offline && kind == "" && f.Verdict != integration.VerdictOK:
		m.t.Fatalf("a good answer is %+v", f)
	}
}

// send is the channels' far side: now and then it does not answer.
func (m *month) send(_ context.Context, c integration.Channel, message integration.Message) (string, error) {
	m.mu.Lock() // channels are told side by side
	defer m.mu.Unlock()
	if kind := m.awayNow(); kind != "" {
		m.t.Errorf("%s was sent while this computer was %s", message.ID, kind)
	}
	if c.ID == "mail" {
		if m.flaky++; m.flaky%3 != 0 {
			return "", &integration.DeliveryError{Code: integration.DeliveryBusy, Status: 451}
		}
	}
	m.sent = append(m.sent, sentMessage{message, c.ID, m.now})
	return "ref-" + message.Thread, nil
}

func (m *month) everyIncidentEnded() {
	open, err := m.store.Outages(m.t.Context())
	check(m.t, err)
	threads, err := m.store.Threads(m.t.Context(), monthStart)
	check(m.t, err)
	for _, o := range open {
		m.t.Errorf("%s is still open: %s", o.Name, o.Incident.Finding.Rule)
	}
	for _, th := range threads {
		if th.ClosedAt.IsZero() {
			m.t.Errorf("the thread %q of %s is still open", th.Title, th.ToldAt)
		}
	}
}

// eachToldOnce looks that a channel heard of no incident twice, and of each recovery once, in its thread.
func (m *month) eachToldOnce() {
	threads, err := m.store.Threads(m.t.Context(), monthStart)
	check(m.t, err)
	of := map[string]integration.Thread{}
	heard := map[string]int{}
	for _, th := range threads {
		of[th.ID] = th
		for _, member := range th.Members {
			heard[th.ChannelID+" "+member.IncidentID]++
		}
	}
	for incident, times := range heard {
		if times != 1 {
			m.t.Errorf("%s was told %d times", incident, times)
		}
	}
	count := map[string]map[integration.MessageKind]int{}
	for _, s := range m.sent {
		if s.Kind == integration.MessageEnds {
			continue // about no incident
		}
		if count[s.Thread] == nil {
			count[s.Thread] = map[integration.MessageKind]int{}
		}
		count[s.Thread][s.Kind]++
		if first := s.Kind == integration.MessageBroken; first != (s.Reference == "") {
			m.t.Errorf("%s goes to the thread %q", s.ID, s.Reference)
		}
	}
	for id, kinds := range count {
		if kinds[integration.MessageBroken] != 1 || kinds[integration.MessageRecovered] != 1 || kinds[integration.MessageReminder] > 5 {
			m.t.Errorf("the thread %q was told %v", of[id].Title, kinds)
		}
	}
	if len(count) != len(threads) || len(count) == 0 {
		m.t.Errorf("%d threads were told, %d are known", len(count), len(threads))
	}
	shown := map[string]int{}
	for _, n := range m.notices {
		if shown[n.ID]++; shown[n.ID] > 1 && n.ID != "offline" {
			m.t.Errorf("the desktop showed %q twice", n.Title)
		}
	}
}

// nothingWhenItMustNot looks at quiet hours, storms and flapping.
func (m *month) nothingWhenItMustNot() {
	perMinute, named := map[string]int{}, map[string][]time.Time{}
	for _, s := range m.sent {
		if h := s.at.Hour(); h >= 22 || h < 6 || s.at.Weekday() == time.Sunday {
			m.t.Errorf("%s was sent at %s", s.ID, s.at.Format(time.RFC1123))
		}
		perMinute[s.channel+s.at.Format(" 02 15:04")]++
		if s.Kind == integration.MessageBroken {
			for _, name := range s.Integrations {
				named[s.channel+" "+name] = append(named[s.channel+" "+name], s.at)
			}
		}
		if strings.Contains(s.Title+s.Text, "grt_") || s.Cause == integration.CauseThisComputer {
			m.t.Errorf("%s tells %q", s.ID, s.Text)
		}
	}
	for minute, n := range perMinute {
		if n > 5 { // a minute of the clock is not the last sixty seconds
			m.t.Errorf("%d messages in %s", n, minute)
		}
	}
	for who, times := range named {
		for i := range len(times) {
			if day := slices.IndexFunc(times[i:], func(at time.Time) bool { return at.Sub(times[i]) >= 24*time.Hour }); day > 4 {
				m.t.Errorf("%s was told of %d times in a day", who, day)
			}
		}
	}
}

// longOnesWereTold looks that silence is not how all this was kept.
func (m *month) longOnesWereTold() {
	threads, err := m.store.Threads(m.t.Context(), monthStart)
	check(m.t, err)
	told := map[string]bool{}
	for _, th := range threads {
		for _, member := range th.Members {
			told[th.ChannelID+" "+member.IncidentID] = true
		}
	}
	long := 0
	for _, row := range m.rows {
		incidents, err := m.store.Incidents(m.t.Context(), row.ID, 100)
		check(m.t, err)
		for _, n := range incidents {
			if n.ClosedAt.Sub(n.OpenedAt) < 60*time.Hour { // a Sunday and two nights are no excuse for more
				continue
			}
			long++
			for _, channel := range []string{"slack", "mail"} {
				if !told[channel+" "+n.ID] {
					m.t.Errorf("%s was not told that %s was broken for %s", channel, row.Name, n.ClosedAt.Sub(n.OpenedAt))
				}
			}
			if !n.Notified {
				m.t.Errorf("the desktop did not tell that %s was broken for %s", row.Name, n.ClosedAt.Sub(n.OpenedAt))
			}
		}
	}
	if long < 20 {
		m.t.Errorf("only %d incidents were long: the month proves little", long)
	}
}
