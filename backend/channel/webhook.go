package channel

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"relink/backend/integration"
	"relink/backend/secret"
)

// event is what a webhook of the person's own receives.
type event struct {
	Type         string            `json:"type"`      // incident.broken, incident.reminder, incident.recovered, login.ends, test
	Timestamp    string            `json:"timestamp"` // RFC 3339
	Thread       string            `json:"thread"`    // the same for all that is told about an incident
	Title        string            `json:"title"`
	Text         string            `json:"text"`
	Cause        integration.Cause `json:"cause"`
	Integrations []string          `json:"integrations"`
}

// webhook posts an event in the manner of Standard Webhooks (standardwebhooks.com): with a signing
// secret, the receiver can tell that it came from here and was not sent twice.
func (s *Sender) webhook(ctx context.Context, secrets secret.Fields, m integration.Message) (string, error) {
	kind := "incident." + string(m.Kind)
	switch m.Kind {
	case integration.MessageTest:
		kind = "test"
	case integration.MessageEnds:
		kind = "login.ends"
	}
	content, err := json.Marshal(event{
		Type: kind, Timestamp: m.At.UTC().Format(time.RFC3339), Thread: m.Thread, Title: m.Title, Text: m.Text,
		Cause: m.Cause, Integrations: append([]string{}, m.Integrations...),
	})
	if err != nil {
		return "", &integration.DeliveryError{Code: integration.DeliveryRejected}
	}
	stamp := strconv.FormatInt(s.o.Now().Unix(), 10)
	header := http.Header{"Webhook-Id": {m.ID}, "Webhook-Timestamp": {stamp}}
	if key := secrets["signing_secret"]; !key.Empty() {
		mac := hmac.New(sha256.New, signingKey(key))
		mac.Write([]byte(m.ID + "." + stamp + "."))
		mac.Write(content)
		header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	_, err = s.postRaw(ctx, secrets["url"].Reveal(), header, content)
	return "", err
}

// signingKey is the secret's bytes: those that follow "whsec_" in base64, or the text itself.
func signingKey(key secret.Text) []byte {
	if encoded, ok := strings.CutPrefix(key.Reveal(), "whsec_"); ok {
		if raw, err := base64.StdEncoding.DecodeString(encoded); err == nil {
			return raw
		}
	}
	return []byte(key.Reveal())
}
