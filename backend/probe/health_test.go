package probe_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
	"unicode/utf16"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/probe"
)

// TestHealthReadsEveryFormat holds the formats of the status pages to what their makers publish, and
// nothing that cannot be read to "unknown".
func TestHealthReadsEveryFormat(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	wide := append([]byte{0xfe, 0xff}, utf16Bytes(`[{"service_name":"Amazon RDS","summary":"Connectivity"}]`)...)
	const incident = `{"status":{"indicator":"minor"},"components":[{"name":"Admin API","status":"operational"}],"incidents":[{"name":"Admin API errors","status":"investigating","components":[{"name":"Admin API"}]}]}`
	for _, c := range []struct {
		name, kind, product, body string
		want                      integration.HealthState
		title                     string
	}{
		{"well", "statuspage", "", `{"status":{"indicator":"none"},"components":[{"name":"API","status":"operational"}],"incidents":[]}`, integration.HealthWell, ""},
		{"incident", "statuspage", "(?i)admin", incident, integration.HealthTrouble, "Admin API errors"},
		{"incident of another product", "statuspage", "Checkout", incident, integration.HealthWell, ""},
		{"resolved incident", "statuspage", "", `{"status":{"indicator":"none"},"incidents":[{"name":"x","status":"resolved"}]}`, integration.HealthWell, ""},
		{"component down without an incident", "statuspage", "API", `{"status":{"indicator":"major"},"components":[{"name":"API","status":"major_outage"}]}`, integration.HealthTrouble, "API"},
		{"maintenance", "statuspage", "", `{"status":{"indicator":"maintenance"},"components":[{"name":"API","status":"under_maintenance"}]}`, integration.HealthMaintenance, "API"},
		{"another page", "statuspage", "", `<html>`, integration.HealthUnknown, ""},
		{"ended", "google", "Ads", `[{"service_name":"Google Ads","external_desc":"slow","begin":"2026-11-24T00:00:00Z","end":"2026-11-24T01:00:00Z"}]`, integration.HealthWell, ""},
		{"going on", "google", "Ads", `[{"service_name":"Multiple","external_desc":"API errors","affected_products":[{"title":"Google Ads API"}],"begin":"2026-11-25T00:00:00Z"}]`, integration.HealthTrouble, "API errors"},
		{"object", "google", "", `{}`, integration.HealthUnknown, ""},
		{"instance well", "salesforce", "", `{"key":"NA1","status":"OK"}`, integration.HealthWell, ""},
		{"instance in trouble", "salesforce", "^NA1$", `[{"key":"EU2","status":"MAJOR_INCIDENT_CORE"},{"key":"NA1","status":"MINOR_INCIDENT_NONCORE"}]`, integration.HealthTrouble, "NA1"},
		{"instance in maintenance", "salesforce", "", `{"key":"NA1","status":"MAINTENANCE_CORE"}`, integration.HealthMaintenance, "NA1"},
		{"up", "stripe", "", `{"largestatus":"up","message":"All services are online."}`, integration.HealthWell, ""},
		{"degraded", "stripe", "", `{"largestatus":"degraded","message":"Elevated errors."}`, integration.HealthTrouble, "Elevated errors."},
		{"event in UTF-16", "aws", "RDS", string(wide), integration.HealthTrouble, "Connectivity"},
		{"event that is over", "aws", "RDS", `[{"service_name":"Amazon RDS","status":"0","summary":"Connectivity"}]`, integration.HealthWell, ""},
		{"event after one that is over", "aws", "RDS", `[{"service_name":"Amazon RDS","status":"0","summary":"Old"},{"service_name":"Amazon RDS","status":"2","summary":"New"}]`, integration.HealthTrouble, "New"},
		{"event of another region", "aws", "(?i)^rds-eu\\-west\\-1$", `[{"service":"rds-us-east-1","service_name":"Amazon Relational Database Service (N. Virginia)","status":"1","summary":"Connectivity"}]`, integration.HealthWell, ""},
		{"event of the region", "aws", "(?i)^rds-eu\\-west\\-1$", `[{"service":"rds-eu-west-1","status":"1","summary":"Connectivity"}]`, integration.HealthTrouble, "Connectivity"},
		{"event of many services", "aws", "(?i)^rds-us\\-east\\-1$", `[{"service":"multipleservices-us-east-1","status":"1","summary":"Power","impacted_services":{"ec2-us-east-1":{"current":"1"},"rds-us-east-1":{"current":"1"}}}]`, integration.HealthTrouble, "Power"},
		{"event of another service", "aws", "Lambda", string(wide), integration.HealthWell, ""},
		{"active", "zendesk", "", `{"data":[{"attributes":{"title":"Ticket delays","impact":"major"}}]}`, integration.HealthTrouble, "Ticket delays"},
		{"none active", "zendesk", "", `{"data":[]}`, integration.HealthWell, ""},
		{"news", "feed", "(?i)marketing", `<rss version="2.0"><channel><item><title>Marketing API: high errors</title><pubDate>Wed, 25 Nov 2026 10:00:00 GMT</pubDate></item></channel></rss>`, integration.HealthTrouble, "Marketing API: high errors"},
		{"news that is over", "meta", "", `<rss version="2.0"><channel><item><title>Marketing API</title><description>Resolved: errors</description><pubDate>Wed, 25 Nov 2026 10:00:00 GMT</pubDate></item></channel></rss>`, integration.HealthWell, ""},
		{"old news", "feed", "", `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Errors</title><updated>2026-11-01T10:00:00Z</updated></entry></feed>`, integration.HealthWell, ""},
		{"no feed", "feed", "", `<html></html>`, integration.HealthUnknown, ""},
	} {
		t.Run(c.kind+" "+c.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "" || r.URL.User != nil {
					t.Error("a credential went out")
				}
				_, _ = w.Write([]byte(c.body))
			}))
			defer s.Close()
			p := probe.New(probe.Options{Now: func() time.Time { return now }})
			defer p.Close()
			got := p.Health(t.Context(), catalog.StatusPage{Kind: c.kind, URL: s.URL, Product: c.product})
			if want := (integration.Health{State: c.want, Title: c.title, At: now}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func utf16Bytes(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return b
}

func TestHealthOfAPageThatFailsIsUnknown(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/", http.StatusFound)
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer s.Close()
	p := probe.New(probe.Options{})
	defer p.Close()
	for _, url := range []string{s.URL, s.URL + "/moved", "http://status.example/x", "https://u:p@status.example", "::"} {
		if got := p.Health(t.Context(), catalog.StatusPage{Kind: "statuspage", URL: url}); got.State != integration.HealthUnknown {
			t.Errorf("%s: %s", url, got.State)
		}
	}
}
