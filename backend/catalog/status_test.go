package catalog

import (
	"strings"
	"testing"
)

// paged is the valid provider with a status page of many regions.
var paged = strings.NewReplacer("settings:\n", `settings:
  - id: region
    kind: choice
    label: {en: Region, pt-BR: Região}
    choices: [eu.example.com, a+b]
    optional: true
`, "sources:", `status:
  kind: statuspage
  url: https://status.example.com/summary.json
  product: '(?i)^API \({region}\)$'
  words: {eu.example.com: EU}
sources:`).Replace(valid)

func TestStatusPageIsNarrowedDownBySettings(t *testing.T) {
	p, err := Parse("sample/provider.yaml", []byte(paged))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiledSchema(t).Validate(asJSON(t, []byte(paged))); err != nil {
		t.Error(err)
	}
	for region, want := range map[string]string{
		"eu.example.com": `(?i)^API \(EU\)$`, "a+b": `(?i)^API \(a\+b\)$`, "": `(?i)^API \(.*\)$`,
	} {
		filled, err := p.For(map[string]string{"shop": "acme", "region": region})
		if err != nil || filled.Status == nil || filled.Status.Product != want {
			t.Errorf("%q: %+v, %v, want %s", region, filled.Status, err, want)
			continue
		}
		if again, err := filled.For(map[string]string{"shop": "acme", "region": region}); err != nil || again.Status.Product != want {
			t.Errorf("%q filled in twice: %+v, %v", region, again.Status, err)
		}
	}
	if p.Status.Product != `(?i)^API \({region}\)$` {
		t.Errorf("the catalog's own page changed: %s", p.Status.Product)
	}
}

func TestStatusPageWhoseAddressLacksASettingIsNotAsked(t *testing.T) {
	c := loaded(t, "")
	salesforce, _ := c.Provider("salesforce")
	for instance, want := range map[string]string{"NA45": "https://api.status.salesforce.com/v1/instances/NA45/status", "": ""} {
		p, err := salesforce.For(map[string]string{"instance": instance})
		got := ""
		if err == nil && p.Status != nil {
			got = p.Status.URL
		}
		if got != want || err != nil {
			t.Errorf("%q: asks %q (%v), want %q", instance, got, err, want)
		}
	}
}

func TestStatusPagesOfTheCatalogTellTheirRegions(t *testing.T) {
	c := loaded(t, "")
	for _, tc := range []struct{ id, setting, value, want string }{
		{"mixpanel", "region", "mixpanel.com", `(?i)^application availability \(US\)$`},
		{"mixpanel", "region", "eu.mixpanel.com", `(?i)^application availability \(EU\)$`},
		{"mixpanel", "region", "in.mixpanel.com", `(?i)^application availability \(IN\)$`},
		{"mixpanel", "region", "", `(?i)^application availability \(US\)$`}, // the default
		{"amazon-rds-mysql", "region", "sa-east-1", `^rds-sa-east-1$`},
		{"amazon-rds-mysql", "region", "", `^rds-.*$`},
		{"amazon-rds-postgresql", "region", "eu-west-1", `^rds-eu-west-1$`},
	} {
		p, _ := c.Provider(tc.id)
		filled, err := p.For(map[string]string{tc.setting: tc.value, "host": "db.example.com"})
		if err != nil || filled.Status == nil || filled.Status.Product != tc.want {
			t.Errorf("%s with %q: %+v, %v, want %s", tc.id, tc.value, filled.Status, err, tc.want)
		}
	}
}

func TestStatusPageIsRefusedWithALine(t *testing.T) {
	for _, tc := range []struct{ from, to, want string }{
		{`\({region}\)`, `\({zone}\)`, "status.product: nothing is known as {zone}"},
		{`\({region}\)`, `({region}`, "status.product: not a regular expression"},
		{"words: {eu.example.com: EU}", "words: {us.example.com: US}", `status.words.us.example.com: no setting in product has the value "us.example.com"`},
	} {
		text := strings.Replace(paged, tc.from, tc.to, 1)
		if _, err := Parse("sample/provider.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "sample/provider.yaml:") {
			t.Errorf("%s: %v, want %q", tc.to, err, tc.want)
		}
	}
}
