package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/monitor"
	"relink/backend/support"
	"relink/backend/view"
)

// The formats of a card.
const (
	cardText = "text"
	cardHTML = "html"
	cardPDF  = "pdf"
)

func (r *run) cardCommand() *cobra.Command {
	var lang, to, out string
	var preview bool
	format := cardText
	c := &cobra.Command{
		Use: "card NAME", Short: "Write a page for whoever owns the account: what to do, without any secret", Args: arguments(cobra.ExactArgs(1)),
		Long: `Write one page for the colleague or the agency that owns an integration's
account: which account, which button, which boxes. No secret is on it. An
integration that is broken waits for an Admin afterwards, and you are reminded
daily, five times at most.`,
		RunE: r.each(func(p *Parts, ctx context.Context, i integration.Integration) error {
			content, err := p.CardFile(ctx, view.CardRequest{ID: i.ID, Lang: lang, To: to, Format: format})
			if err != nil {
				return err
			}
			if err := r.deliver(out, format == cardPDF, content); err != nil || preview {
				return err
			}
			return p.Ask(ctx, i.ID, to)
		}),
	}
	c.Flags().StringVar(&lang, "lang", "", "en or pt-BR; the language in use when it is not given")
	c.Flags().StringVar(&format, "format", format, "text, html or pdf")
	c.Flags().StringVar(&to, "to", "", "whom it addresses")
	c.Flags().StringVar(&out, "out", "", "write this file instead of printing it; its owner alone can read it")
	c.Flags().BoolVar(&preview, "preview", false, "only show it: nobody was asked yet")
	return c
}

// deliver prints what was made, or saves it. What a terminal cannot show is not printed on one.
func (r *run) deliver(path string, binary bool, content []byte) error {
	if path != "" {
		return saved(path, support.Save(path, content))
	}
	if file, ok := r.stdout.(*os.File); ok && binary && term.IsTerminal(int(file.Fd())) {
		return problem("--out", "required", "")
	}
	_, err := r.Out.Write(content)
	return err
}

// saved tells as an input error that a file could not be written.
func saved(path string, err error) error {
	if err == nil {
		return nil
	}
	var system syscall.Errno
	args := map[string]string{"value": path, "detail": err.Error()}
	if errors.As(err, &system) {
		args["detail"] = system.Error()
	}
	return integration.InputErrors{{Field: "--out", Code: "out_unwritable", Args: args}}
}

// Card is the page for whoever owns the account, as it is previewed.
func (p *Parts) Card(ctx context.Context, q view.CardRequest) (view.Card, error) {
	card, say, err := p.card(q)
	if err != nil {
		return view.Card{}, err
	}
	kinds := map[support.LineKind]string{
		support.LineHeading: "heading", support.LineText: "text", support.LineStep: "step", support.LineBox: "box", support.LineLink: "link",
	}
	lines := card.Lines(say)
	v := view.Card{Title: lines[0].Text, Lines: []view.CardLine{}, Text: card.Text(say)}
	for _, l := range lines[1:] {
		v.Lines = append(v.Lines, view.CardLine{Kind: kinds[l.Kind], Text: l.Text, Note: l.Note})
	}
	return v, nil
}

// CardFile is the card in one of its formats. Wrong input is returned as integration.InputErrors.
func (p *Parts) CardFile(_ context.Context, q view.CardRequest) ([]byte, error) {
	card, say, err := p.card(q)
	if err != nil {
		return nil, err
	}
	switch q.Format {
	case cardText:
		return []byte(card.Text(say)), nil
	case cardHTML:
		page, err := card.HTML(say)
		return []byte(page), err
	case cardPDF:
		return card.PDF(say)
	}
	return nil, choiceProblem("--format", q.Format, cardText, cardHTML, cardPDF)
}

// Ask notes that the owner was asked; in view-only mode nothing is noted.
func (p *Parts) Ask(ctx context.Context, id, whom string) error {
	if p.Store.ReadOnly() {
		return nil
	}
	return p.Monitor.Ask(ctx, id, support.Clean(whom))
}

// card gathers what the card tells, and the printer of its language.
func (p *Parts) card(q view.CardRequest) (support.Card, locale.Printer, error) {
	say := p.Printer()
	if q.Lang != "" {
		if !slices.Contains(locale.Languages(), q.Lang) {
			return support.Card{}, say, choiceProblem("--lang", q.Lang, locale.Languages()...)
		}
		say = p.Sentences.In(q.Lang)
	}
	seen, err := p.Monitor.One(q.ID)
	if err != nil {
		return support.Card{}, say, err
	}
	source := p.source(seen)
	card := support.Card{
		To: q.To, Integration: seen.Integration.Name, Provider: source.ProviderName, Account: view.AccountName(source.Grant.Account),
		Way: support.WayFor(seen.Grant.Method, seen.State.Finding.Next),
	}
	if seen.State.Finding.Verdict == integration.VerdictFailing {
		card.What = say.Text(support.Told(integration.Text{Key: "finding." + seen.State.Finding.Rule + ".what", Args: view.SentenceArgs(seen.State.Finding, source)}))
	}
	for _, item := range source.Grant.Resources {
		card.Items = append(card.Items, view.AccountName(integration.Account(item)))
	}
	if provider, ok := p.Catalog.Provider(seen.Integration.ProviderID); ok {
		p.fillCard(&card, provider, seen, say.Lang())
	}
	return card, say, nil
}

// fillCard adds what the catalog knows: the page, the permissions, and the button over there.
func (p *Parts) fillCard(card *support.Card, provider catalog.Provider, seen monitor.Seen, lang string) {
	pages := links(provider, seen.Integration.Settings)
	card.Page = pages.Access
	if card.Way == support.WayKey || card.Page == "" && card.Way != support.WaySignIn {
		card.Page = pages.Keys
	}
	if card.Way == support.WaySignIn {
		card.Page = "" // the consent page has an address of its own, which only a browser on the way may see
	}
	if method, ok := provider.Method(seen.Grant.Method); ok && method.OAuth != nil {
		for _, s := range method.OAuth.Scopes {
			card.Boxes = append(card.Boxes, support.Box{ID: s.ID, Why: s.Why.In(lang)})
		}
	}
	if theirs := provider.CommerceIntelligence; theirs != nil {
		card.Theirs = &support.Theirs{Button: theirs.Button, Again: theirs.Again.In(lang)}
	}
}

// choiceProblem is an input error that names what may be chosen.
func choiceProblem(field, value string, choices ...string) error {
	return integration.InputErrors{{Field: field, Code: "choice_unknown", Args: map[string]string{"value": value, "choices": strings.Join(choices, ", ")}}}
}

// CardName is the name of a card's file.
func CardName(q view.CardRequest) string {
	return fmt.Sprintf("relink-%s.%s", pick(q.Lang == locale.Brazilian, "instrucoes", "instructions"), pick(q.Format == cardText, "txt", q.Format))
}
