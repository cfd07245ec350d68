package channel_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"relink/backend/alert"
	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/secret"
)

// told is the memory of a courier: what is broken, and what the one channel was told.
type told struct {
	channel integration.Channel
	outages []integration.Outage
	threads []integration.Thread
}

func (m *told) Channels(context.Context) ([]integration.Channel, error) {
	return []integration.Channel{m.channel}, nil
}
func (m *told) Outages(context.Context) ([]integration.Outage, error) { return m.outages, nil }
func (m *told) Threads(context.Context, time.Time) ([]integration.Thread, error) {
	return slices.Clone(m.threads), nil
}
func (m *told) EndsTold(context.Context) ([]integration.EndTold, error)  { return nil, nil }
func (m *told) SaveEnds(context.Context, []integration.EndTold) error    { return nil }
func (m *told) Delivered(_ context.Context, c integration.Channel) error { m.channel = c; return nil }

func (m *told) SaveThread(_ context.Context, t integration.Thread) error {
	for i := range m.threads {
		if m.threads[i].ID == t.ID {
			m.threads[i] = t
			return nil
		}
	}
	m.threads = append(m.threads, t)
	return nil
}

// One incident from its opening over a reminder to the recovery, worded and sent by the parts that the
// product uses, and read back from the mail server.
func TestOneIncidentIsOneConversationByMailInBothLanguages(t *testing.T) {
	sentences, err := locale.Load()
	check(t, err)
	for lang, subject := range map[string]string{locale.English: "needs to be reconnected", locale.Brazilian: "precisa ser reconectada"} {
		t.Run(lang, func(t *testing.T) {
			w := newWorld(t)
			office := w.office("starttls")
			now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
			m := &told{channel: mailChannel("starttls")}
			courier := alert.NewCourier(alert.CourierOptions{
				Store: m, Now: func() time.Time { return now }, Printer: func() locale.Printer { return sentences.In(lang) },
				Send: func(ctx context.Context, c integration.Channel, message integration.Message) (string, error) {
					return w.sender().Send(ctx, c, secret.Fields{"password": secret.New(password)}, message)
				},
			})
			pass := func() {
				t.Helper()
				_, err := courier.Pass(t.Context())
				check(t, err)
				if m.channel.Failure != "" {
					t.Fatalf("not delivered: %s", m.channel.Failure)
				}
			}
			m.outages = []integration.Outage{{Name: "Loja São João", Incident: integration.Incident{ID: "inc_1", IntegrationID: "int_1", OpenedAt: now, Finding: integration.Finding{
				Cause: integration.CauseExpired, Rule: "invalid-grant", Status: integration.StatusNeedsReauthorization,
			}}}}
			now = now.Add(time.Minute)
			pass()
			now = now.Add(25 * time.Hour)
			pass()
			m.outages, now = nil, now.Add(time.Hour)
			pass()

			got := office.Letters()
			if len(got) != 3 {
				t.Fatalf("%d letters were taken", len(got))
			}
			first := got[0].Header.Get("Message-Id")
			if !strings.Contains(got[0].Subject, "Loja São João") || !strings.Contains(got[0].Subject, subject) || got[0].Header.Get("In-Reply-To")+got[0].Header.Get("References") != "" {
				t.Errorf("the opening is %q", got[0].Subject)
			}
			names := map[string]bool{first: true}
			for i, l := range got[1:] {
				if l.Subject != "Re: "+got[0].Subject || l.Header.Get("In-Reply-To") != first || l.Header.Get("References") != first {
					t.Errorf("letter %d is %q in reply to %q, not to %q", i+2, l.Subject, l.Header.Get("In-Reply-To"), first)
				}
				names[l.Header.Get("Message-Id")] = true
			}
			if len(names) != 3 || !strings.HasSuffix(first, "@shop.example>") {
				t.Errorf("the letters are called %v", names)
			}
			say := sentences.In(lang)
			for i, want := range []string{
				say.T("notice.why.expired"), say.T("channel.reminder.text", "number", "1", "limit", "5"),
				say.T("channel.recovered.title", "count", "1", "integration", "Loja São João"),
			} {
				if !strings.Contains(got[i].Text, want) {
					t.Errorf("letter %d reads %q, without %q", i+1, got[i].Text, want)
				}
			}
		})
	}
}
