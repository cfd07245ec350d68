package channel

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"relink/backend/integration"
	"relink/backend/secret"
)

const telegramAPI = "https://api.telegram.org/bot"

// telegram sends as a bot, without a parse mode: the text is shown as it is. What belongs to an incident
// answers its first message (core.telegram.org/bots/api#sendmessage).
func (s *Sender) telegram(ctx context.Context, c integration.Channel, secrets secret.Fields, m integration.Message) (string, error) {
	body := map[string]any{
		"chat_id": c.Settings["chat"], "text": m.Title + "\n\n" + m.Text,
		"link_preview_options": map[string]any{"is_disabled": true},
	}
	if first, err := strconv.ParseInt(m.Reference, 10, 64); err == nil {
		body["reply_parameters"] = map[string]any{"message_id": first, "allow_sending_without_reply": true}
	}
	answer, err := s.post(ctx, telegramAPI+secrets["token"].Reveal()+"/sendMessage", nil, body)
	var said struct {
		OK     bool `json:"ok"`
		Result struct {
			MessageID int64 `json:"message_id"`
		} `json:"result"`
		Parameters struct {
			RetryAfter int `json:"retry_after"` // seconds
		} `json:"parameters"`
	}
	unread := json.Unmarshal(answer, &said)
	var failed *integration.DeliveryError
	if errors.As(err, &failed) {
		if wait := said.Parameters.RetryAfter; wait > 0 {
			failed.RetryAfter = min(time.Duration(wait)*time.Second, longestWait)
		}
		return "", failed
	}
	if unread != nil || !said.OK {
		return "", &integration.DeliveryError{Code: integration.DeliveryRejected}
	}
	return strconv.FormatInt(said.Result.MessageID, 10), nil
}
