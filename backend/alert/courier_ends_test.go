package alert

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
	"relink/backend/locale"
)

// endsIn adds a login that ends after left, to a channel that has been there for long.
func (f *far) endsIn(name string, left time.Duration) {
	f.channel.AddedAt = f.now.Add(-60 * day)
	f.logins = append(f.logins, ends(name, f.now, left, 60*day))
}

// when are the days, from the start, on which messages went out, with the names in them.
func (f *far) when(start time.Time) []string {
	var all []string
	for _, m := range f.sent {
		all = append(all, fmt.Sprintf("%s day %d: %s", m.Kind, int(m.At.Sub(start)/day), strings.Join(m.Integrations, ", ")))
	}
	return all
}

func TestChannelsHearOfALoginThatEndsAtSevenThreeAndOneDays(t *testing.T) {
	f := newFar(t)
	start := f.now
	f.endsIn("Ads", 10*day)
	f.lives(12*day, time.Hour)
	if diff := cmp.Diff([]string{"ends day 3: Ads", "ends day 7: Ads", "ends day 9: Ads"}, f.when(start)); diff != "" {
		t.Error(diff)
	}
	for lang, want := range map[string]string{locale.English: "Ads needs you soon", locale.Brazilian: "Ads vai precisar de você em breve"} {
		m := endsMessage(words(t, lang), Reminders(f.logins, start.Add(9*day)), start)
		if m.Title != want || strings.ContainsAny(m.Text, "{}") || !strings.Contains(m.Text, "12") {
			t.Errorf("%s: %q, %q", lang, m.Title, m.Text)
		}
	}
}

func TestChannelsHearOfEndsOnceADayAtMostAndOfNoneTooLate(t *testing.T) {
	f := newFar(t)
	start := f.now
	for n := range 40 { // the steps of forty logins fall on any hour of two weeks
		f.endsIn(fmt.Sprintf("Login %02d", n), 8*day+time.Duration(n)*7*time.Hour)
	}
	f.lives(24*day, 20*time.Minute)
	var last time.Time
	named := map[string]time.Time{}
	for _, m := range f.sent {
		if m.Kind != integration.MessageEnds || !last.IsZero() && m.At.Sub(last) < day {
			t.Errorf("%s at %s, after one at %s", m.Kind, m.At, last)
		}
		last = m.At
		for _, name := range m.Integrations {
			named[name] = m.At
		}
		if lines := strings.Count(m.Text, "\n"); lines > namesInMessage+2 {
			t.Errorf("a message has %d lines", lines)
		}
	}
	for n, login := range f.logins {
		name := fmt.Sprintf("Login %02d", n)
		if left := login.Grant.ExpiresAt.Sub(named[name]); left < 23*time.Hour || left > 2*day {
			t.Errorf("%s was named last %s before its end", name, left)
		}
	}
	if days := int(last.Sub(start) / day); len(f.sent) > days+1 {
		t.Errorf("%d messages in %d days", len(f.sent), days)
	}
}

func TestEndsWaitForQuietHoursMutesAndTheNetwork(t *testing.T) {
	f := newFar(t)
	f.quiet, _ = ParseQuiet("08:00-12:00", "")
	f.muted = "int_Muted"
	f.endsIn("Ads", 2*day)
	f.endsIn("Muted", 2*day)
	f.offline = true
	f.lives(time.Hour, 10*time.Minute)
	f.offline = false
	f.lives(time.Hour, 10*time.Minute)
	f.wants("")
	f.lives(time.Hour, 10*time.Minute) // until noon
	f.lives(10*time.Minute, 10*time.Minute)
	f.wants("ends")
	if got := f.sent[0].Integrations; len(got) != 1 || got[0] != "Ads" {
		t.Errorf("told of %v", got)
	}
	f.muted = ""
	f.lives(30*time.Hour, time.Hour)
	if f.wants("ends ends"); len(f.sent) == 2 && !strings.Contains(f.sent[1].Text+f.sent[1].Title, "Muted") {
		t.Errorf("what was muted is not told afterwards: %q", f.sent[1].Text)
	}
}

func TestAnEndIsNotToldTwiceNorToAChannelThatCameLater(t *testing.T) {
	f := newFar(t)
	f.endsIn("Ads", 2*day)
	f.fails = &integration.DeliveryError{Code: integration.DeliveryBusy}
	f.lives(2*time.Hour, time.Minute)
	f.wants("")
	f.fails, f.saveErr = nil, errors.New("disk full")
	f.lives(2*time.Hour, time.Minute)
	f.saveErr = nil
	f.lives(12*time.Hour, time.Minute)
	f.wants("ends")

	f = newFar(t)
	f.endsIn("Ads", 2*day)
	f.channel.AddedAt = f.now
	f.lives(12*time.Hour, time.Minute)
	f.wants("")
	f.lives(day, time.Hour)
	f.wants("ends")
}

func TestALoginThatEndsSoonDoesNotHoldUpWordOfWhatIsBroken(t *testing.T) {
	f := newFar(t)
	f.endsIn("Ads", 2*day)
	for n := range 2 {
		f.breaksAt(fmt.Sprintf("provider-%d", n), n, integration.CauseExpired, "expired")
	}
	f.courier.o.Send = func(ctx context.Context, c integration.Channel, m integration.Message) (string, error) {
		if m.Kind == integration.MessageEnds && f.now.Sub(f.sent[0].At) < time.Minute && len(f.sent) > 1 {
			t.Errorf("the third message of a minute is about an end")
		}
		return f.send(ctx, c, m)
	}
	f.now = f.now.Add(time.Minute)
	f.lives(10*time.Minute, time.Minute)
	if got := f.kinds(); strings.Count(got, "broken") != 2 || strings.Count(got, "ends") != 1 {
		t.Errorf("sent %q", got)
	}
}
