package channel_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/channel"
	"relink/backend/integration"
	"relink/backend/secret"
	"relink/build/canary"
)

// The secrets of every channel here: none of them may be seen anywhere but where it belongs.
const (
	token    = "777:CNRY-token-0123456789"
	password = "CNRY-password-9876543210"
	path     = "/T000/B000/CNRY-address-4711"
)

var message = integration.Message{
	ID: "thr_1.broken", Thread: "thr_1", Kind: integration.MessageBroken, Title: `<!channel> *Shop* & Co needs you`,
	Text: "Line one\n@everyone line two", Integrations: []string{"Shop & Co"}, Cause: integration.CauseExpired, At: time.Date(2026, 9, 21, 14, 0, 0, 0, time.UTC),
}

func followUp(reference string) integration.Message {
	m := message
	m.ID, m.Kind, m.Title, m.First, m.Reference = "thr_1.recovered", integration.MessageRecovered, "Shop works again", message.Title, reference
	return m
}

func texts(pairs ...string) secret.Fields {
	f := secret.Fields{}
	for i := 0; i < len(pairs); i += 2 {
		f[pairs[i]] = secret.New(pairs[i+1])
	}
	return f
}

func codeOf(err error) string {
	if err == nil {
		err = errNothing
	}
	var failed *integration.DeliveryError
	if errors.As(err, &failed) {
		return failed.Code
	}
	return err.Error()
}

// body reads what arrived as JSON.
func body(t *testing.T, r request) map[string]any {
	t.Helper()
	var m map[string]any
	check(t, json.Unmarshal([]byte(r.body), &m))
	return m
}

func TestSlackAnswersInTheThreadOfTheFirstMessage(t *testing.T) {
	w := newWorld(t)
	w.says(200, nil, `{"ok":true,"channel":"C1","ts":"1503435956.000247","message":{}}`)
	c := integration.Channel{Kind: integration.ChannelSlack, Settings: map[string]string{"channel": "C1"}}
	secrets := texts("token", token)
	reference, err := w.sender().Send(t.Context(), c, secrets, message)
	check(t, err)
	_, err = w.sender().Send(t.Context(), c, secrets, followUp(reference))
	check(t, err)
	got := w.requests()
	if got[0].host != "slack.com" || got[0].path != "/api/chat.postMessage" || got[0].header.Get("Authorization") != "Bearer "+token {
		t.Errorf("asked %s%s", got[0].host, got[0].path)
	}
	first, second := body(t, got[0]), body(t, got[1])
	if _, ok := first["thread_ts"]; ok || first["channel"] != "C1" {
		t.Errorf("the first message is %v", first)
	}
	if text := fmt.Sprint(first["text"]); strings.Contains(text, "<!channel>") || !strings.Contains(text, "&lt;!channel&gt;") || !strings.Contains(text, "&amp;") {
		t.Errorf("a name can call a whole channel: %s", text)
	}
	if second["thread_ts"] != "1503435956.000247" || second["reply_broadcast"] != true {
		t.Errorf("the recovery is %v", second)
	}
}

func TestSlackSaysWhyInItsBody(t *testing.T) {
	w := newWorld(t)
	c := integration.Channel{Kind: integration.ChannelSlack, Settings: map[string]string{"channel": "C1"}}
	for answer, want := range map[string]string{
		"token_revoked": integration.DeliveryRefused, "not_in_channel": integration.DeliveryRefused,
		"ratelimited": integration.DeliveryBusy, "msg_too_long": integration.DeliveryRejected,
	} {
		w.says(200, nil, `{"ok":false,"error":"`+answer+`"}`)
		_, err := w.sender().Send(t.Context(), c, texts("token", token), message)
		if got := codeOf(err); got != want {
			t.Errorf("%s is %s, want %s", answer, got, want)
		}
	}
}

func TestTelegramAnswersTheFirstMessage(t *testing.T) {
	w := newWorld(t)
	w.says(200, nil, `{"ok":true,"result":{"message_id":815,"date":1}}`)
	c := integration.Channel{Kind: integration.ChannelTelegram, Settings: map[string]string{"chat": "-100123"}}
	reference, err := w.sender().Send(t.Context(), c, texts("token", token), message)
	check(t, err)
	_, err = w.sender().Send(t.Context(), c, texts("token", token), followUp(reference))
	check(t, err)
	got := w.requests()
	if got[0].host != "api.telegram.org" || got[0].path != "/bot"+token+"/sendMessage" {
		t.Errorf("asked %s", got[0].host)
	}
	first, second := body(t, got[0]), body(t, got[1])
	if first["chat_id"] != "-100123" || first["parse_mode"] != nil || !strings.Contains(fmt.Sprint(first["text"]), message.Title) {
		t.Errorf("the first message is %v", first)
	}
	want := map[string]any{"message_id": 815.0, "allow_sending_without_reply": true}
	if diff := cmp.Diff(want, second["reply_parameters"]); diff != "" {
		t.Error(diff)
	}
	w.says(429, nil, `{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":42}}`)
	_, err = w.sender().Send(t.Context(), c, texts("token", token), message)
	var failed *integration.DeliveryError
	if !errors.As(err, &failed) || failed.Code != integration.DeliveryBusy || failed.RetryAfter != 42*time.Second {
		t.Errorf("a flood is %+v", failed)
	}
}

func TestTeamsGetsAnAdaptiveCardWithoutMarkdown(t *testing.T) {
	w := newWorld(t)
	w.says(202, nil, "")
	_, err := w.sender().Send(t.Context(), integration.Channel{Kind: integration.ChannelTeams}, texts("url", "https://prod.westeurope.logic.azure.com"+path), message)
	check(t, err)
	got := body(t, w.requests()[0])
	attachment := got["attachments"].([]any)[0].(map[string]any)
	if got["type"] != "message" || attachment["contentType"] != "application/vnd.microsoft.card.adaptive" {
		t.Errorf("sent %v", got)
	}
	card := attachment["content"].(map[string]any)
	for _, block := range card["body"].([]any) {
		if kind := block.(map[string]any)["type"]; kind != "RichTextBlock" {
			t.Errorf("%v reads Markdown in a name", kind)
		}
	}
	if card["type"] != "AdaptiveCard" || !strings.Contains(w.requests()[0].body, "line two") {
		t.Errorf("the card is %v", card)
	}
}

func TestDiscordMentionsNobodyAndKeepsToItsLimit(t *testing.T) {
	w := newWorld(t)
	w.says(204, nil, "")
	long := message
	long.Text = strings.Repeat("ç", 3000)
	_, err := w.sender().Send(t.Context(), integration.Channel{Kind: integration.ChannelDiscord}, texts("url", "https://discord.com/api/webhooks"+path), long)
	check(t, err)
	got := body(t, w.requests()[0])
	if diff := cmp.Diff(map[string]any{"parse": []any{}}, got["allowed_mentions"]); diff != "" {
		t.Error(diff)
	}
	if n := len([]rune(got["content"].(string))); n != 2000 {
		t.Errorf("%d characters", n)
	}
}

func TestAWebhookIsToldWhatAMessageIsAbout(t *testing.T) {
	w := newWorld(t)
	want := map[integration.MessageKind]string{
		integration.MessageBroken: "incident.broken", integration.MessageReminder: "incident.reminder", integration.MessageRecovered: "incident.recovered",
		integration.MessageEnds: "login.ends", integration.MessageTest: "test",
	}
	for kind, name := range want {
		m := message
		m.Kind = kind
		_, err := w.sender().Send(t.Context(), integration.Channel{Kind: integration.ChannelWebhook}, texts("url", "https://shop.example/x"), m)
		check(t, err)
		got := w.requests()
		if told := body(t, got[len(got)-1])["type"]; told != name {
			t.Errorf("%s is told as %v, want %s", kind, told, name)
		}
	}
}

func TestWebhookIsSignedInTheMannerOfStandardWebhooks(t *testing.T) {
	w := newWorld(t)
	key := []byte("0123456789abcdef0123456789abcdef")
	secrets := texts("url", "https://shop.example"+path, "signing_secret", "whsec_"+base64.StdEncoding.EncodeToString(key))
	_, err := w.sender().Send(t.Context(), integration.Channel{Kind: integration.ChannelWebhook}, secrets, message)
	check(t, err)
	got := w.requests()[0]
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "thr_1.broken.1790000000.%s", got.body)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); got.header.Get("Webhook-Signature") != want || got.header.Get("Webhook-Id") != "thr_1.broken" {
		t.Errorf("signed %q as %q, want %q", got.header.Get("Webhook-Id"), got.header.Get("Webhook-Signature"), want)
	}
	want := map[string]any{
		"type": "incident.broken", "timestamp": "2026-09-21T14:00:00Z", "thread": "thr_1", "title": message.Title, "text": message.Text,
		"cause": "expired", "integrations": []any{"Shop & Co"},
	}
	if diff := cmp.Diff(want, body(t, got)); diff != "" {
		t.Error(diff)
	}
}

func TestW7NoChannelSecretIsForwardedOrQuoted(t *testing.T) {
	w := newWorld(t)
	all := map[integration.ChannelKind]secret.Fields{
		integration.ChannelSlack: texts("url", "https://hooks.slack.com"+path), integration.ChannelTeams: texts("url", "https://prod.westeurope.logic.azure.com"+path),
		integration.ChannelTelegram: texts("token", token), integration.ChannelDiscord: texts("url", "https://discord.com"+path), integration.ChannelWebhook: texts("url", "https://shop.example"+path),
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		w.says(status, map[string]string{"Location": "https://evil.example/take"}, "")
		for kind, secrets := range all {
			_, err := w.sender().Send(t.Context(), integration.Channel{Kind: kind}, secrets, message)
			if codeOf(err) != integration.DeliveryRefused {
				t.Errorf("%s: a %d is %s", kind, status, codeOf(err))
			}
		}
	}
	for _, r := range w.requests() {
		if r.host == "evil.example" {
			t.Errorf("%s was asked for %s", r.host, r.path)
		}
	}
	// Nobody answers: Go's own error would quote the address.
	w.web.Close()
	for kind, secrets := range all {
		_, err := w.sender().Send(t.Context(), integration.Channel{Kind: kind}, secrets, message)
		if codeOf(err) != integration.DeliveryUnreachable {
			t.Errorf("%s: no answer is %s", kind, codeOf(err))
		}
		for _, s := range []string{token, path} {
			if form := canary.Find([]byte(fmt.Sprintf("%v %+v", err, err)), s); form != "" {
				t.Errorf("%s: the error holds the secret (%s)", kind, form)
			}
		}
	}
}

func TestStatusesAreSortedAndRetryAfterIsBounded(t *testing.T) {
	w := newWorld(t)
	for _, tc := range []struct {
		status int
		after  string
		want   integration.DeliveryError
	}{
		{401, "", integration.DeliveryError{Code: integration.DeliveryRefused}},
		{404, "", integration.DeliveryError{Code: integration.DeliveryRefused}},
		{410, "", integration.DeliveryError{Code: integration.DeliveryRefused}},
		{400, "", integration.DeliveryError{Code: integration.DeliveryRejected}},
		{429, "1.5", integration.DeliveryError{Code: integration.DeliveryBusy, RetryAfter: 1500 * time.Millisecond}},
		{503, "99999999999", integration.DeliveryError{Code: integration.DeliveryBusy, RetryAfter: 6 * time.Hour}},
		{503, "-5", integration.DeliveryError{Code: integration.DeliveryBusy}},
	} {
		w.says(tc.status, map[string]string{"Retry-After": tc.after}, "")
		_, err := w.sender().Send(t.Context(), integration.Channel{Kind: integration.ChannelWebhook}, texts("url", "https://shop.example/"), message)
		tc.want.Status = tc.status
		var got *integration.DeliveryError
		if !errors.As(err, &got) || *got != tc.want {
			t.Errorf("%d with Retry-After %q is %+v, want %+v", tc.status, tc.after, got, tc.want)
		}
	}
}

func TestAnUnknownCertificateEndsBeforeAnythingIsSent(t *testing.T) {
	w := newWorld(t)
	sender := channel.NewSender(channel.Options{Dial: w.dial, Now: time.Now})
	_, err := sender.Send(t.Context(), integration.Channel{Kind: integration.ChannelDiscord}, texts("url", "https://discord.com"+path), message)
	if codeOf(err) != integration.DeliveryUntrusted || len(w.requests()) != 0 {
		t.Errorf("%s after %d requests", codeOf(err), len(w.requests()))
	}
}

func TestASilentServerEndsWithTheCaller(t *testing.T) {
	w := newWorld(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	w.answer = func(http.ResponseWriter, *http.Request) { close(arrived); <-release }
	defer close(release)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	_, err := w.sender().Send(ctx, integration.Channel{Kind: integration.ChannelWebhook}, texts("url", "https://shop.example/"), message)
	if codeOf(err) != integration.DeliveryUnreachable {
		t.Errorf("silence is %s", codeOf(err))
	}
}

func TestValidateKnowsEachServicesOwnAddresses(t *testing.T) {
	good := map[integration.ChannelKind][]string{
		integration.ChannelSlack:   {"https://hooks.slack.com/services/T0/B0/x"},
		integration.ChannelTeams:   {"https://prod-1.westeurope.logic.azure.com:443/workflows/x", "https://a.b.api.powerplatform.com/x"},
		integration.ChannelDiscord: {"https://discord.com/api/webhooks/1/x"},
		integration.ChannelWebhook: {"https://shop.example/x", "http://127.0.0.1:8080/x", "http://[::1]/x"},
	}
	bad := map[integration.ChannelKind][]string{
		integration.ChannelSlack:   {"http://hooks.slack.com/x", "https://hooks.slack.com.evil.example/x", "https://evilhooks.slack.com/x", "https://a:b@hooks.slack.com/x"},
		integration.ChannelTeams:   {"https://logic.azure.com.evil.example/x", "https://evil.example/.logic.azure.com"},
		integration.ChannelDiscord: {"https://evil.example/", "discord.com/api"},
		integration.ChannelWebhook: {"http://shop.example/x", "http://localhost/x", "http://169.254.169.254/x", "ftp://shop.example", "file:///etc/passwd", "https:///x"},
	}
	look := func(all map[integration.ChannelKind][]string, well bool) {
		for kind, addresses := range all {
			for _, a := range addresses {
				problems := channel.Validate(kind, nil, texts("url", a))
				if (len(problems) == 0) != well {
					t.Errorf("%s at %s: %v", kind, a, problems)
				}
				if form := canary.Find([]byte(fmt.Sprint(problems)), a); form != "" {
					t.Errorf("%s: the problem repeats the address", kind)
				}
			}
		}
	}
	look(good, true)
	look(bad, false)
}
