package catalog

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
)

func field(kind integration.FieldKind, change ...func(*integration.Field)) integration.Field {
	f := integration.Field{ID: "x", Kind: kind, Label: integration.Localized{"en": "The x", "pt-BR": "O x"}}
	for _, c := range change {
		c(&f)
	}
	return f
}

func optional(f *integration.Field)  { f.Optional = true }
func defaulted(f *integration.Field) { f.Default = "1" }
func choices(f *integration.Field)   { f.Choices = []string{"a", "b"} }
func pattern(f *integration.Field)   { f.Pattern = "a|bc"; f.Example = "bc" }

func TestValidateFieldsNamesTheProblem(t *testing.T) {
	for _, tc := range []struct {
		field integration.Field
		value string
		want  string
	}{
		{field(integration.FieldText), "anything at all", ""},
		{field(integration.FieldText), "", "required"},
		{field(integration.FieldText), "  ", "required"},
		{field(integration.FieldText, optional), "", ""},
		{field(integration.FieldText, defaulted), "", ""},
		{field(integration.FieldText), strings.Repeat("é", maxValue), ""},
		{field(integration.FieldText), strings.Repeat("é", maxValue+1), "too_long"},
		{field(integration.FieldText), "a\nb", "control_characters"},
		{field(integration.FieldText), "a\u202eb", "control_characters"},
		{field(integration.FieldText), "a\x00b", "control_characters"},
		{field(integration.FieldTextArea), "a\nb", ""},
		{field(integration.FieldText, pattern), "a", ""},
		{field(integration.FieldText, pattern), "ab", "pattern"}, // the whole value
		{field(integration.FieldText, pattern), "abc", "pattern"},
		{field(integration.FieldHost), "db.example.com", ""},
		{field(integration.FieldHost), " db.example.com ", ""},
		{field(integration.FieldHost), "db_1", ""},
		{field(integration.FieldHost), "10.0.0.7", ""},
		{field(integration.FieldHost), "::1", ""},
		{field(integration.FieldHost), "[::1]", ""},
		{field(integration.FieldHost), "https://db.example.com", "host_has_scheme"},
		{field(integration.FieldHost), "mysql://db", "host_has_scheme"},
		{field(integration.FieldHost), "db.example.com/shop", "host_has_path"},
		{field(integration.FieldHost), "db.example.com:3306", "host_has_path"},
		{field(integration.FieldHost), "db example", "host_invalid"},
		{field(integration.FieldHost), "ana@db", "host_invalid"},
		{field(integration.FieldHost), "-db", "host_invalid"},
		{field(integration.FieldHost), "a..b", "host_invalid"},
		{field(integration.FieldPort), "5432", ""},
		{field(integration.FieldPort), "0", "port_range"},
		{field(integration.FieldPort), "65536", "port_range"},
		{field(integration.FieldPort), "http", "port_range"},
		{field(integration.FieldURL), "https://api.example.com/me?a=1", ""},
		{field(integration.FieldURL), "http://127.0.0.1:8080/me", ""},
		{field(integration.FieldURL), "http://api.example.com", "url_not_https"},
		{field(integration.FieldURL), "ftp://api.example.com", "url_not_https"},
		{field(integration.FieldURL), "api.example.com", "url_invalid"},
		{field(integration.FieldURL), "https://", "url_invalid"},
		{field(integration.FieldURL), "https://:443/", "url_invalid"},
		{field(integration.FieldURL), "https://ana:pw@api.example.com", "url_invalid"},
		{field(integration.FieldURL), "https://api.example.com/{api_key}", "url_invalid"},
		{field(integration.FieldNumber), "-3", ""},
		{field(integration.FieldNumber), "3.5", "number_invalid"},
		{field(integration.FieldChoice, choices), "b", ""},
		{field(integration.FieldChoice, choices), "c", "choice_unknown"},
	} {
		got := ValidateFields([]integration.Field{tc.field}, map[string]string{"x": tc.value}, nil)
		code := ""
		if len(got) > 0 {
			code = got[0].Code
		}
		if code != tc.want || len(got) > 1 {
			t.Errorf("%s %.40q: got %v, want %q", tc.field.Kind, tc.value, got, tc.want)
		}
	}
}

// TestFieldsAreJudgedAsInTheWindow holds the table that the window's own validation is held to
// (frontend/test/fields.test.ts): what it lets pass, and what it complains about, is the same here.
func TestFieldsAreJudgedAsInTheWindow(t *testing.T) {
	content, err := os.ReadFile("testdata/fields.json")
	if err != nil {
		t.Fatal(err)
	}
	var table []struct {
		integration.Field
		Value string `json:"value"`
		Code  string `json:"code"`
	}
	if err := json.Unmarshal(content, &table); err != nil || len(table) < 100 {
		t.Fatalf("%d cases, %v", len(table), err)
	}
	for _, tc := range table {
		tc.ID, tc.Label = "x", integration.Localized{"en": "The x"}
		problems := ValidateFields([]integration.Field{tc.Field}, map[string]string{"x": tc.Value}, map[string]bool{"x": tc.Value != ""})
		got := ""
		if len(problems) > 0 {
			got = problems[0].Code
		}
		if got != tc.Code {
			t.Errorf("%s %q %.40q: got %q, want %q", tc.Kind, tc.Pattern, tc.Value, got, tc.Code)
		}
	}
}

func TestValidateFieldsAsksForSecretsWithoutSeeingThem(t *testing.T) {
	fields := []integration.Field{field(integration.FieldSecret)}
	if got := ValidateFields(fields, nil, map[string]bool{"x": true}); got != nil {
		t.Errorf("got %v", got)
	}
	got := ValidateFields(fields, map[string]string{"x": "typed into the wrong place"}, nil)
	if len(got) != 1 || got[0].Code != "required" || got[0].Args["value"] != "" {
		t.Errorf("got %v", got)
	}
}

func TestValidateFieldsTellsAllProblemsAtOnce(t *testing.T) {
	a, b := field(integration.FieldHost), field(integration.FieldPort)
	a.ID, b.ID = "host", "port"
	got := ValidateFields([]integration.Field{a, b}, map[string]string{"host": "https://x", "port": "x"}, nil)
	if diff := cmp.Diff([]string{"host: host_has_scheme", "port: port_range"}, strings.Split(got.Error(), "; ")); diff != "" {
		t.Error(diff)
	}
}

func TestFieldIsAskedForWhereWhatItNeedsIsSo(t *testing.T) {
	for _, c := range []struct {
		needs string
		asked [3]bool // where way is absent, a, b
	}{
		{"", [3]bool{true, true, true}}, {"way", [3]bool{false, true, true}},
		{"way=a", [3]bool{false, true, false}}, {"way!=a", [3]bool{true, false, true}},
	} {
		for i, values := range []map[string]string{nil, {"way": "a"}, {"way": "b"}} {
			if got := Asked(integration.Field{Needs: c.needs}, values); got != c.asked[i] {
				t.Errorf("%q with %v: %v", c.needs, values, got)
			}
		}
	}
}

func TestQuotedValueIsShort(t *testing.T) {
	e := fieldError(field(integration.FieldText), "pattern", strings.Repeat("a", 500))
	if n := len([]rune(e.Args["value"])); n != 81 {
		t.Errorf("%d characters", n)
	}
}
