package support

import (
	_ "embed"
	"fmt"
	"html/template"
	"strings"

	"relink/backend/locale"
)

//go:embed card.html
var cardPage string

// HTML is the card as a page of its own: nothing in it is loaded from elsewhere, and nothing in it runs.
func (c Card) HTML(p locale.Printer) (string, error) {
	page, err := template.New("card").Parse(cardPage)
	if err != nil {
		return "", fmt.Errorf("read the page of the card: %w", err)
	}
	type section struct {
		Heading string
		Texts   []string
		Steps   []step
		Boxes   []Line
	}
	var title string
	sections := []section{{}}
	for _, l := range c.Lines(p) {
		last := &sections[len(sections)-1]
		switch l.Kind {
		case LineTitle:
			title = l.Text
		case LineHeading:
			sections = append(sections, section{Heading: l.Text})
		case LineText:
			last.Texts = append(last.Texts, l.Text)
		case LineStep:
			last.Steps = append(last.Steps, step{Text: l.Text})
		case LineLink:
			last.Steps[len(last.Steps)-1].Link = l.Text
		case LineBox:
			last.Boxes = append(last.Boxes, l)
		}
	}
	var out strings.Builder
	err = page.Execute(&out, map[string]any{"Lang": p.Lang(), "Title": title, "Sections": sections})
	if err != nil {
		return "", fmt.Errorf("write the card: %w", err)
	}
	return out.String(), nil
}

// step is a numbered line and the page that belongs to it.
type step struct{ Text, Link string }
