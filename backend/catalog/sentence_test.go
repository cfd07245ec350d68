package catalog_test

import (
	"strings"
	"testing"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/locale"
)

// TestEveryCodeReadsAsASentence makes each problem once and prints it in both languages, with
// nothing left open.
func TestEveryCodeReadsAsASentence(t *testing.T) {
	sentences, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	label := integration.Localized{"en": "Field", "pt-BR": "Campo"}
	for _, tc := range []struct {
		field       integration.Field
		value, code string
	}{
		{integration.Field{Kind: integration.FieldText}, "", "required"},
		{integration.Field{Kind: integration.FieldText, Pattern: "a", Example: "a"}, "b", "pattern"},
		{integration.Field{Kind: integration.FieldHost}, "https://x", "host_has_scheme"},
		{integration.Field{Kind: integration.FieldHost}, "x/y", "host_has_path"},
		{integration.Field{Kind: integration.FieldHost}, "x y", "host_invalid"},
		{integration.Field{Kind: integration.FieldPort}, "x", "port_range"},
		{integration.Field{Kind: integration.FieldURL}, "x", "url_invalid"},
		{integration.Field{Kind: integration.FieldURL}, "http://x.example", "url_not_https"},
		{integration.Field{Kind: integration.FieldNumber}, "x", "number_invalid"},
		{integration.Field{Kind: integration.FieldChoice, Choices: []string{"a", "b"}}, "c", "choice_unknown"},
		{integration.Field{Kind: integration.FieldText}, strings.Repeat("x", 3000), "too_long"},
		{integration.Field{Kind: integration.FieldText}, "a\nb", "control_characters"},
	} {
		tc.field.ID, tc.field.Label = "f", label
		problems := catalog.ValidateFields([]integration.Field{tc.field}, map[string]string{"f": tc.value}, nil)
		if len(problems) != 1 || problems[0].Code != tc.code {
			t.Errorf("%q: got %v, want %s", tc.value, problems, tc.code)
			continue
		}
		for _, lang := range locale.Languages() {
			for _, part := range []string{".problem", ".fix"} {
				said := sentences.In(lang).Text(integration.Text{Key: "input." + tc.code + part, Args: problems[0].Args})
				if strings.ContainsAny(said, "{}\n") || strings.HasPrefix(said, "input.") {
					t.Errorf("%s: %q", lang, said)
				}
			}
		}
	}
}
