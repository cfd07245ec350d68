package diagnosis_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"testing"

	"encoding/json"

	"relink/backend/diagnosis"
	in "relink/backend/integration"
	"relink/backend/locale"
)

// supplied are the values that whoever renders a finding adds.
var supplied = []string{"integration", "provider", "account", "retryAt", "repair"}

var placeholder = regexp.MustCompile(`\{([A-Za-z]+)\}`)

// sentences reads one language's file: each key with all its forms as one text.
func sentences(t *testing.T, lang string) map[string]string {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	data, err := os.ReadFile(filepath.Join(filepath.Dir(here), "..", "locale", lang+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string, len(raw))
	for key, value := range raw {
		all[key] = string(value)
	}
	return all
}

func TestEveryRuleHasItsThreeSentencesInBothLanguages(t *testing.T) {
	for _, lang := range locale.Languages() {
		all := sentences(t, lang)
		for _, r := range diagnosis.Rules() {
			for _, part := range []string{"what", "why", "do"} {
				key := "finding." + r.Name + "." + part
				sentence, ok := all[key]
				if !ok {
					t.Errorf("%s lacks %s", lang, key)
				}
				for _, m := range placeholder.FindAllStringSubmatch(sentence, -1) {
					if !slices.Contains(supplied, m[1]) && !slices.Contains(r.Args, m[1]) {
						t.Errorf("%s: %s wants {%s}, which the rule does not supply", lang, key, m[1])
					}
					if m[1] == "retryAt" && r.Status != in.StatusRetrying {
						t.Errorf("%s: %s promises a next try, which its status does not have", lang, key)
					}
				}
			}
		}
	}
}

func TestEveryCaseSaysWhatIsKnown(t *testing.T) {
	for _, lang := range locale.Languages() {
		all := sentences(t, lang)
		for _, c := range cases() {
			f := diagnosis.Of(c.evidence)
			least := 2
			if f.Rule == "unknown" {
				least = 0
			}
			if len(f.Known) < least {
				t.Errorf("%s: %d observations behind %s", c.name, len(f.Known), f.Rule)
			}
			for _, text := range slices.Concat(f.Known, f.RuledOut) {
				sentence, ok := all[text.Key]
				if !ok {
					t.Errorf("%s: %s lacks %s", c.name, lang, text.Key)
				}
				for _, m := range placeholder.FindAllStringSubmatch(sentence, -1) {
					if text.Args[m[1]] == "" {
						t.Errorf("%s: %s wants {%s}", c.name, text.Key, m[1])
					}
				}
			}
			for name, value := range f.Args {
				if value == "" {
					t.Errorf("%s: the value of {%s} is empty", c.name, name)
				}
			}
		}
	}
}

func TestFindingsReadAsSentences(t *testing.T) {
	all, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	args := map[string]string{"integration": "Google Ads", "provider": "Google Ads", "account": "ads@shop.example", "retryAt": "2026-11-24T14:20:00Z", "repair": "reconnect"}
	for _, lang := range locale.Languages() {
		p := all.In(lang)
		for _, c := range cases() {
			f := diagnosis.Of(c.evidence)
			values := maps.Clone(args)
			maps.Copy(values, f.Args)
			for _, part := range []string{"what", "why", "do"} {
				sentence := p.Text(in.Text{Key: "finding." + f.Rule + "." + part, Args: values})
				if placeholder.MatchString(sentence) || sentence == "" {
					t.Errorf("%s: %q", c.name, sentence)
				}
			}
			for _, text := range slices.Concat(f.Known, f.RuledOut) {
				if sentence := p.Text(text); placeholder.MatchString(sentence) || sentence == "" {
					t.Errorf("%s: %q", c.name, sentence)
				}
			}
		}
	}
}
