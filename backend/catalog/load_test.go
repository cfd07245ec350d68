package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// valid is a provider of one's own, to be broken by tests line by line.
const valid = `id: sample
name: Sample
category: other
summary: {en: A sample., pt-BR: Um exemplo.}
settings:
  - id: shop
    kind: text
    label: {en: Shop, pt-BR: Loja}
methods:
  - kind: api_key
    label: {en: Key, pt-BR: Chave}
    fields:
      - id: api_key
        kind: secret
        label: {en: Key, pt-BR: Chave}
    headers:
      Authorization: "Bearer {api_key}"
    lifetime: {grant: 90d}
probe:
  http:
    method: GET
    url: https://{shop}.example.com/me
    proof: id
    per_day: 0
answers:
  - at: api
    status: [401]
    path: error
    equals: [dead]
    meaning: credential_dead
sources: [made up]
`

// own writes own providers, by folder, into a new folder.
func own(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func loaded(t *testing.T, folder string) *Catalog {
	t.Helper()
	c, err := Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLoadHasEveryFolderByNameAndTheGenericOnesLast(t *testing.T) {
	c := loaded(t, "")
	all := c.All()
	if folders, err := builtIn.ReadDir("providers"); err != nil || len(folders) != len(all) {
		t.Errorf("%d folders (%v), %d providers", len(folders), err, len(all))
	}
	for i, p := range all {
		if p.Own {
			t.Errorf("%s passes for an own provider", p.ID)
		}
		if i > 0 && (all[i-1].Generic && !p.Generic || all[i-1].Generic == p.Generic && strings.ToLower(all[i-1].Name) > strings.ToLower(p.Name)) {
			t.Errorf("%s stands before %s", all[i-1].Name, p.Name)
		}
	}
	if len(c.Problems()) != 0 {
		t.Errorf("problems without an own folder: %v", c.Problems())
	}
}

// TestCompactIsTheFiles keeps builtin.json up to date; RELINK_WRITE=1 writes it anew.
func TestCompactIsTheFiles(t *testing.T) {
	all, err := parseBuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	whole, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(whole, &tree); err != nil {
		t.Fatal(err)
	}
	want, err := json.MarshalIndent(pruned(tree), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("RELINK_WRITE") != "" {
		if err := os.WriteFile("builtin.json", append(want, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(compact, append(want, '\n')) {
		t.Error("builtin.json is not what the files say: run `make catalog`")
	}
}

// pruned drops what reading leaves at its zero value anyway; nil stands for nothing left.
func pruned(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if v[name] = pruned(member); v[name] == nil {
				delete(v, name)
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			if v[i] = pruned(v[i]); v[i] == nil {
				v[i] = map[string]any{} // keeps its place; a string's zero value cannot occur in a list
			}
		}
		if len(v) == 0 {
			return nil
		}
	case string:
		if v == "" {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	case float64:
		if v == 0 {
			return nil
		}
	}
	return v
}

func TestLoadAddsOwnProviders(t *testing.T) {
	c := loaded(t, own(t, map[string]string{"sample/provider.yaml": valid, "sample/guide.en.md": "# How", ".git/x": "", "readme.txt": "x"}))
	if len(c.Problems()) != 0 {
		t.Fatal(c.Problems())
	}
	p, ok := c.Provider("sample")
	if !ok || !p.Own || p.Name != "Sample" {
		t.Errorf("got %+v, %t", p, ok)
	}
	if got := c.Guide("sample", "pt-BR"); got != "# How" {
		t.Errorf("a guide that is missing in one language: got %q, want the English one", got)
	}
}

func TestLoadWithoutTheOwnFolderIsNoProblem(t *testing.T) {
	c := loaded(t, filepath.Join(t.TempDir(), "none"))
	if len(c.Problems()) != 0 {
		t.Error(c.Problems())
	}
}

func TestBrokenOwnProviderHidesNoOther(t *testing.T) {
	broken := strings.Replace(valid, "name: Sample", "nmae: Sample", 1)
	c := loaded(t, own(t, map[string]string{
		"sample/provider.yaml":  valid,
		"broken/provider.yaml":  broken,
		"renamed/provider.yaml": strings.Replace(valid, "id: sample", "id: other", 1),
		"empty/provider.yaml":   "",
		"nothing/notes.txt":     "no provider here",
	}))
	if _, ok := c.Provider("sample"); !ok {
		t.Error("the good one is missing")
	}
	if _, ok := c.Provider("stripe"); !ok {
		t.Error("a built-in one is missing")
	}
	var all []string
	for _, p := range c.Problems() {
		all = append(all, p.Error())
	}
	text := strings.Join(all, "\n")
	for _, want := range []string{
		`broken/provider.yaml:2: unknown field "nmae"`,
		`renamed/provider.yaml:1: the id is "other", but the folder is called "renamed"`,
		`empty/provider.yaml:1: want one YAML document, found 0`,
		`nothing/provider.yaml: the file is missing`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %q in\n%s", want, text)
		}
	}
	if len(all) != 4 {
		t.Errorf("%d problems, want 4:\n%s", len(all), text)
	}
}

func TestOwnProviderCannotReplaceABuiltInOne(t *testing.T) {
	c := loaded(t, own(t, map[string]string{"stripe/provider.yaml": strings.Replace(valid, "id: sample", "id: stripe", 1)}))
	if p, _ := c.Provider("stripe"); p.Own {
		t.Fatal("the own provider took the place of the built-in one")
	}
	if len(c.Problems()) != 1 {
		t.Fatalf("problems: %v", c.Problems())
	}
	text := c.Problems()[0].Error()
	for _, file := range []string{filepath.Join("stripe", "provider.yaml") + ":1: ", "is taken by providers/stripe/provider.yaml"} {
		if !strings.Contains(text, file) {
			t.Errorf("%q does not name %q", text, file)
		}
	}
}

func TestOwnFolderThatIsAFileIsAProblemNotAnError(t *testing.T) {
	folder := own(t, map[string]string{"x": "y"})
	if c := loaded(t, filepath.Join(folder, "x")); len(c.Problems()) != 1 {
		t.Errorf("problems: %v", c.Problems())
	}
}

func TestHugeFileIsNotRead(t *testing.T) {
	c := loaded(t, own(t, map[string]string{"sample/provider.yaml": valid + "# " + strings.Repeat("x", maxFile)}))
	if len(c.Problems()) != 1 || !strings.Contains(c.Problems()[0].Error(), "larger than") {
		t.Errorf("problems: %v", c.Problems())
	}
}

func TestCommonAnswersComeAfterTheProvidersOwn(t *testing.T) {
	c := loaded(t, "")
	zendesk, _ := c.Provider("zendesk")
	answer, ok, code := Match(zendesk.Answers, "token", "", 401, nil, []byte(`{"error":"invalid_client"}`), "")
	if !ok || answer.Meaning != "client_invalid" || code != "invalid_client" {
		t.Errorf("got %v %v %q", answer, ok, code)
	}
	stripe, _ := c.Provider("stripe")
	for _, a := range stripe.Answers {
		if a.At == "token" {
			t.Error("Stripe is read by key, and yet has answers of a token endpoint")
		}
	}
}

func TestEveryErrorNamesFileAndLine(t *testing.T) {
	c := loaded(t, own(t, map[string]string{
		"a/provider.yaml": "id: a\nname: [",
		"b/provider.yaml": "id: b\nid: b\n",
		"c/provider.yaml": "- just\n- a list\n",
		"d/provider.yaml": "id: d\nmethods: text\n",
		"e/provider.yaml": "id: e\n---\nid: e\n",
		"f/provider.yaml": "{{{{",
		"g/provider.yaml": "id: *nothing\n",
		"h/provider.yaml": "id: h\nprobe:\n  http:\n    per_day: many\n",
	}))
	withLine := regexp.MustCompile(`provider\.yaml:[1-9][0-9]*: .`)
	if len(c.Problems()) != 8 {
		t.Errorf("%d problems, want 8", len(c.Problems()))
	}
	for _, p := range c.Problems() {
		for _, line := range strings.Split(p.Error(), "\n") {
			if !withLine.MatchString(line) {
				t.Errorf("no file and line: %q", line)
			}
		}
		var at FileError
		if !errors.As(p, &at) {
			t.Errorf("not a FileError: %v", p)
		}
	}
}

// BenchmarkLoad reads the whole catalog as a start does: at most 30 ms for all providers.
func BenchmarkLoad(b *testing.B) {
	providers := 0
	for b.Loop() {
		c, err := Load("")
		if err != nil {
			b.Fatal(err)
		}
		providers = len(c.All())
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/load")
	b.ReportMetric(float64(providers), "providers")
}

// TestLoadOfAllProvidersTakesLessThan30Milliseconds takes the best of several, as the computer may be busy.
func TestLoadOfAllProvidersTakesLessThan30Milliseconds(t *testing.T) {
	if os.Getenv("RELINK_LONG") != "" {
		t.Skip("the long rounds run under the race detector, whose time is not Relink's")
	}
	best := time.Hour
	for range 10 {
		began := time.Now()
		if _, err := Load(""); err != nil {
			t.Fatal(err)
		}
		best = min(best, time.Since(began))
	}
	t.Logf("%v", best)
	if best > 30*time.Millisecond {
		t.Errorf("loading took %v at best", best)
	}
}
