package channel

import (
	"context"

	"relink/backend/integration"
	"relink/backend/secret"
)

// teams posts an Adaptive Card to a workflow "when a Teams webhook request is received"
// (learn.microsoft.com, Create incoming webhooks with Workflows). Runs of rich text are shown as they
// are, where a text block would read Markdown in them.
func (s *Sender) teams(ctx context.Context, secrets secret.Fields, m integration.Message) (string, error) {
	run := func(text string, bold bool) map[string]any {
		r := map[string]any{"type": "TextRun", "text": text}
		if bold {
			r["weight"], r["size"] = "bolder", "medium"
		}
		return map[string]any{"type": "RichTextBlock", "inlines": []any{r}}
	}
	card := map[string]any{
		"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
		"body": []any{run(m.Title, true), run(m.Text, false)},
	}
	_, err := s.post(ctx, secrets["url"].Reveal(), nil, map[string]any{
		"type": "message",
		"attachments": []any{map[string]any{
			"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil, "content": card,
		}},
	})
	return "", err
}
