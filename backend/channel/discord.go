package channel

import (
	"context"

	"relink/backend/integration"
	"relink/backend/secret"
)

// maxDiscord is how many characters a message may have (docs.discord.com, Execute Webhook).
const maxDiscord = 2000

// discord posts to a webhook. Nobody is mentioned, whatever a name says.
func (s *Sender) discord(ctx context.Context, secrets secret.Fields, m integration.Message) (string, error) {
	text := []rune(m.Title + "\n" + m.Text)
	if len(text) > maxDiscord {
		text = append(text[:maxDiscord-1], '…')
	}
	_, err := s.post(ctx, secrets["url"].Reveal(), nil, map[string]any{
		"content": string(text), "allowed_mentions": map[string]any{"parse": []string{}},
		"flags": 4, // no previews of links
	})
	return "", err
}
