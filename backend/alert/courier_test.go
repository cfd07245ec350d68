package alert

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"relink/backend/integration"
	"relink/backend/locale"
)

// far is what stands behind a courier: a store in memory, a clock, and a channel that answers as it is told.
type far struct {
	t       *testing.T
	now     time.Time
	channel integration.Channel
	outages []integration.Outage
	threads []integration.Thread
	logins  []End
	told    []integration.EndTold
	sent    []integration.Message
	fails   error // of the next sendings
	saveErr error
	offline bool
	quiet   Quiet
	muted   string
	lang    string
	courier *Courier
}

func newFar(t *testing.T) *far {
	t.Helper()
	f := &far{t: t, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), lang: locale.English}
	f.channel = integration.Channel{ID: "chn_1", Kind: integration.ChannelSlack, Name: "Ops", AddedAt: f.now.Add(-time.Hour)}
	f.courier = NewCourier(CourierOptions{
		Store: f, Send: f.send, Ends: func(at time.Time) []integration.Reminder { return Reminders(f.logins, at) }, Now: func() time.Time { return f.now }, Printer: func() locale.Printer { return words(t, f.lang) },
		Offline: func() bool { return f.offline }, Quiet: func(at time.Time) bool { return f.quiet.At(at) },
		Muted: func(id string, _ time.Time) bool { return id == f.muted },
	})
	return f
}

func (f *far) Channels(context.Context) ([]integration.Channel, error) {
	return []integration.Channel{f.channel}, nil
}
func (f *far) Outages(context.Context) ([]integration.Outage, error) { return f.outages, nil }
func (f *far) Threads(context.Context, time.Time) ([]integration.Thread, error) {
	return slices.Clone(f.threads), nil
}
func (f *far) EndsTold(context.Context) ([]integration.EndTold, error) { return f.told, nil }
func (f *far) SaveEnds(_ context.Context, told []integration.EndTold) error {
	if f.saveErr == nil {
		f.told = append(f.told, told...)
	}
	return f.saveErr
}
func (f *far) Delivered(_ context.Context, c integration.Channel) error { f.channel = c; return nil }

func (f *far) SaveThread(_ context.Context, t integration.Thread) error {
	if f.saveErr != nil {
		return f.saveErr
	}
	for i := range f.threads {
		if f.threads[i].ID == t.ID {
			f.threads[i] = t
			return nil
		}
	}
	f.threads = append(f.threads, t)
	return nil
}

func (f *far) send(_ context.Context, _ integration.Channel, m integration.Message) (string, error) {
	if f.fails != nil {
		return "", f.fails
	}
	f.sent = append(f.sent, m)
	return "ref", nil
}

func (f *far) breaks(n int, cause integration.Cause, rule string) {
	f.breaksAt("shops", n, cause, rule)
}

func (f *far) breaksAt(provider string, n int, cause integration.Cause, rule string) {
	f.outages = append(f.outages, integration.Outage{Name: fmt.Sprintf("Shop %d", n), ProviderID: provider, Incident: integration.Incident{
		ID: fmt.Sprintf("inc_%d_%d", n, f.now.UnixNano()), IntegrationID: fmt.Sprintf("int_%d", n), OpenedAt: f.now,
		Finding: integration.Finding{Cause: cause, Rule: rule, Status: integration.StatusNeedsReauthorization},
	}})
}

// lives passes the time in steps.
func (f *far) lives(d, step time.Duration) {
	f.t.Helper()
	for end := f.now.Add(d); f.now.Before(end); f.now = f.now.Add(step) {
		if _, err := f.courier.Pass(f.t.Context()); err != nil && f.saveErr == nil {
			f.t.Fatal(err)
		}
	}
}

// kinds are the messages so far, in short.
func (f *far) kinds() string {
	var all []string
	for _, m := range f.sent {
		all = append(all, string(m.Kind))
	}
	return strings.Join(all, " ")
}

func (f *far) wants(kinds string) {
	f.t.Helper()
	if got := f.kinds(); got != kinds {
		f.t.Errorf("sent %q, want %q", got, kinds)
	}
}

func TestW7AThousandFailuresOfOneCauseAreOneMessage(t *testing.T) {
	f := newFar(t)
	for second := range 10 {
		for n := range 100 {
			f.breaks(second*100+n, integration.CauseThirdParty, "server-error")
		}
		f.lives(time.Second, time.Second)
	}
	f.lives(time.Hour, time.Minute)
	f.wants("broken")
	if m := f.sent[0]; !strings.Contains(m.Title, "1000") || strings.Count(m.Text, "\n") > 30 {
		t.Errorf("it reads %q and has %d lines", m.Title, strings.Count(m.Text, "\n"))
	}
	f.outages = nil
	f.lives(time.Hour, time.Minute)
	f.wants("broken recovered")
}

func TestW7AFlappingIntegrationIsToldOfTwiceAtMost(t *testing.T) {
	f := newFar(t)
	for range 180 {
		f.breaks(1, integration.CauseThirdParty, "server-error")
		f.lives(time.Minute, time.Minute)
		f.outages = nil
		f.lives(time.Minute, time.Minute)
	}
	broken := strings.Count(f.kinds(), "broken")
	if broken > 2 {
		t.Errorf("6 hours of flapping are %d notices", broken)
	}
}

func TestW7NoMoreThanThreeMessagesAMinute(t *testing.T) {
	f := newFar(t)
	for n := range 10 {
		f.breaksAt(fmt.Sprintf("provider-%d", n), n, integration.CauseThirdParty, "server-error")
	}
	f.lives(2*time.Minute, 5*time.Second)
	f.wants("broken broken broken")
	if last := f.sent[2]; len(last.Integrations) != 8 {
		t.Errorf("the last one names %d of 8", len(last.Integrations))
	}
}

func TestNothingIsSentWhileOfflineOrAboutThisComputer(t *testing.T) {
	f := newFar(t)
	f.offline = true
	f.breaks(1, integration.CauseExpired, "expired")
	f.breaks(2, integration.CauseThisComputer, "clock")
	f.lives(time.Hour, time.Minute)
	f.wants("")
	f.offline = false
	f.lives(time.Hour, time.Minute)
	f.wants("broken")
	if diff := strings.Join(f.sent[0].Integrations, ","); diff != "Shop 1" {
		t.Errorf("it names %s", diff)
	}
}

func TestWhatCameAndWentInQuietHoursIsNotTold(t *testing.T) {
	f := newFar(t)
	f.quiet, _ = ParseQuiet("08:00-12:00", "")
	f.breaks(1, integration.CauseExpired, "expired")
	f.breaks(2, integration.CauseThirdParty, "server-error")
	f.lives(2*time.Hour, time.Minute)
	f.outages = f.outages[:1]
	f.wants("")
	f.lives(2*time.Hour, time.Minute)
	f.wants("broken")
}

func TestRemindersAreDailyAndFiveAtMost(t *testing.T) {
	f := newFar(t)
	f.breaks(1, integration.CauseExpired, "expired")
	f.lives(10*24*time.Hour, time.Hour)
	f.wants("broken reminder reminder reminder reminder reminder")
	ids := map[string]bool{}
	for _, m := range f.sent {
		ids[m.ID] = true
		if m.Kind == integration.MessageReminder && (m.Reference != "ref" || m.First != f.sent[0].Title) {
			t.Errorf("the reminder is not in its thread: %+v", m)
		}
	}
	if len(ids) != len(f.sent) {
		t.Errorf("%d messages have %d names", len(f.sent), len(ids))
	}
}

func TestAMutedOrPausedIntegrationIsToldOfLater(t *testing.T) {
	f := newFar(t)
	f.muted = "int_1"
	f.breaks(1, integration.CauseExpired, "expired")
	f.breaks(2, integration.CauseExpired, "expired")
	f.outages[1].Paused = true
	f.lives(time.Hour, time.Minute)
	f.wants("")
	f.muted, f.outages[1].Paused = "", false
	f.lives(time.Hour, time.Minute)
	f.wants("broken")
}

func TestAnIncidentOlderThanTheChannelIsNotTold(t *testing.T) {
	f := newFar(t)
	f.breaks(1, integration.CauseExpired, "expired")
	f.channel.AddedAt = f.now.Add(time.Minute)
	f.lives(time.Hour, time.Minute)
	f.wants("")
}

func TestARemovedIntegrationIsNoRecovery(t *testing.T) {
	f := newFar(t)
	f.breaks(1, integration.CauseExpired, "expired")
	f.lives(time.Hour, time.Minute)
	f.outages, f.threads[0].Members = nil, nil
	f.lives(time.Hour, time.Minute)
	f.wants("broken")
	if f.threads[0].ClosedAt.IsZero() {
		t.Error("its thread is still open")
	}
}

func TestAChannelThatFailsIsTriedLessAndLessAndThenToldHowThingsAre(t *testing.T) {
	f := newFar(t)
	f.fails = &integration.DeliveryError{Code: integration.DeliveryBusy, RetryAfter: 10 * time.Minute}
	f.breaks(1, integration.CauseExpired, "expired")
	f.breaks(2, integration.CauseExpired, "expired")
	f.lives(12*time.Hour, time.Minute)
	if f.channel.Failure != integration.DeliveryBusy || f.channel.Failures < 10 || f.channel.Failures > 25 {
		t.Errorf("after 12 hours: %+v", f.channel)
	}
	f.outages = f.outages[:1]
	f.fails = nil
	f.lives(2*time.Hour, time.Minute)
	f.wants("broken")
	if len(f.sent[0].Integrations) != 1 || f.channel.Failure != "" || f.channel.Failures != 0 || !f.channel.RetryAt.IsZero() {
		t.Errorf("told of %v; the channel is %+v", f.sent[0].Integrations, f.channel)
	}
}

func TestARefusedChannelIsLeftAloneForHours(t *testing.T) {
	f := newFar(t)
	f.fails = &integration.DeliveryError{Code: integration.DeliveryRefused, Status: 404}
	f.breaks(1, integration.CauseExpired, "expired")
	f.lives(7*24*time.Hour, 5*time.Minute)
	if f.channel.Failures > 40 {
		t.Errorf("a channel that is gone was tried %d times in a week", f.channel.Failures)
	}
}

func TestAMessageThatIsNotLikedHoldsUpNoOther(t *testing.T) {
	f := newFar(t)
	f.breaks(1, integration.CauseExpired, "expired")
	f.breaks(2, integration.CauseThirdParty, "server-error")
	f.courier.o.Send = func(ctx context.Context, c integration.Channel, m integration.Message) (string, error) {
		if m.Cause == integration.CauseExpired {
			return "", &integration.DeliveryError{Code: integration.DeliveryRejected, Status: 400}
		}
		return f.send(ctx, c, m)
	}
	f.lives(2*time.Minute, time.Minute)
	f.wants("broken")
}

func TestWhatCouldNotBeNotedIsNotSentTwice(t *testing.T) {
	f := newFar(t)
	f.saveErr = errors.New("disk full")
	f.breaks(1, integration.CauseExpired, "expired")
	f.lives(time.Hour, time.Minute)
	f.saveErr = nil
	f.lives(time.Hour, time.Minute)
	f.wants("broken")
}

func TestMessagesAreWordedInBothLanguages(t *testing.T) {
	for lang, want := range map[string]string{locale.English: "Shop 1 works again", locale.Brazilian: "Shop 1 voltou a funcionar"} {
		f := newFar(t)
		f.lang = lang
		f.breaks(1, integration.CauseExpired, "expired")
		f.lives(27*time.Hour, time.Hour)
		f.outages = nil
		f.lives(time.Hour, time.Minute)
		f.wants("broken reminder recovered")
		if f.sent[2].Title != want {
			t.Errorf("%s: %q, want %q", lang, f.sent[2].Title, want)
		}
		for _, m := range f.sent {
			if strings.ContainsAny(m.Title+m.Text, "{}") || m.Text == "" {
				t.Errorf("%s: %q, %q", lang, m.Title, m.Text)
			}
		}
	}
}

func TestQuietHoursAreThoseOfTheClockOnTheWall(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Skip("no time zones here:", err)
	}
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 0, 0, zone) }
	for _, tc := range []struct {
		hours, days string
		at          time.Time
		want        bool
	}{
		{"22:00-07:00", "", at(7, 23, 0), true}, {"22:00-07:00", "", at(8, 6, 59), true}, // the clocks change at 2 on the 8th
		{"22:00-07:00", "", at(8, 7, 0), false}, {"22:00-07:00", "", at(8, 21, 59), false},
		{"12:00-13:30", "", at(9, 13, 29), true}, {"12:00-13:30", "", at(9, 13, 30), false},
		{"", "sat,sun", at(8, 12, 0), true}, {"", "sat,sun", at(9, 12, 0), false}, {"", "", at(9, 3, 0), false},
	} {
		q, ok := ParseQuiet(tc.hours, tc.days)
		if !ok || q.At(tc.at) != tc.want {
			t.Errorf("%q %q at %s is %t", tc.hours, tc.days, tc.at, q.At(tc.at))
		}
	}
	for _, wrong := range [][2]string{{"22-7", ""}, {"22:00", ""}, {"25:00-07:00", ""}, {"07:00-07:00", ""}, {"", "domingo"}} {
		if _, ok := ParseQuiet(wrong[0], wrong[1]); ok {
			t.Errorf("%q is taken", wrong)
		}
	}
}

func TestDesktopHoldsNoticesInQuietHours(t *testing.T) {
	d := newDesk(t)
	quiet := true
	d.outbox.o.Quiet = func(time.Time) bool { return quiet }
	d.outbox.o.Muted = func(id string, _ time.Time) bool { return id == "int_2" }
	for _, id := range []string{"int_1", "int_2"} {
		d.waiting = append(d.waiting, integration.Alert{ID: "alr_" + id, Kind: integration.AlertBroken, IncidentID: "inc_" + id, IntegrationID: id, Name: id, At: d.now,
			Finding: integration.Finding{Cause: integration.CauseExpired, Rule: "expired", Status: integration.StatusNeedsReauthorization}})
	}
	pass := func() {
		for range 3 {
			if _, err := d.outbox.Pass(t.Context()); err != nil {
				t.Fatal(err)
			}
			d.now = d.now.Add(time.Minute)
		}
	}
	pass()
	if len(d.shown) != 0 {
		t.Fatalf("shown in quiet hours: %+v", d.shown)
	}
	quiet = false
	pass()
	if len(d.shown) != 1 || d.shown[0].IntegrationID != "int_1" || len(d.waiting) != 1 {
		t.Errorf("afterwards: %+v, %d wait", d.shown, len(d.waiting))
	}
}
