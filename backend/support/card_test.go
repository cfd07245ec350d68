package support_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf16"

	"relink/backend/integration"
	"relink/backend/support"
)

func example() support.Card {
	return support.Card{
		To: "Ana", Integration: "Anúncios São Paulo", Provider: "Google Ads", Account: "ana@shop.example", Way: support.WaySignIn,
		What: "Anúncios São Paulo needs to be reconnected.", Page: "https://ads.google.com/aw/accountaccess/users",
		Boxes: []support.Box{{ID: "https://www.googleapis.com/auth/adwords", Why: "to read campaigns"}}, Items: []string{"Loja ção 123"},
		Theirs: &support.Theirs{Button: "Google Ads", Again: "Tick the same accounts again."},
	}
}

// inPDF says whether the page shows the text: its font is told letters as UTF-16, and ( ) \ are escaped.
func inPDF(page []byte, text string) bool {
	var wanted []byte
	for _, u := range utf16.Encode([]rune(text)) {
		wanted = append(wanted, byte(u>>8), byte(u))
	}
	return bytes.Contains(page, wanted)
}

func TestTheCardNamesAccountButtonAndBoxesInBothLanguagesAndAllFormats(t *testing.T) {
	for lang, wanted := range map[string][]string{
		"en":    {"Hello Ana,", "ana@shop.example", "choose Reconnect at", "https://www.googleapis.com/auth/adwords", "Loja ção 123", "Choose Google Ads", "Manage Data > Integrations"},
		"pt-BR": {"Olá, Ana,", "ana@shop.example", "escolha Reconectar em", "https://www.googleapis.com/auth/adwords", "Loja ção 123", "Escolha Google Ads", "Atenção", "não contém senha"},
	} {
		p := printer(t, lang)
		page, err := example().HTML(p)
		if err != nil {
			t.Fatal(err)
		}
		pdf, err := example().PDF(p)
		if err != nil {
			t.Fatal(err)
		}
		page = strings.NewReplacer("&gt;", ">").Replace(page)
		for _, want := range wanted {
			first, _, _ := strings.Cut(want, " ") // a line of the PDF may break at a space
			if !strings.Contains(example().Text(p), want) || !strings.Contains(page, want) || !inPDF(pdf, first) {
				t.Errorf("%s: %q: text %v, html %v, pdf %v", lang, want, strings.Contains(example().Text(p), want), strings.Contains(page, want), inPDF(pdf, first))
			}
		}
		if strings.Contains(example().Text(p), "card.") || len(pdf) > 400_000 {
			t.Errorf("%s: a key without a sentence, or %d bytes of PDF:\n%s", lang, len(pdf), example().Text(p))
		}
	}
}

func TestW2ACardShowsNamesAsText(t *testing.T) {
	card := example()
	card.To, card.Account = `<img src=x onerror=alert(1)>`, "\u202eevil\x1b[31m"
	card.Page = "javascript:alert(1)"
	card.Items = []string{`</li><script>alert(1)</script>`}
	page, err := card.HTML(printer(t, "en"))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<img", "<script", "javascript:", "\u202e", "\x1b"} {
		if strings.Contains(page, bad) || bad != "<img" && bad != "<script" && strings.Contains(card.Text(printer(t, "en")), bad) {
			t.Errorf("%q is in the card", bad)
		}
	}
}

func TestTheWayFollowsTheMethodAndTheFinding(t *testing.T) {
	for _, c := range []struct {
		method integration.Method
		next   integration.NextStep
		want   support.Way
	}{
		{integration.MethodOAuth2Code, integration.NextReconnect, support.WaySignIn},
		{integration.MethodOAuth2Code, integration.NextAskOwner, support.WayAccess},
		{integration.MethodAPIKey, integration.NextUpdateCredentials, support.WayKey},
		{integration.MethodAPIKey, integration.NextAskOwner, support.WayAccess},
		{integration.MethodDatabaseLogin, integration.NextAskOwner, support.WayDatabase},
	} {
		if got := support.WayFor(c.method, c.next); got != c.want {
			t.Errorf("%s, %s: %s, want %s", c.method, c.next, got, c.want)
		}
	}
}

func TestEveryWayHasItsSentences(t *testing.T) {
	for _, lang := range []string{"en", "pt-BR"} {
		for _, way := range []support.Way{support.WaySignIn, support.WayKey, support.WayAccess, support.WayDatabase} {
			card := example()
			card.Way, card.Account, card.To = way, "", ""
			if text := card.Text(printer(t, lang)); strings.Contains(text, "card.") || strings.Contains(text, "{") {
				t.Errorf("%s, %s:\n%s", lang, way, text)
			}
		}
	}
}
