package alert

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
	"relink/backend/locale"
)

// desk is a person's desk: a queue of alerts, a clock, and the notices on the screen.
type desk struct {
	t       *testing.T
	now     time.Time
	waiting []integration.Alert
	outbox  *Outbox

	offline, silent, plain bool
	showErr, markErr       error

	shown  []Notice // all that were ever shown
	screen []string // ids of those that are there now
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	d.restart()
	return d
}

// restart is what a new process starts with: the queue, and nothing else.
func (d *desk) restart() {
	words := words(d.t, locale.English)
	d.outbox = NewOutbox(OutboxOptions{
		Store:   d,
		Speaker: Speaker{Show: d.show, Withdraw: d.withdraw},
		Printer: func() locale.Printer { return words },
		Now:     func() time.Time { return d.now },
		Offline: func() bool { return d.offline },
		Silent:  func() bool { return d.silent },
		Plain:   func() bool { return d.plain },
	})
}

func words(t *testing.T, lang string) locale.Printer {
	t.Helper()
	catalog, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	return catalog.In(lang)
}

func (d *desk) PendingAlerts(_ context.Context, limit int) ([]integration.Alert, error) {
	return append([]integration.Alert(nil), d.waiting[:min(limit, len(d.waiting))]...), nil
}

func (d *desk) AlertSent(_ context.Context, id string) error {
	if d.markErr != nil {
		return d.markErr
	}
	for i, a := range d.waiting {
		if a.ID == id {
			d.waiting = append(d.waiting[:i:i], d.waiting[i+1:]...)
			return nil
		}
	}
	return integration.ErrNotFound
}

func (d *desk) show(n Notice) error {
	if d.showErr != nil {
		return d.showErr
	}
	d.shown = append(d.shown, n)
	d.screen = append(d.screen, n.ID)
	return nil
}

func (d *desk) withdraw(id string) error {
	for i, s := range d.screen {
		if s == id {
			d.screen = append(d.screen[:i:i], d.screen[i+1:]...)
		}
	}
	return nil
}

func (d *desk) pass() time.Time {
	d.t.Helper()
	next, err := d.outbox.Pass(context.Background())
	if err != nil && d.markErr == nil {
		d.t.Fatal(err)
	}
	return next
}

// run lets time go by, with a pass whenever the outbox asked for one, as Run does.
func (d *desk) run(length time.Duration) {
	d.t.Helper()
	end := d.now.Add(length)
	for {
		next := d.pass()
		if next.IsZero() || next.After(end) {
			d.now = end
			return
		}
		if !next.After(d.now) {
			d.t.Fatalf("at %v the outbox wants to look again at %v: it would spin", d.now, next)
		}
		d.now = next
	}
}

func (d *desk) put(alerts ...integration.Alert) {
	for _, a := range alerts {
		a.At = d.now
		a.ID = fmt.Sprintf("alr_%s_%s_%d", a.Kind, a.IncidentID, len(d.shown))
		d.waiting = append(d.waiting, a)
	}
}

func broken(name string, cause integration.Cause) integration.Alert {
	return integration.Alert{Kind: integration.AlertBroken, IncidentID: "inc_" + name, IntegrationID: "int_" + name, Name: name,
		Finding: integration.Finding{Verdict: integration.VerdictFailing, Cause: cause, Rule: "rule-" + string(cause),
			Status: integration.StatusNeedsReauthorization, Next: integration.NextReconnect}}
}

func recovered(name string) integration.Alert {
	return integration.Alert{Kind: integration.AlertRecovered, IncidentID: "inc_" + name, IntegrationID: "int_" + name, Name: name}
}

func (d *desk) titles() []string {
	var all []string
	for _, n := range d.shown {
		all = append(all, n.Title)
	}
	return all
}

func TestOneBrokenIntegrationIsOneNoticeWithItsRepair(t *testing.T) {
	d := newDesk(t)
	d.put(broken("Google Ads", integration.CauseAccountChange))
	d.run(time.Hour)
	want := []Notice{{ID: "inc_Google Ads", IntegrationID: "int_Google Ads", Title: "Google Ads needs to be reconnected",
		Body:   "The saved login was refused: the password, the permissions or the consent of the account changed.",
		Action: "Reconnect", ActionID: ActionReconnect}}
	if diff := cmp.Diff(want, d.shown); diff != "" {
		t.Error(diff)
	}
	if len(d.waiting) != 0 {
		t.Errorf("still waiting: %v", d.waiting)
	}
}

func TestW7ThousandFailuresAreOneNotice(t *testing.T) {
	d := newDesk(t)
	for i := range 1000 {
		d.put(broken(fmt.Sprintf("Shop %04d", i), integration.CauseThirdParty))
		if i%100 == 99 {
			d.run(time.Second)
		}
	}
	d.run(24 * time.Hour)
	if diff := cmp.Diff([]string{"1000 integrations are not answering"}, d.titles()); diff != "" {
		t.Error(diff)
	}
	if got := d.shown[0].Body; !strings.Contains(got, "Shop 0000, Shop 0001, Shop 0002 and 997 more") {
		t.Errorf("body %q", got)
	}
}

func TestW7AnOutageFoundOverOneIntervalIsFewNotices(t *testing.T) {
	d := newDesk(t)
	for i := range 300 {
		d.put(broken(fmt.Sprintf("Shop %04d", i), integration.CauseThirdParty))
		d.run(time.Second)
	}
	d.run(time.Hour)
	if n := len(d.shown); n > 2 {
		t.Errorf("%d notices, want at most 2: %v", n, d.titles())
	}
	if len(d.waiting) != 0 {
		t.Errorf("%d alerts never told", len(d.waiting))
	}
}

func TestW7FlappingForSixHoursIsAtMostTwoNotices(t *testing.T) {
	for _, period := range []time.Duration{time.Minute, 5 * time.Minute} {
		t.Run(period.String(), func(t *testing.T) {
			d := newDesk(t)
			for i := 0; time.Duration(i)*period < 6*time.Hour; i++ {
				a := broken("Stripe", integration.CauseThirdParty)
				if i%2 == 1 {
					a = recovered("Stripe")
				}
				a.IncidentID = fmt.Sprintf("inc_%d", i/2)
				d.put(a)
				d.run(period)
			}
			if n := len(d.shown); n < 1 || n > 2 {
				t.Errorf("%d notices, want 1 or 2", n)
			}
		})
	}
}

func TestAnIntegrationThatStaysBrokenAfterFlappingIsTold(t *testing.T) {
	d := newDesk(t)
	first, second := broken("Stripe", integration.CauseExpired), broken("Stripe", integration.CauseExpired)
	second.IncidentID = "inc_later"
	d.put(first)
	d.run(time.Minute)
	d.put(recovered("Stripe"))
	d.run(time.Minute)
	d.put(second)
	d.run(9 * time.Minute)
	if len(d.shown) != 1 {
		t.Fatalf("told after 9 minutes already: %v", d.titles())
	}
	d.run(2 * time.Minute)
	if len(d.shown) != 2 || d.shown[1].ID != "inc_later" {
		t.Errorf("not told of the incident that lasted: %v", d.shown)
	}
}

func TestW7AtMostThreeNoticesAMinuteAndNoneIsForgotten(t *testing.T) {
	d := newDesk(t)
	for i := range 30 {
		a := broken(fmt.Sprintf("Shop %02d", i), integration.CauseAccountChange)
		a.ProviderID = fmt.Sprintf("provider-%d", i)
		d.put(a)
		d.run(2 * time.Second)
	}
	if n := len(d.shown); n > 3 {
		t.Errorf("%d notices within one minute, want at most 3", n)
	}
	d.run(time.Hour)
	told := 0
	for _, s := range d.outbox.ledger.open {
		told += len(s.incidents)
	}
	if told != 30 || len(d.waiting) != 0 {
		t.Errorf("told of %d of 30 incidents, %d waiting; %v", told, len(d.waiting), d.titles())
	}
}

func TestTheGravestIsToldFirst(t *testing.T) {
	d := newDesk(t)
	for i, status := range []integration.Status{integration.StatusRetrying, integration.StatusRetrying, integration.StatusWaitingForAdmin, integration.StatusNeedsReauthorization} {
		a := broken(fmt.Sprintf("Shop %d", i), integration.CauseUnknown)
		a.ProviderID, a.Finding.Status = fmt.Sprintf("provider-%d", i), status
		d.put(a)
	}
	d.run(10 * time.Second)
	want := []string{"Shop 3 needs to be reconnected", "Shop 2 needs an Admin", "2 integrations need attention"}
	if diff := cmp.Diff(want, d.titles()); diff != "" {
		t.Error(diff)
	}
}

func TestARecoveryWithdrawsItsNoticeAndSaysNothing(t *testing.T) {
	d := newDesk(t)
	d.put(broken("Stripe", integration.CauseExpired))
	d.run(time.Minute)
	if diff := cmp.Diff([]string{"inc_Stripe"}, d.screen); diff != "" {
		t.Fatal(diff)
	}
	d.put(recovered("Stripe"))
	d.run(time.Minute)
	if len(d.screen) != 0 || len(d.shown) != 1 {
		t.Errorf("on the screen %v, shown %v", d.screen, d.titles())
	}
}

func TestAGroupIsWithdrawnWithItsLastRecovery(t *testing.T) {
	d := newDesk(t)
	d.put(broken("A", integration.CauseExpired), broken("B", integration.CauseExpired))
	d.run(time.Minute)
	d.put(recovered("A"))
	d.run(time.Minute)
	if len(d.screen) != 1 {
		t.Fatalf("B is still broken, on the screen: %v", d.screen)
	}
	d.put(recovered("B"))
	d.run(time.Minute)
	if len(d.screen) != 0 {
		t.Errorf("still on the screen: %v", d.screen)
	}
}

func TestWhatRecoversBeforeItIsToldIsNeverTold(t *testing.T) {
	d := newDesk(t)
	d.put(broken("Stripe", integration.CauseExpired))
	d.run(time.Second)
	d.put(recovered("Stripe"))
	d.run(time.Hour)
	if len(d.shown) != 0 || len(d.waiting) != 0 {
		t.Errorf("shown %v, waiting %v", d.titles(), d.waiting)
	}
}

// TestD5AnOutageOfAProviderIsOneCalmNotice fails twelve integrations of one provider in every manner that an
// outage has, over the minutes in which they are checked. No button offers a new login.
func TestD5AnOutageOfAProviderIsOneCalmNotice(t *testing.T) {
	d := newDesk(t)
	rules := []string{"provider-trouble", "no-answer-in-time", "provider-web-page", "refused-to-many"}
	for i := range 12 {
		a := broken(fmt.Sprintf("Google %02d", i), integration.CauseThirdParty)
		a.Finding.Rule, a.Finding.Status, a.Finding.Next = rules[i%len(rules)], integration.StatusRetrying, integration.NextWait
		d.put(a)
		d.run(time.Second)
	}
	d.run(24 * time.Hour)
	want := []Notice{{ID: "group_inc_Google 00", Title: "12 integrations are not answering",
		Body:   "Google 00, Google 01, Google 02 and 9 more\nThis looks like a problem at the service, not with your login. Relink keeps trying.",
		Action: "Open Relink", ActionID: ActionOpen}}
	if diff := cmp.Diff(want, d.shown); diff != "" {
		t.Error(diff)
	}
	for i := range 12 {
		d.put(recovered(fmt.Sprintf("Google %02d", i)))
	}
	d.run(time.Hour)
	if len(d.shown) != 1 || len(d.screen) != 0 {
		t.Errorf("after the outage: shown %v, on the screen %v", d.titles(), d.screen)
	}
}

func TestN10OfflineIsOneNoticeAndNoBurstAfterwards(t *testing.T) {
	d := newDesk(t)
	d.offline = true
	d.put(integration.Alert{Kind: integration.AlertOffline})
	for i := range 1000 {
		d.put(broken(fmt.Sprintf("Shop %d", i), integration.CauseThirdParty))
	}
	d.run(10 * time.Minute)
	if diff := cmp.Diff([]string{"This computer is offline"}, d.titles()); diff != "" {
		t.Fatal(diff)
	}
	d.offline = false
	d.put(integration.Alert{Kind: integration.AlertOnline})
	for i := range 1000 {
		d.put(recovered(fmt.Sprintf("Shop %d", i)))
	}
	d.run(time.Hour)
	if len(d.shown) > 2 || len(d.screen) != 0 || len(d.waiting) != 0 {
		t.Errorf("shown %v, on the screen %v, waiting %d", d.titles(), d.screen, len(d.waiting))
	}
}

func TestAShortInterruptionIsNotTold(t *testing.T) {
	d := newDesk(t)
	d.put(integration.Alert{Kind: integration.AlertOffline})
	d.run(30 * time.Second)
	d.put(integration.Alert{Kind: integration.AlertOnline})
	d.run(time.Hour)
	if len(d.shown) != 0 || len(d.waiting) != 0 {
		t.Errorf("shown %v, waiting %v", d.titles(), d.waiting)
	}
}

func TestNothingBrokenIsToldWhileThisComputerIsOffline(t *testing.T) {
	d := newDesk(t)
	d.offline = true
	d.put(broken("Stripe", integration.CauseExpired))
	d.run(time.Hour)
	if len(d.shown) != 0 || len(d.waiting) != 1 {
		t.Fatalf("shown %v, waiting %d", d.titles(), len(d.waiting))
	}
	d.offline = false
	d.run(time.Hour)
	if len(d.shown) != 1 {
		t.Errorf("after coming back: %v", d.titles())
	}
}

func TestWithNotificationsOffAlertsAreSettledUnshown(t *testing.T) {
	d := newDesk(t)
	d.silent = true
	d.put(broken("Stripe", integration.CauseExpired), integration.Alert{Kind: integration.AlertOffline})
	d.run(time.Hour)
	d.silent = false
	d.run(time.Hour)
	if len(d.shown) != 0 || len(d.waiting) != 0 {
		t.Errorf("shown %v, waiting %v", d.titles(), d.waiting)
	}
}

func TestARestartLosesNoAlertAndRepeatsNone(t *testing.T) {
	d := newDesk(t)
	d.put(broken("Told", integration.CauseExpired))
	d.run(time.Minute)
	d.put(broken("Waiting", integration.CauseAccountChange))
	d.pass()
	d.restart()
	d.run(time.Minute)
	want := []string{"Told needs to be reconnected", "Waiting needs to be reconnected"}
	if diff := cmp.Diff(want, d.titles()); diff != "" {
		t.Error(diff)
	}
	d.put(recovered("Told"))
	d.run(time.Minute)
	if diff := cmp.Diff([]string{"inc_Waiting"}, d.screen); diff != "" {
		t.Error("a recovery must withdraw what was told before the restart:", diff)
	}
}

func TestAnAlertThatCannotBeMarkedIsNotToldTwice(t *testing.T) {
	d := newDesk(t)
	d.markErr = integration.ErrReadOnly
	d.put(broken("Stripe", integration.CauseExpired))
	for range 20 {
		d.pass()
		d.now = d.now.Add(time.Minute)
	}
	if len(d.shown) != 1 {
		t.Errorf("told %d times", len(d.shown))
	}
	d.markErr = nil
	d.run(time.Minute)
	if len(d.waiting) != 0 {
		t.Error("not marked once the store took it")
	}
}

func TestANoticeThatCannotBeShownIsTriedAgainLater(t *testing.T) {
	d := newDesk(t)
	d.showErr = errors.New("no notification service")
	d.put(broken("Stripe", integration.CauseExpired))
	d.run(10 * time.Minute)
	if len(d.waiting) != 1 {
		t.Fatal("an alert that nobody saw was given up")
	}
	d.showErr = nil
	d.run(2 * time.Minute)
	if len(d.shown) != 1 || len(d.waiting) != 0 {
		t.Errorf("shown %v, waiting %d", d.titles(), len(d.waiting))
	}
}

func TestNoticesLostWithTheirServiceAreRepeatedOnce(t *testing.T) {
	d := newDesk(t)
	d.put(broken("Read", integration.CauseExpired))
	d.run(time.Minute)
	d.put(broken("Lost", integration.CauseAccountChange))
	d.run(2 * time.Minute)
	d.outbox.Read("inc_Read")
	for range 3 {
		d.screen = nil
		d.outbox.NotifierLost()
		d.run(time.Minute)
		d.outbox.NotifierBack()
		d.run(time.Minute)
	}
	want := []string{"inc_Read", "inc_Lost", "inc_Lost_again"}
	var got []string
	for _, n := range d.shown {
		got = append(got, n.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	d.screen = []string{"inc_Lost_again"}
	d.put(recovered("Lost"))
	d.run(time.Minute)
	if len(d.screen) != 0 {
		t.Errorf("the repetition was not withdrawn: %v", d.screen)
	}
}

func TestForgettingAnIntegrationWithdrawsItsNotice(t *testing.T) {
	d := newDesk(t)
	d.put(broken("Stripe", integration.CauseExpired))
	d.run(time.Minute)
	d.outbox.Forget("int_Stripe")
	if len(d.screen) != 0 {
		t.Errorf("still on the screen: %v", d.screen)
	}
}

func TestClearingWithdrawsEverything(t *testing.T) {
	d := newDesk(t)
	d.put(broken("Stripe", integration.CauseExpired), broken("Zendesk", integration.CauseAccountChange), integration.Alert{Kind: integration.AlertOffline})
	d.run(5 * time.Minute)
	if len(d.screen) != 3 {
		t.Fatalf("on the screen: %v", d.screen)
	}
	d.outbox.Clear()
	if len(d.screen) != 0 {
		t.Errorf("still on the screen: %v", d.screen)
	}
}

func TestW2ProviderTextInANoticeIsData(t *testing.T) {
	names := map[string]string{
		`<b>Shop</b> & <a href="https://evil.example">x</a>`: `<b>Shop</b> & <a href="https://evil.example">x</a>`,
		"line\none\x1b[31m\x00":                              "line one[31m",
		"safe\u202egpj.exe\u200b":                            "safegpj.exe",
		"end]]><evil/>":                                      "end]] ><evil/>",
		"bad\xffutf8":                                        "badutf8",
		strings.Repeat("x", 1<<20):                           strings.Repeat("x", nameLimit-1) + "…",
	}
	for name, shown := range names {
		d := newDesk(t)
		d.put(broken(name, integration.CauseExpired), broken("Other", integration.CauseExpired))
		d.run(time.Minute)
		if want := markup(shown); !strings.HasPrefix(d.shown[0].Body, want+",") {
			t.Errorf("body %.80q, want it to begin with %.80q", d.shown[0].Body, want)
		}
		if strings.ContainsAny(d.shown[0].Body, "<>") {
			t.Errorf("markup left in the body %.80q", d.shown[0].Body)
		}
		d = newDesk(t)
		d.plain = true
		d.put(broken(name, integration.CauseExpired))
		d.run(time.Minute)
		if want := shown + " needs to be reconnected"; d.shown[0].Title != want {
			t.Errorf("title %.80q, want %.80q", d.shown[0].Title, want)
		}
	}
}

func TestEveryStatusAndCauseHasItsWordsInEveryLanguage(t *testing.T) {
	causes := []integration.Cause{integration.CauseThirdParty, integration.CauseExpired, integration.CauseAccountChange,
		integration.CauseOAuthApp, integration.CauseCommerceIntelligence, integration.CauseThisComputer, integration.CauseUnknown}
	for _, lang := range locale.Languages() {
		p := words(t, lang)
		for _, c := range causes {
			if !p.Has("notice.why." + string(c)) {
				t.Errorf("%s: no sentence for the cause %q", lang, c)
			}
		}
		for _, c := range Categories(p) {
			for _, a := range c.Actions {
				if strings.Contains(a.Label, "notice.") {
					t.Errorf("%s: no label for the action %q", lang, a.ID)
				}
			}
		}
		if n := offline(p); strings.Contains(n.Title+n.Body, "notice.") {
			t.Errorf("%s: no words for being offline", lang)
		}
	}
}

func TestADismissedNoticeOpensNothing(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the runtime tells a dismissal apart here")
	}
	want := map[string]string{"default": ActionOpen, "reconnect": ActionReconnect, "update_credentials": ActionUpdate,
		"open": ActionOpen, "DEFAULT_ACTION": "", "": "", "something": ""}
	for reported, chosen := range want {
		if got := Chosen(reported); got != chosen {
			t.Errorf("%q: %q, want %q", reported, got, chosen)
		}
	}
	for _, c := range Categories(words(t, locale.English)) {
		if c.Actions[0].ID != "default" || c.Actions[1].ID != c.ID {
			t.Errorf("%s: %v", c.ID, c.Actions)
		}
	}
}

func TestRunStopsWithItsContextAndIsWokenByWake(t *testing.T) {
	d := newDesk(t)
	looked := make(chan struct{}, 8)
	d.outbox.o.Silent = func() bool { looked <- struct{}{}; return true }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { d.outbox.Run(ctx); close(ended) }()
	<-looked
	d.outbox.Wake()
	<-looked
	cancel()
	<-ended
}
