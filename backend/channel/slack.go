package channel

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"relink/backend/integration"
	"relink/backend/secret"
)

const slackAPI = "https://slack.com/api/chat.postMessage"

// slack posts with a bot's token, which can answer in a thread (docs.slack.dev, chat.postMessage), or to
// an incoming webhook, which cannot: it does not tell what its message is called.
func (s *Sender) slack(ctx context.Context, c integration.Channel, secrets secret.Fields, m integration.Message) (string, error) {
	text := slackText("*" + m.Title + "*\n" + m.Text)
	token := secrets["token"]
	if token.Empty() {
		_, err := s.post(ctx, secrets["url"].Reveal(), nil, map[string]any{"text": text})
		return "", err
	}
	body := map[string]any{"channel": c.Settings["channel"], "text": text, "unfurl_links": false}
	if m.Reference != "" {
		body["thread_ts"] = m.Reference
		body["reply_broadcast"] = m.Kind == integration.MessageRecovered
	}
	answer, err := s.post(ctx, slackAPI, http.Header{"Authorization": {"Bearer " + token.Reveal()}}, body)
	if err != nil {
		return "", err
	}
	var said struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
		TS    string `json:"ts"`
	}
	if json.Unmarshal(answer, &said) != nil || !said.OK {
		return "", &integration.DeliveryError{Code: slackMeaning(said.Error), Status: http.StatusOK}
	}
	return said.TS, nil
}

// slackMeaning sorts the documented errors of chat.postMessage.
func slackMeaning(code string) string {
	switch code {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope", "no_permission",
		"channel_not_found", "not_in_channel", "is_archived", "team_access_not_granted":
		return integration.DeliveryRefused
	case "rate_limited", "ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout":
		return integration.DeliveryBusy
	}
	return integration.DeliveryRejected
}

// slackText escapes the three characters that Slack gives a meaning, so that a name cannot call a whole
// channel.
func slackText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
