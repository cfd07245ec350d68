package catalog

import (
	"strings"
	"testing"
)

// TestSellingPartnerRegionsLeadToTheirEndpoints holds the setting to Amazon's three endpoints
// (developer-docs.amazon.com sp-api endpoints), and the consent to the Seller Central that was named.
func TestSellingPartnerRegionsLeadToTheirEndpoints(t *testing.T) {
	p, _ := loaded(t, "").Provider("amazon-sp-api")
	endpoints := map[string]string{"na": "sellingpartnerapi-na.amazon.com", "eu": "sellingpartnerapi-eu.amazon.com", "fe": "sellingpartnerapi-fe.amazon.com"}
	for _, f := range p.Settings {
		if f.ID != "region" {
			continue
		}
		if len(f.Choices) != len(endpoints) {
			t.Errorf("regions %v, endpoints %v", f.Choices, endpoints)
		}
		for _, region := range append(f.Choices, "") {
			want := endpoints[region]
			if region == "" {
				want = endpoints[f.Default]
			}
			filled, err := p.For(map[string]string{"region": region, "seller_central": "sellercentral.amazon.co.jp"})
			if err != nil || !strings.HasPrefix(filled.Probe.HTTP.URL, "https://"+want+"/") {
				t.Errorf("%q: %s, %v, want %s", region, filled.Probe.HTTP.URL, err, want)
			}
			if m := filled.Methods[0].OAuth; m.AuthorizeURL != "https://sellercentral.amazon.co.jp/apps/authorize/consent" || m.TokenURL != "https://api.amazon.com/auth/o2/token" {
				t.Errorf("%q: %s, %s", region, m.AuthorizeURL, m.TokenURL)
			}
		}
	}
	if problems := ValidateFields(p.Settings, map[string]string{"region": "us-east-1", "seller_central": "sellercentral.amazon.com"}, nil); len(problems) != 1 || problems[0].Code != "choice_unknown" {
		t.Errorf("a region that Amazon does not have: %v", problems)
	}
	for host, want := range map[string]int{
		"sellercentral.amazon.com.br": 0, "sellercentral-europe.amazon.com": 0, "sellercentral-japan.amazon.com": 0, "sellercentral.amazon.in": 0,
		"sellercentral.amazon.com.evil.example": 1, "amazon.com": 1, "sellercentral.example.com": 1,
	} {
		if problems := ValidateFields(p.Settings, map[string]string{"region": "eu", "seller_central": host}, nil); len(problems) != want {
			t.Errorf("%s: %v", host, problems)
		}
	}
}

func TestDatabasesOnAmazonTakeARegionOrNone(t *testing.T) {
	c := loaded(t, "")
	for _, id := range []string{"amazon-rds-mysql", "amazon-rds-postgresql"} {
		p, _ := c.Provider(id)
		settings := map[string]string{"host": "mydb.abcdefghijkl.sa-east-1.rds.amazonaws.com", "database": "shop"}
		for region, want := range map[string]string{"sa-east-1": "", "": "", "sa-east-9": "choice_unknown"} {
			settings["region"] = region
			problems, code := ValidateFields(p.Settings, settings, nil), ""
			if len(problems) > 0 {
				code = problems[0].Code
			}
			if code != want {
				t.Errorf("%s in %q: %v", id, region, problems)
			}
			filled, err := p.For(settings)
			if want == "" && (err != nil || filled.Links.Access != "https://console.aws.amazon.com/rds/home?region="+region) {
				t.Errorf("%s in %q: the console is at %s, %v", id, region, filled.Links.Access, err)
			}
		}
	}
}
