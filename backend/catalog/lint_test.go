package catalog

import (
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestBuiltInProvidersPassLint(t *testing.T) {
	for _, problem := range Lint("") {
		t.Error(problem)
	}
}

// TestEveryCaseMeansWhatItSays runs the contract cases one by one, so that a failing one has a name.
func TestEveryCaseMeansWhatItSays(t *testing.T) {
	for _, p := range loaded(t, "").All() {
		file := path.Join("providers", p.ID, "cases.yaml")
		text, err := builtIn.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all, _, err := cases(file, text)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range all {
			t.Run(p.ID+"/"+k.Name, func(t *testing.T) {
				if problem := p.problem(k); problem != "" {
					t.Error(problem)
				}
			})
		}
	}
}

func TestNoBuiltInTextIsMissingInPortuguese(t *testing.T) {
	for _, p := range loaded(t, "").All() {
		en, pt := loaded(t, "").Guide(p.ID, "en"), loaded(t, "").Guide(p.ID, "pt-BR")
		if en == pt || strings.Count(en, "\n## ") != strings.Count(pt, "\n## ") {
			t.Errorf("%s: the two guides differ in their sections, or not at all", p.ID)
		}
	}
}

func TestBuiltInProvidersHoldNoOtherFiles(t *testing.T) {
	known := []string{"provider.yaml", "cases.yaml", "guide.en.md", "guide.pt-BR.md"}
	err := fs.WalkDir(builtIn, "providers", func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !slices.Contains(known, path.Base(p)) {
			t.Errorf("%s is not part of a provider", p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

const sampleCases = `cases:
  - {name: dead, at: api, status: 401, body: '{"error":"dead"}', source: made up, want: {meaning: credential_dead, code: dead}}
  - {name: other, at: api, status: 401, body: '{"error":"x"}', source: made up, want: {nothing: true}}
  - {name: page, at: api, status: 502, body: <html>, source: made up, want: {nothing: true}}
  - {name: good, at: api, status: 200, body: '{"id":7}', source: made up, want: {proof: true}}
`

func complete() map[string]string {
	return map[string]string{
		"sample/provider.yaml": valid, "sample/cases.yaml": sampleCases,
		"sample/guide.en.md": sampleGuide, "sample/guide.pt-BR.md": strings.ReplaceAll(sampleGuide, "Here.", "Aqui."),
	}
}

const sampleGuide = "# Sample\n\n## Renew {#renew}\nHere.\n\n## Trouble {#trouble}\nHere.\n\n## Withdraw {#withdraw}\nHere.\n"

func TestLintTakesACompleteProvider(t *testing.T) {
	folder := own(t, complete())
	for _, place := range []string{folder, filepath.Join(folder, "sample"), filepath.Join(folder, "sample") + "/"} {
		if problems := Lint(place); len(problems) > 0 {
			t.Errorf("%s: %v", place, problems)
		}
	}
}

func TestLintSaysWhatIsMissingAndWhere(t *testing.T) {
	for _, tc := range []struct{ file, old, new, want string }{
		{"sample/provider.yaml", "sources: [made up]\n", "", "provider.yaml:1: sources: is missing"},
		{"sample/provider.yaml", "per_day: 0", "per_day: 100", "provider.yaml:24: probe.http.per_day: the vendor allows 100 requests a day, the default interval makes 288"},
		{"sample/provider.yaml", "    per_day: 0\n", "", "provider.yaml:20: probe.http.per_day: is missing"},
		{"sample/provider.yaml", "per_day: 0", "per_day: 0\n    pause: 6m", "provider.yaml:25: probe.http.pause: is longer than the default interval of 5m0s"},
		{"sample/provider.yaml", "name: Sample", "name: ''", "provider.yaml:2: name: is missing"},
		{"sample/guide.en.md", sampleGuide, " ", "guide.en.md:1: is empty"},
		{"sample/guide.en.md", "{#renew}", "", "guide.en.md:1: the section {#renew} is missing"},
		{"sample/guide.en.md", "Renew {#renew}\n", "Renew {#renew}\nHere.\n\n## Again {#renew}\n", `guide.en.md:6: the section "renew" is there twice`},
		{"sample/guide.en.md", "Renew {#renew}\nHere.", "Renew {#renew}", `guide.en.md:3: the section "Renew" is empty`},
		{"sample/guide.en.md", "## Withdraw", "## Else {#elsewhere}\nHere.\n\n## Withdraw", `guide.en.md:9: no finding leads to a section called "elsewhere"`},
		{"sample/guide.pt-BR.md", "## Trouble", "## Else\nAqui.\n\n## Trouble", "guide.pt-BR.md:1: has the sections"},
		{"sample/guide.pt-BR.md", "", "", "guide.pt-BR.md: the file is missing"},
		{"sample/cases.yaml", "", "", "cases.yaml: the file is missing"},
		{"sample/cases.yaml", "name: dead", "nmae: dead", `cases.yaml:2: unknown field "nmae"`},
		{"sample/cases.yaml", "source: made up, want: {proof: true}", "want: {proof: true}", "cases.yaml:5: cases[3].source: is missing"},
		{"sample/cases.yaml", "code: dead}}", "code: other}}", `cases.yaml:2: cases[0].want: dead: got "credential_dead" with code "dead", want "credential_dead" with code "other"`},
		{"sample/cases.yaml", `{"error":"x"}`, `{"error":"dead"}`, `cases.yaml:3: cases[1].want: other: got credential_dead`},
		{"sample/cases.yaml", `{"id":7}`, `{"id":null}`, `cases.yaml:5: cases[3].want: good: the proof "id" holds: false, want true`},
		{"sample/cases.yaml", "name: page", "name: other", `cases.yaml:4: cases[2].name: "other" is there twice`},
		{"sample/cases.yaml", "  - {name: page, at: api, status: 502, body: <html>, source: made up, want: {nothing: true}}\n", "", "cases.yaml:1: cases: 3 cases, want at least 4"},
	} {
		files := maps.Clone(complete())
		if tc.old == "" {
			delete(files, tc.file)
		} else {
			files[tc.file] = strings.Replace(files[tc.file], tc.old, tc.new, 1)
		}
		problems := Lint(own(t, files))
		if len(problems) != 1 || !strings.Contains(problems[0].Error(), filepath.Join("sample", "")+"/"+tc.want) {
			t.Errorf("%s, %q → %q:\n got %v\nwant %s", tc.file, tc.old, tc.new, problems, tc.want)
		}
	}
}

func TestLintOfNothingIsAProblem(t *testing.T) {
	for _, folder := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if problems := Lint(folder); len(problems) != 1 {
			t.Errorf("%s: %v", folder, problems)
		}
	}
}
