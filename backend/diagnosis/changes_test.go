package diagnosis_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"relink/backend/diagnosis"
	in "relink/backend/integration"
	"relink/backend/locale"
)

// TestN1OneSignerForManyHostsIsNamedAsTheNetworks counts from three hosts on.
func TestN1OneSignerForManyHostsIsNamedAsTheNetworks(t *testing.T) {
	for hosts, told := range map[int]bool{1: false, 2: false, 3: true} {
		f := diagnosis.Of(fault(in.NetworkTLSIssuer, in.StageTLS, online(in.OnlineYes), func(e *in.Evidence) {
			e.Certificate.Issuer, e.SameIssuer = "Corporate Proxy", hosts
		}))
		said := slices.ContainsFunc(f.Known, func(k in.Text) bool {
			return k.Key == "observation.issuer" && k.Args["issuer"] == "Corporate Proxy"
		})
		if said != told || f.Cause != in.CauseThisComputer {
			t.Errorf("%d hosts: told %t, cause %s", hosts, said, f.Cause)
		}
	}
}

// TestWhatChangedIsToldInWords compares with the last good check. The verdict is the same without it.
func TestWhatChangedIsToldInWords(t *testing.T) {
	yesterday := now.Add(-day)
	before := func(b in.Before) func(*in.Evidence) {
		b.At = yesterday
		return func(e *in.Evidence) { e.Before = &b }
	}
	proven := func(e *in.Evidence) { e.Stage = in.StageDone }
	certificate := func(issuer string, until time.Time) func(*in.Evidence) {
		return func(e *in.Evidence) { e.Certificate = in.Certificate{Issuer: issuer, Until: until} }
	}
	rows := []struct {
		name     string
		evidence in.Evidence
		want     []string // keys, and what the English sentence holds
		says     string
	}{
		{"a scope that the provider no longer states", api(200, proven, func(e *in.Evidence) {
			e.Scopes, e.MissingScopes = []string{"read_products"}, []string{"read_orders"}
		}, before(in.Before{Scopes: []string{"read_orders", "read_products"}})), []string{"observation.changed.scopes"}, "read_orders"},
		{"a scope that was never there", api(200, proven, func(e *in.Evidence) { e.MissingScopes = []string{"read_orders"} }, before(in.Before{Scopes: []string{"read_products"}})), nil, ""},
		{"scopes that nobody states now", api(403, before(in.Before{Scopes: []string{"read_orders"}})), nil, ""},
		{"another issuer", fault(in.NetworkTLSIssuer, in.StageTLS, online(in.OnlineYes), certificate("Corporate Proxy", now.Add(day)), before(in.Before{Certificate: in.Certificate{Issuer: "DigiCert Inc"}})),
			[]string{"observation.changed.issuer"}, "Corporate Proxy"},
		{"the same issuer", fault(in.NetworkTLSName, in.StageTLS, online(in.OnlineYes), certificate("DigiCert Inc", now.Add(day)), before(in.Before{Certificate: in.Certificate{Issuer: "DigiCert Inc"}})), nil, ""},
		{"a certificate that ended", fault(in.NetworkTLSExpired, in.StageTLS, online(in.OnlineYes), certificate("DigiCert Inc", now.Add(-time.Hour)), before(in.Before{Certificate: in.Certificate{Issuer: "DigiCert Inc"}})),
			[]string{"observation.changed.certificate_ended"}, "2026"},
		{"a database that was upgraded and took a right", with(api(200, proven), func(e *in.Evidence) {
			e.HTTPStatus, e.Database, e.Party, e.Server, e.Lost = 0, true, in.PartyDatabase, in.ServerState{Version: "17.2"}, []in.Resource{{ID: "orders"}}
			e.Before = &in.Before{At: yesterday, Version: "16.4", Access: "write"}
		}), []string{"observation.changed.version", "observation.changed.access.read"}, "17.2"},
		{"no check was good yet", api(401, func(e *in.Evidence) { e.Scopes = []string{"x"} }), nil, ""},
	}
	all, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		f := diagnosis.Of(row.evidence)
		var keys []string
		var said strings.Builder
		for _, k := range f.Known {
			if strings.HasPrefix(k.Key, "observation.changed.") {
				keys = append(keys, k.Key)
				said.WriteString(all.In(locale.English).Text(k))
				if s := all.In(locale.Brazilian).Text(k); placeholder.MatchString(s) || s == "" {
					t.Errorf("%s: %q", row.name, s)
				}
			}
		}
		if !slices.Equal(keys, row.want) || !strings.Contains(said.String(), row.says) || placeholder.MatchString(said.String()) {
			t.Errorf("%s (%s): %v, %q", row.name, f.Rule, keys, said.String())
		}
		without := row.evidence
		without.Before = nil
		if other := diagnosis.Verdict(without); other.Rule != f.Rule {
			t.Errorf("%s: the past decided: %s, else %s", row.name, f.Rule, other.Rule)
		}
	}
}
