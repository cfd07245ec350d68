package alert

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"relink/backend/integration"
)

const day = 24 * time.Hour

// ends is a grant of the given life that ends after left, and the integration that uses it.
func ends(id string, now time.Time, left, life time.Duration) End {
	end := now.Add(left)
	return End{
		Grant:       integration.Grant{ID: "grt_" + id, Method: integration.MethodOAuth2Code, ObtainedAt: end.Add(-life), ExpiresAt: end},
		Integration: integration.Integration{ID: "int_" + id, Name: id},
	}
}

func TestRemindersComeAtSevenThreeAndOneDays(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name       string
		left, life time.Duration
		want       int // days; 0: nothing is said
	}{
		{"eight days", 8 * day, 60 * day, 0},
		{"seven days", 7 * day, 60 * day, 7},
		{"four days", 4 * day, 60 * day, 7},
		{"three days", 3 * day, 60 * day, 3},
		{"a day", day, 60 * day, 1},
		{"an hour", time.Hour, 60 * day, 1},
		{"over", -time.Hour, 60 * day, 0},
		{"the first day of seven", 7 * day, 7 * day, 0},
		{"the fifth day of seven", 3 * day, 7 * day, 3},
		{"the first day of fourteen", 14 * day, 14 * day, 0},
	} {
		got := Reminders([]End{ends("a", now, tc.left, tc.life)}, now)
		if tc.want == 0 && len(got) == 0 {
			continue
		}
		if len(got) != 1 || got[0].Days != tc.want {
			t.Errorf("%s: %+v, want the step of %d days", tc.name, got, tc.want)
		}
	}
	forever := ends("a", now, 0, 0)
	forever.Grant.ExpiresAt = time.Time{}
	back := ends("b", now, day, 60*day)
	back.Grant.DisconnectedAt = now
	if got := Reminders([]End{forever, back}, now); len(got) != 0 {
		t.Errorf("no end, or given back: %+v", got)
	}
}

func TestASharedGrantIsOneReminder(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	a, b := ends("x", now, day, 60*day), ends("x", now, day, 60*day)
	b.Integration = integration.Integration{ID: "int_2", Name: "Another"}
	got := Reminders([]End{a, b}, now)
	if len(got) != 1 || got[0].Alert.Name != "Another" {
		t.Errorf("got %+v", got)
	}
}

// ending puts the reminders of so many logins into the queue.
func (d *desk) ending(names ...string) {
	var all []End
	for n, name := range names {
		all = append(all, ends(name, d.now, day+time.Duration(n)*time.Minute, 60*day))
	}
	for n, r := range Reminders(all, d.now) {
		r.Alert.ID = fmt.Sprintf("alr_%s_%d_%d", r.GrantID, d.now.Unix(), n)
		d.waiting = append(d.waiting, r.Alert)
	}
}

func TestALoginThatEndsSoonIsOneNoticeWithItsRepair(t *testing.T) {
	d := newDesk(t)
	d.ending("Google Ads")
	d.pass()
	if len(d.shown) != 1 || d.shown[0].ActionID != ActionReconnect || d.shown[0].IntegrationID != "int_Google Ads" || !strings.Contains(d.shown[0].Title, "Google Ads") {
		t.Fatalf("shown %+v", d.shown)
	}
	if len(d.waiting) != 0 {
		t.Errorf("still waiting: %v", d.waiting)
	}
	d.outbox.Forget("int_Google Ads")
	if len(d.screen) != 0 {
		t.Errorf("still there: %v", d.screen)
	}
}

func TestManyLoginsThatEndSoonAreOneNoticeAndTheNextComesHoursLater(t *testing.T) {
	d := newDesk(t)
	d.ending("A", "B", "C", "D", "E")
	d.run(time.Minute)
	d.ending("F")
	d.run(3 * time.Hour)
	if len(d.shown) != 1 || !strings.Contains(d.shown[0].Title, "5") {
		t.Fatalf("shown %v", d.titles())
	}
	d.run(2 * time.Hour)
	if len(d.shown) != 2 {
		t.Errorf("shown %v", d.titles())
	}
}

func TestEndsAreSilentWhenNotificationsAreOffAndSettled(t *testing.T) {
	d := newDesk(t)
	d.silent = true
	d.ending("A")
	d.pass()
	if len(d.shown) != 0 || len(d.waiting) != 0 {
		t.Errorf("shown %v, waiting %v", d.titles(), d.waiting)
	}
}

func TestAnEndThatPassedUnsaidIsNotSaid(t *testing.T) {
	d := newDesk(t)
	d.ending("A")
	d.now = d.now.Add(2 * day)
	d.pass()
	if len(d.shown) != 0 || len(d.waiting) != 0 {
		t.Errorf("shown %v, waiting %v", d.titles(), d.waiting)
	}
}

// An end that is said does not make a failure of the same integration wait.
func TestAnEndDoesNotDelayWordOfAFailure(t *testing.T) {
	d := newDesk(t)
	d.ending("Ads")
	d.pass()
	a := broken("Ads", integration.CauseExpired)
	a.IntegrationID = "int_Ads"
	d.put(a)
	d.run(10 * time.Second)
	if len(d.shown) != 2 {
		t.Errorf("shown %v", d.titles())
	}
}

func TestANewLoginWithdrawsWordOfTheOldOnesEnd(t *testing.T) {
	for _, restarted := range []bool{false, true} {
		d := newDesk(t)
		d.ending("Ads")
		d.pass()
		if restarted {
			d.restart()
		}
		d.put(integration.Alert{Kind: integration.AlertRecovered, IncidentID: integration.EndID("grt_Ads")})
		d.pass()
		if len(d.screen) != 0 || len(d.waiting) != 0 {
			t.Errorf("restarted %v: on the screen %v, waiting %v", restarted, d.screen, d.waiting)
		}
	}
}
