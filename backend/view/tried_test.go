package view_test

import (
	"strings"
	"testing"
	"time"

	"relink/backend/diagnosis"
	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/view"
)

func TestWhatWasTriedInVainNeverPromisesACheckThatWillNotCome(t *testing.T) {
	all, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range locale.Languages() {
		say := all.In(lang)
		for _, r := range diagnosis.Rules() {
			for _, pause := range []time.Duration{0, 40 * time.Second} {
				source := view.Source{ProviderName: "Sample Shop", Now: time.Date(2026, 11, 26, 14, 20, 0, 0, time.UTC)}
				f := view.TriedOf(integration.Finding{Verdict: r.Verdict, Rule: r.Name, Next: r.Next, RetryAfter: pause, Args: map[string]string{}}, source)
				args := map[string]string{}
				for name, value := range f.Do.Args {
					args[name] = value
				}
				args["retryAt"] = "NEXT"
				if sentence := say.Text(integration.Text{Key: f.Do.Key, Args: args}); sentence == "" || strings.Contains(sentence, "NEXT") || strings.Contains(sentence, f.Do.Key) {
					t.Errorf("%s, %s: %q", lang, r.Name, sentence)
				}
			}
		}
	}
}
