package catalog

import (
	"strings"
	"testing"

	"relink/backend/integration"
)

// TestFindingsLeadToASectionOfEveryGuide follows every next step into every built-in guide, in both languages.
func TestFindingsLeadToASectionOfEveryGuide(t *testing.T) {
	c, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	steps := []integration.NextStep{integration.NextUpdateCredentials, integration.NextAskOwner, integration.NextCheckSettings}
	for _, p := range c.All() {
		steps := steps
		if _, consents := p.Method(integration.MethodOAuth2Code); consents {
			steps = append([]integration.NextStep{integration.NextReconnect, integration.NextFixOAuthApp}, steps...)
		}
		for _, step := range steps {
			var titles []string
			for _, lang := range []string{"en", "pt-BR"} {
				for _, name := range (integration.Finding{Next: step}).Sections() {
					if title, text := Section(c.Guide(p.ID, lang), name); title != "" && text != "" {
						titles = append(titles, title)
						break
					}
				}
			}
			if len(titles) != 2 || strings.Contains(strings.Join(titles, ""), "{") {
				t.Errorf("%s: %s leads to %q", p.ID, step, titles)
			}
		}
	}
}

func TestSectionIsFoundByItsName(t *testing.T) {
	const guide = "# Stripe\n\n## Renew the key {#renew}\n1. One\n2. Two\n\n## Else\nNo\n\n## Withdraw {#withdraw}\nThere.\n"
	if title, text := Section(guide, integration.SectionRenew); title != "Renew the key" || text != "1. One\n2. Two" {
		t.Errorf("%q, %q", title, text)
	}
	if title, text := Section(guide, integration.SectionWithdraw); title != "Withdraw" || text != "There." {
		t.Errorf("%q, %q", title, text)
	}
	for _, absent := range []integration.Section{integration.SectionApp, integration.SectionNone} {
		if title, text := Section(guide, absent); title != "" || text != "" {
			t.Errorf("%q: %q, %q", absent, title, text)
		}
	}
}
