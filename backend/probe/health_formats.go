package probe

import (
	"bytes"
	"encoding/xml"
	"regexp"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/tidwall/gjson"

	"relink/backend/catalog"
	"relink/backend/integration"
)

// healthIn reads a status page. Anything that does not look like the kind's format is HealthUnknown.
func healthIn(page catalog.StatusPage, body []byte, at time.Time) integration.Health {
	product := regexp.MustCompile("")
	if page.Product != "" {
		re, err := regexp.Compile(page.Product)
		if err != nil {
			return integration.Health{State: integration.HealthUnknown, At: at}
		}
		product = re
	}
	read, ok := formats[page.Kind]
	if !ok {
		return integration.Health{State: integration.HealthUnknown, At: at}
	}
	state, title := read(body, product, at)
	return integration.Health{State: state, Title: printable(title, maxName), At: at}
}

type format func(body []byte, product *regexp.Regexp, at time.Time) (integration.HealthState, string)

// formats are the readers by catalog.StatusPage.Kind.
var formats = map[string]format{
	"statuspage": atlassian, "google": google, "salesforce": salesforce, "meta": feed,
	"stripe": stripe, "aws": aws, "zendesk": zendesk, "feed": feed,
}

// atlassian reads /api/v2/summary.json of an Atlassian Statuspage: the unresolved incidents, then the components.
func atlassian(body []byte, product *regexp.Regexp, _ time.Time) (integration.HealthState, string) {
	if !gjson.ValidBytes(body) || !gjson.GetBytes(body, "status.indicator").Exists() {
		return integration.HealthUnknown, ""
	}
	narrow := product.String() != ""
	var state integration.HealthState = integration.HealthWell
	title := ""
	gjson.GetBytes(body, "incidents").ForEach(func(_, i gjson.Result) bool {
		concerned := !narrow || product.MatchString(i.Get("name").String())
		i.Get("components").ForEach(func(_, c gjson.Result) bool {
			concerned = concerned || product.MatchString(c.Get("name").String())
			return !concerned
		})
		if concerned && i.Get("status").String() != "resolved" && i.Get("status").String() != "postmortem" {
			state, title = integration.HealthTrouble, i.Get("name").String()
		}
		return state == integration.HealthWell
	})
	if state == integration.HealthTrouble {
		return state, title
	}
	gjson.GetBytes(body, "components").ForEach(func(_, c gjson.Result) bool {
		if narrow && !product.MatchString(c.Get("name").String()) {
			return true
		}
		switch c.Get("status").String() {
		case "degraded_performance", "partial_outage", "major_outage":
			state, title = integration.HealthTrouble, c.Get("name").String()
			return false
		case "under_maintenance":
			state, title = integration.HealthMaintenance, c.Get("name").String()
		}
		return true
	})
	return state, title
}

// google reads the incidents.json of Google Cloud, Workspace and Ads: an incident without an end goes on.
func google(body []byte, product *regexp.Regexp, _ time.Time) (integration.HealthState, string) {
	list := gjson.ParseBytes(body)
	if !gjson.ValidBytes(body) || !list.IsArray() {
		return integration.HealthUnknown, ""
	}
	var state integration.HealthState = integration.HealthWell
	title := ""
	list.ForEach(func(_, i gjson.Result) bool {
		concerned := product.MatchString(i.Get("service_name").String()) || product.MatchString(i.Get("external_desc").String())
		i.Get("affected_products").ForEach(func(_, p gjson.Result) bool {
			concerned = concerned || product.MatchString(p.Get("title").String())
			return !concerned
		})
		if concerned && i.Get("end").String() == "" {
			state, title = integration.HealthTrouble, i.Get("external_desc").String()
		}
		return state == integration.HealthWell
	})
	return state, title
}

// salesforce reads one instance of api.status.salesforce.com, or the list of them.
func salesforce(body []byte, product *regexp.Regexp, _ time.Time) (integration.HealthState, string) {
	root := gjson.ParseBytes(body)
	instances := []gjson.Result{root}
	if root.IsArray() {
		instances = root.Array()
	}
	var state integration.HealthState = integration.HealthUnknown
	for _, i := range instances {
		status, key := i.Get("status").String(), i.Get("key").String()
		if !gjson.ValidBytes(body) || status == "" || !product.MatchString(key) {
			continue
		}
		switch {
		case strings.HasPrefix(status, "MAJOR_INCIDENT"), strings.HasPrefix(status, "MINOR_INCIDENT"):
			return integration.HealthTrouble, key
		case strings.HasPrefix(status, "MAINTENANCE"):
			return integration.HealthMaintenance, key
		case status == "OK":
			state = integration.HealthWell
		}
	}
	return state, ""
}

// stripe reads status.stripe.com/current.
func stripe(body []byte, _ *regexp.Regexp, _ time.Time) (integration.HealthState, string) {
	switch gjson.GetBytes(body, "largestatus").String() {
	case "":
		return integration.HealthUnknown, ""
	case "up":
		return integration.HealthWell, ""
	case "maintenance":
		return integration.HealthMaintenance, gjson.GetBytes(body, "message").String()
	}
	return integration.HealthTrouble, gjson.GetBytes(body, "message").String()
}

// aws reads health.aws.amazon.com/public/currentevents: a list of what goes on, in UTF-16. A service's id ends
// with its region, as in rds-eu-west-1; an event of several services lists their ids.
func aws(body []byte, product *regexp.Regexp, _ time.Time) (integration.HealthState, string) {
	if text, ok := fromUTF16(body); ok {
		body = text
	}
	list := gjson.ParseBytes(body)
	if !gjson.ValidBytes(body) || !list.IsArray() {
		return integration.HealthUnknown, ""
	}
	var state integration.HealthState = integration.HealthWell
	title := ""
	list.ForEach(func(_, i gjson.Result) bool {
		if i.Get("status").String() == "0" { // resolved, and still listed for a while
			return true
		}
		concerned := product.MatchString(i.Get("service_name").String()) || product.MatchString(i.Get("service").String())
		i.Get("impacted_services").ForEach(func(service, _ gjson.Result) bool {
			concerned = concerned || product.MatchString(service.String())
			return !concerned
		})
		if concerned {
			state, title = integration.HealthTrouble, i.Get("summary").String()
		}
		return state == integration.HealthWell
	})
	return state, title
}

// fromUTF16 decodes a text that begins with a byte order mark of UTF-16.
func fromUTF16(b []byte) ([]byte, bool) {
	big := bytes.HasPrefix(b, []byte{0xfe, 0xff})
	if !big && !bytes.HasPrefix(b, []byte{0xff, 0xfe}) {
		return nil, false
	}
	units := make([]uint16, 0, len(b)/2)
	for i := 2; i+1 < len(b); i += 2 {
		hi, lo := b[i+1], b[i]
		if big {
			hi, lo = lo, hi
		}
		units = append(units, uint16(hi)<<8|uint16(lo))
	}
	return []byte(string(utf16.Decode(units))), true
}

// zendesk reads the Status API's active incidents, which are those of one account.
func zendesk(body []byte, _ *regexp.Regexp, _ time.Time) (integration.HealthState, string) {
	list := gjson.GetBytes(body, "data")
	if !gjson.ValidBytes(body) || !list.IsArray() {
		return integration.HealthUnknown, ""
	}
	if first := list.Get("0"); first.Exists() {
		return integration.HealthTrouble, first.Get("attributes.title").String()
	}
	return integration.HealthWell, ""
}

// feed reads RSS 2.0 or Atom: a recent item that does not say that it is over.
func feed(body []byte, product *regexp.Regexp, at time.Time) (integration.HealthState, string) {
	var doc struct {
		XMLName xml.Name
		Items   []feedItem `xml:"channel>item"`
		Entries []feedItem `xml:"entry"`
	}
	if xml.Unmarshal(body, &doc) != nil || doc.XMLName.Local != "rss" && doc.XMLName.Local != "feed" {
		return integration.HealthUnknown, ""
	}
	for _, i := range append(doc.Items, doc.Entries...) {
		when, known := i.moment()
		text := i.Title + " " + i.Description + i.Summary
		if known && at.Sub(when) < recentNews && product.MatchString(text) && !over.MatchString(text) {
			return integration.HealthTrouble, i.Title
		}
	}
	return integration.HealthWell, ""
}

// over holds for the words in which feeds say that an incident has ended.
var over = regexp.MustCompile(`(?i)\b(resolved|completed|restored|operating normally)\b`)

type feedItem struct {
	Title       string `xml:"title"`
	Description string `xml:"description"`
	Summary     string `xml:"summary"`
	PubDate     string `xml:"pubDate"`
	Updated     string `xml:"updated"`
}

func (i feedItem) moment() (time.Time, bool) {
	for _, layout := range []string{time.RFC1123Z, time.RFC1123, time.RFC3339} {
		for _, text := range []string{i.PubDate, i.Updated} {
			if t, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
				return t, true
			}
		}
	}
	return time.Time{}, false
}
