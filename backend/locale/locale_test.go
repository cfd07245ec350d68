package locale

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
)

func load(t *testing.T) *Catalog {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// invented returns a catalog with sentences made for one test.
func invented(t *testing.T, now time.Time, sentences map[string]sentence) Printer {
	t.Helper()
	c := load(t).At(func() time.Time { return now }, time.UTC)
	all := maps.Clone(c.sentences[English])
	maps.Copy(all, sentences)
	c.sentences = map[string]map[string]sentence{English: all, Brazilian: all}
	return c.In(English)
}

func TestBothLanguagesHaveTheSameKeys(t *testing.T) {
	c := load(t)
	en := slices.Sorted(maps.Keys(c.sentences[English]))
	pt := slices.Sorted(maps.Keys(c.sentences[Brazilian]))
	if diff := cmp.Diff(en, pt); diff != "" {
		t.Errorf("keys of en (-) and pt-BR (+):\n%s", diff)
	}
}

var placeholder = regexp.MustCompile(`\{[A-Za-z][A-Za-z0-9_]*\}`)

func placeholders(s sentence) []string {
	found := placeholder.FindAllString(s.one+s.other, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

func TestBothLanguagesHaveTheSamePlaceholders(t *testing.T) {
	c := load(t)
	for key, en := range c.sentences[English] {
		pt := c.sentences[Brazilian][key]
		if diff := cmp.Diff(placeholders(en), placeholders(pt)); diff != "" {
			t.Errorf("%s: placeholders of en (-) and pt-BR (+):\n%s", key, diff)
		}
	}
}

func TestNoSentenceIsBroken(t *testing.T) {
	c := load(t)
	for _, lang := range Languages() {
		for key, s := range c.sentences[lang] {
			for _, form := range []string{s.one, s.other} {
				rest := placeholder.ReplaceAllString(form, "")
				if strings.ContainsAny(rest, "{}") || strings.TrimSpace(form) == "" || form != strings.TrimSpace(form) {
					t.Errorf("%s: %s: empty, spaced or with a broken placeholder: %q", lang, key, form)
				}
			}
		}
	}
}

// alike are the words and names that both languages write the same way, in lower case.
var alike = map[string]bool{
	"relink": true, "ok": true, "url": true, "json": true, "status": true, "token": true, "proxy": true, "ms": true,
	"host": true, "total": true, "tls": true, "ssh": true, "dns": true, "tcp": true, "http": true, "oauth": true,
	"commerce intelligence": true, "adobe commerce intelligence": true, "refresh ssh host keys": true,
	"english": true, "português (brasil)": true, "português": true, "github": true, "postgresql": true, "mysql": true,
}

func TestEverySentenceIsTranslated(t *testing.T) {
	c := load(t)
	letters := regexp.MustCompile(`\p{L}`)
	for key, en := range c.sentences[English] {
		words := strings.ToLower(strings.Trim(placeholder.ReplaceAllString(en.other, ""), " .:,…()"))
		if en != c.sentences[Brazilian][key] || alike[words] || !letters.MatchString(words) {
			continue
		}
		t.Errorf("%s reads the same in both languages: %q", key, en.other)
	}
}

// TestEveryKeyInTheCodeHasASentence reads the Go sources for literal keys: a missing one would be
// shown to a person as it is.
func TestEveryKeyInTheCodeHasASentence(t *testing.T) {
	p := load(t).In(English)
	literal := regexp.MustCompile(`(?:\.T\(|Text\{Key: ?|Key: )"([a-z][a-z0-9_]*(?:[.][a-z0-9_-]+)+)"\s*[,)}]`)
	for _, root := range []string{"../../backend", "../../app.go", "../../main.go"} {
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil // a file that is not there yet has no keys
			}
			source, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range literal.FindAllSubmatch(source, -1) {
				if key := string(m[1]); !p.Has(key) {
					t.Errorf("%s: the key %q has no sentence", path, key)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestTextPutsValuesInOnce(t *testing.T) {
	p := invented(t, time.Time{}, map[string]sentence{"x": {other: "{a} and {b}, {gone}"}})
	got := p.T("x", "a", "{b}", "b", "<b>")
	if want := "{b} and <b>, {gone}"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMissingKeyIsShownAsItIs(t *testing.T) {
	if got := load(t).In(Brazilian).T("no.such.key"); got != "no.such.key" {
		t.Errorf("got %q", got)
	}
}

func TestUnknownLanguageFallsBackToEnglish(t *testing.T) {
	if got := load(t).In("de").Lang(); got != English {
		t.Errorf("got %q", got)
	}
}

func TestCountChoosesTheForm(t *testing.T) {
	p := invented(t, time.Time{}, map[string]sentence{"x": {one: "one", other: "other"}})
	for _, tc := range []struct{ lang, count, want string }{
		{English, "0", "other"}, {English, "1", "one"}, {English, "2", "other"}, {English, "", "other"},
		{Brazilian, "0", "one"}, {Brazilian, "1", "one"}, {Brazilian, "2", "other"}, {Brazilian, "many", "other"},
	} {
		if got := p.catalog.In(tc.lang).T("x", "count", tc.count); got != tc.want {
			t.Errorf("%s, count %q: got %q, want %q", tc.lang, tc.count, got, tc.want)
		}
	}
}

func TestTimesAreShownInTheReadersMannerAndZone(t *testing.T) {
	zone := time.FixedZone("BRT", -3*3600)
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, zone)
	c := load(t).At(func() time.Time { return now }, zone)
	for _, tc := range []struct{ lang, value, want string }{
		{English, "2026-11-24T17:20:00Z", "24 Nov 2026, 14:20"},
		{Brazilian, "2026-11-24T17:20:00Z", "24 de nov. de 2026, 14:20"},
		{English, "2026-11-26T02:59:00Z", "23:59"}, // still today in this zone
		{Brazilian, "2026-11-25T03:00:00Z", "00:00"},
		{English, "0001-01-01T00:00:00Z", "–"},
		{English, "soon", "soon"},
	} {
		got := c.In(tc.lang).fill("{checkedAt}", map[string]string{"checkedAt": tc.value})
		if got != tc.want {
			t.Errorf("%s, %s: got %q, want %q", tc.lang, tc.value, got, tc.want)
		}
	}
}

func TestDetectFollowsTheEnvironment(t *testing.T) {
	for _, tc := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{}, English},
		{map[string]string{"LANG": "pt_BR.UTF-8"}, Brazilian},
		{map[string]string{"LANG": "pt_PT@euro"}, Brazilian},
		{map[string]string{"LANG": "de_DE.UTF-8", "LANGUAGE": "de:pt:en"}, Brazilian},
		{map[string]string{"LANG": "pt_BR.UTF-8", "LC_ALL": "en_US.UTF-8"}, English},
		{map[string]string{"LANG": "pt_BR.UTF-8", "LC_MESSAGES": "C.UTF-8", "LANGUAGE": "pt"}, English},
		{map[string]string{"LANG": "ja_JP.UTF-8"}, English},
	} {
		if got := Detect(func(name string) string { return tc.env[name] }); got != tc.want {
			t.Errorf("%v: got %q, want %q", tc.env, got, tc.want)
		}
	}
}

func TestSentenceRefusesOtherShapes(t *testing.T) {
	for _, bad := range []string{`{"one":"x"}`, `{"other":"x"}`, `3`, `["x"]`} {
		if err := new(sentence).UnmarshalJSON([]byte(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func TestTextAgreesWithT(t *testing.T) {
	p := load(t).In(English)
	got := p.Text(integration.Text{Key: "input.required.fix", Args: map[string]string{"field": "Host"}})
	if want := p.T("input.required.fix", "field", "Host"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
