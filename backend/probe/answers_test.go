package probe_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	neturl "net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/probe"
)

type url = neturl.URL

var quiet = log.New(io.Discard, "", 0)

func TestProbeReadsProofAccountResourcesAndScopes(t *testing.T) {
	s := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != canary || r.Header.Get("Referer") != "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("X-Scopes", "read_orders, read_users")
		fmt.Fprint(w, `{"id": 7, "name": "Ana's\u202e shop", "sites": [{"id": "s1", "title": "One"}, {"id": "s2"}]}`)
	})
	on := target(s.URL+"/me", func(p *catalog.Provider) {
		p.Probe.HTTP.ScopesHeader = "X-Scopes"
		p.Probe.HTTP.Resources = &catalog.Resources{List: "sites", ID: "id", Name: "title"}
		p.Methods[0].OAuth = &catalog.OAuth{Scopes: []catalog.Scope{{ID: "read_orders"}, {ID: "users", Aliases: []string{"read_users"}}, {ID: "read_refunds"}, {ID: "extra", Optional: true}}}
	})
	on.Grant.Account = integration.Account{ID: "7"}
	e, f := run(t, newProber(t), on)
	if e.Stage != integration.StageDone || e.Party != integration.PartyAPI || e.HTTPStatus != 200 || e.Excerpt != "" {
		t.Fatalf("%+v", e)
	}
	if diff := cmp.Diff(integration.Account{ID: "7", Name: "Ana's shop"}, e.Account); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]integration.Resource{{ID: "s1", Name: "One"}, {ID: "s2"}}, e.Resources); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"read_orders", "read_users"}, e.Scopes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"read_refunds"}, e.MissingScopes); diff != "" {
		t.Error(diff)
	}
	if f.Rule != "key-scopes-incomplete" {
		t.Error(f.Rule)
	}
}

func TestProbeFillsSettingsSecretsAndDefaultsIn(t *testing.T) {
	var got *http.Request
	var sent []byte
	s := answering(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		sent, _ = io.ReadAll(r.Body)
		fmt.Fprint(w, `{"user": {"id": "u1"}}`)
	})
	on := target(s.URL+"/v1/{shop}/me?page={page}", func(p *catalog.Provider) {
		p.Settings = []integration.Field{{ID: "shop"}, {ID: "page", Default: "1"}, {ID: "header"}, {ID: "proof"}, {ID: "manager", Optional: true}}
		p.Methods[0].Headers = map[string]string{"{header}": "Token {api_key}", "Authorization": "Basic {basic:{username}/token:{api_key}}", "X-Manager": "{manager}"}
		p.Probe.HTTP.Method, p.Probe.HTTP.Body, p.Probe.HTTP.Proof = http.MethodPost, `{"shop": "{shop}"}`, "{proof}"
	})
	on.Integration.Settings = map[string]string{"shop": `my "shop"/../x`, "header": "X-Custom", "proof": "user.id"}
	on.Grant.Public = map[string]string{"username": "ana"}
	e, _ := run(t, newProber(t), on)
	if e.Stage != integration.StageDone {
		t.Fatalf("%+v", e)
	}
	for _, c := range []struct{ what, got, want string }{
		{"path", got.URL.EscapedPath(), "/v1/my%20%22shop%22%2F..%2Fx/me"},
		{"query", got.URL.RawQuery, "page=1"},
		{"body", string(sent), `{"shop": "my \"shop\"/../x"}`},
		{"own header", got.Header.Get("X-Custom"), "Token " + canary},
		{"empty header", strings.Join(got.Header.Values("X-Manager"), ","), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
	if user, password, _ := got.BasicAuth(); user != "ana/token" || password != canary {
		t.Error("wrong Basic credentials")
	}
}

func TestProbeReportsAnswersByStage(t *testing.T) {
	answers := []catalog.Answer{
		{At: "api", Status: []int{401}, Path: "error.code", Equals: []string{"key_expired"}, Meaning: integration.MeaningCredentialExpired},
		{At: "api", Status: []int{403}, Path: "error.code", Equals: []string{"no_role"}, Meaning: integration.MeaningPermissionDenied},
		{At: "api", Status: []int{200}, Path: "error.code", Equals: []string{"dead"}, Meaning: integration.MeaningCredentialDead},
		{At: "api", Status: []int{403}, Path: "error.code", Equals: []string{"quota"}, Meaning: integration.MeaningRateLimited},
	}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		stage  integration.Stage
		code   string
		rule   string
	}{
		{"documented expiry", json(401, `{"error": {"code": "key_expired"}}`), integration.StageSignIn, "key_expired", "credential-expired"},
		{"bare 401", json(401, `{}`), integration.StageSignIn, "", "refused-unexplained"},
		{"role lost", json(403, `{"error": {"code": "no_role"}}`), integration.StagePermission, "no_role", "permission-denied"},
		{"bare 403", json(403, ``), integration.StagePermission, "", "forbidden"},
		{"quota as 403", json(403, `{"error": {"code": "quota"}}`), integration.StageRequest, "quota", "rate-limited"},
		{"dead key as 200", json(200, `{"id": 1, "error": {"code": "dead"}}`), integration.StageSignIn, "dead", "grant-refused"},
		{"200 with an error inside", json(200, `{"error": "oops"}`), integration.StageRequest, "", "proof-missing"},
		{"200 with an empty proof", json(200, `{"id": []}`), integration.StageRequest, "", "proof-missing"},
		{"200 with a null proof", json(200, `{"id": null}`), integration.StageRequest, "", "proof-missing"},
		{"204", json(204, ``), integration.StageRequest, "", "answer-garbled"},
		{"page with 200", body(200, "text/html; charset=utf-8", "<html>Sign in</html>"), integration.StageRequest, "", "network-web-page"},
		{"page without a type", body(200, "", "\n<!DOCTYPE html><p>"), integration.StageRequest, "", "network-web-page"},
		{"404", json(404, `{}`), integration.StageRequest, "", "not-found"},
		{"503", json(503, `{}`), integration.StageRequest, "", "provider-trouble"},
		{"429", json(429, `{}`), integration.StageRequest, "", "rate-limited"},
		{"insufficient_scope", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="x", error="insufficient_scope", scope="a"`)
			w.WriteHeader(403)
		}, integration.StagePermission, "", "key-scope-missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			on := target(answering(t, c.answer).URL+"/me", func(p *catalog.Provider) { p.Answers = answers })
			e, f := run(t, newProber(t), on)
			if e.Stage != c.stage || e.VendorCode != c.code || f.Rule != c.rule || f.OK() {
				t.Errorf("stage %s, code %q, rule %s", e.Stage, e.VendorCode, f.Rule)
			}
			if len(e.Steps) == 0 || e.Steps[len(e.Steps)-1].OK {
				t.Errorf("steps %+v", e.Steps)
			}
		})
	}
}

// TestN7MalformedAnswersAreNeverOK holds what must not pass as a proof.
func TestN7MalformedAnswersAreNeverOK(t *testing.T) {
	for name, content := range map[string]string{
		"truncated":           `{"id": 1, "name": "a`,
		"byte order mark":     "\ufeff" + `{"id": 1}`,
		"raw NUL":             "{\"id\": \"a\x00b\"}",
		"the proof twice":     `{"id": 1, "id": 2}`,
		"UTF-16":              "{\x00\"\x00i\x00d\x00\"\x00:\x001\x00}\x00",
		"invalid UTF-8":       "{\"id\": \"\xff\xfe\"}",
		"a form":              "id=1&name=a",
		"two values":          `{"id": 1}{"id": 2}`,
		"nested a million":    strings.Repeat(`[`, 500_000) + strings.Repeat(`]`, 500_000),
		"nested in the proof": `{"id":` + strings.Repeat(`[`, 80) + `1` + strings.Repeat(`]`, 80) + `}`,
		"nothing":             "",
		"a word":              "OK",
	} {
		t.Run(name, func(t *testing.T) {
			_, f := run(t, newProber(t), target(answering(t, json(200, content)).URL+"/me"))
			if f.OK() {
				t.Errorf("%s is ok", name)
			}
		})
	}
}

func FuzzN7AnswersNeverPanic(f *testing.F) {
	f.Add(`{"id": 1}`, 200)
	f.Add("\ufeff{", 200)
	f.Add(`{"id":{"id":[[[`, 401)
	p := newProber(f)
	content, status := "", 200
	s := answering(f, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, content)
	})
	f.Fuzz(func(t *testing.T, text string, code int) {
		content, status = text, 200+(code&0x7fffffff)%400
		e := p.Run(context.Background(), target(s.URL+"/me"))
		if e.Stage == integration.StageDone && (status > 299 || !strings.Contains(text, "id")) {
			t.Errorf("%q with %d is a proof", text, status)
		}
		if len(e.Excerpt) > 2<<10 || strings.ContainsAny(e.Excerpt, "\x00\x1b\r\n") {
			t.Errorf("excerpt %q", e.Excerpt)
		}
	})
}

func TestN5LargeAnswersAreCutOff(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"gzip bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			spaces := []byte(strings.Repeat(" ", 1<<20))
			for range 200 {
				if _, err := z.Write(spaces); err != nil {
					return
				}
			}
		},
		"endless": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat(" ", 64<<10)); err != nil {
					return
				}
			}
		},
		"headers": func(w http.ResponseWriter, _ *http.Request) {
			for i := range 4000 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("a", 64))
			}
			fmt.Fprint(w, `{"id": 1}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			began, before := time.Now(), residentBytes(t)
			e, f := run(t, newProber(t), target(answering(t, answer).URL+"/me"))
			if grown := residentBytes(t) - before; grown > 32<<20 { // 8 MiB for the check, and what the server in this process takes
				t.Errorf("the process grew by %d MiB", grown>>20)
			}
			if f.OK() || f.Status == integration.StatusNeedsReauthorization {
				t.Errorf("%s: %+v", f.Rule, e)
			}
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// residentBytes is the memory that the process holds, 0 where the system does not tell.
func residentBytes(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * int64(os.Getpagesize())
}

func TestN5ContentLengthThatLiesIsNoProof(t *testing.T) {
	s := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		defer conn.Close()
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{\"id\": 1}")
	})
	e, f := run(t, newProber(t), target(s.URL+"/me"))
	if e.Network != integration.NetworkReset || e.Stage != integration.StageRequest || f.Rule != "connection-broken" {
		t.Errorf("%s %s %s", e.Stage, e.Network, f.Rule)
	}
}

func TestN8ExcerptIsShortPrintableAndWithoutSecrets(t *testing.T) {
	var echo string
	s := answering(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(400)
		// Split by a control character, a secret must not come together again when that is removed.
		split := canary[:10] + "\x00" + canary[10:]
		echo = fmt.Sprintf("bad key %s or %s, Authorization %s\x1b[31m\r\n2026-01-01 level=INFO ok \u202e", r.Header.Get("X-Api-Key"), split, r.Header.Get("Authorization"))
		fmt.Fprint(w, strings.Repeat(echo, 10_000))
	})
	on := target(s.URL+"/me", func(p *catalog.Provider) {
		p.Methods[0].Headers["Authorization"] = "Basic {basic:{username}:{api_key}}"
	})
	on.Grant.Public = map[string]string{"username": "ana"}
	e, _ := run(t, newProber(t), on)
	if len(e.Excerpt) > 2<<10 || len(e.Excerpt) < 100 || strings.ContainsAny(e.Excerpt, "\x00\x1b\r\n\u202e") {
		t.Errorf("excerpt of %d bytes: %.200q", len(e.Excerpt), e.Excerpt)
	}
	for _, leak := range []string{canary, canary[10:], "YW5hOkNOUl"} {
		if strings.Contains(fmt.Sprintf("%+v", e), leak) {
			t.Errorf("the evidence holds %q", leak)
		}
	}
}

func TestProbeReadsRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"120":                           2 * time.Minute,
		"99999999999999":                24 * time.Hour,
		"99999999999999999999999":       0,
		"-5":                            0,
		"soon":                          0,
		"Tue, 24 Nov 2026 12:01:30 GMT": 90 * time.Second,
		"Tue, 24 Nov 2020 12:01:30 GMT": 0,
		"Tue, 24 Nov 2030 12:01:30 GMT": 24 * time.Hour,
	} {
		s := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", value)
			w.WriteHeader(503)
		})
		p := newProber(t, func(o *probe.Options) { o.Now = func() time.Time { return now } })
		if e, f := run(t, p, target(s.URL)); e.RetryAfter != want || f.RetryAfter != want {
			t.Errorf("%q: %s, finding %s, want %s", value, e.RetryAfter, f.RetryAfter, want)
		}
	}
}

func TestProbeMeasuresTheClockByTheServersDate(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		date, age string
		want      time.Duration
	}{
		{"Tue, 24 Nov 2026 12:00:02 GMT", "", 0},
		{"Tue, 24 Nov 2026 11:00:00 GMT", "", time.Hour},
		{"Tue, 24 Nov 2026 12:10:00 GMT", "", -10 * time.Minute},
		{"Tue, 24 Nov 2026 11:00:00 GMT", "3600", 0},
		{"yesterday", "", 0},
	} {
		s := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", c.date)
			if c.age != "" {
				w.Header().Set("Age", c.age)
			}
			w.WriteHeader(401)
		})
		p := newProber(t, func(o *probe.Options) { o.Now = func() time.Time { return now } })
		if e, _ := run(t, p, target(s.URL)); e.ClockOffset != c.want {
			t.Errorf("%s: %s, want %s", c.date, e.ClockOffset, c.want)
		}
	}
}

func TestProbeNeedsNoConnectionOfItsOwn(t *testing.T) {
	connections := make(map[string]bool)
	s := answering(t, func(w http.ResponseWriter, r *http.Request) {
		connections[r.RemoteAddr] = true
		fmt.Fprint(w, `{"id": 1}`)
	})
	p := newProber(t)
	for range 20 {
		if e, _ := run(t, p, target(s.URL+"/me")); e.Stage != integration.StageDone {
			t.Fatalf("%+v", e)
		}
	}
	if len(connections) != 1 {
		t.Errorf("%d connections for 20 checks", len(connections))
	}
}

func TestProbeRefusesHeadersThatWouldBeTwo(t *testing.T) {
	called := false
	s := answering(t, func(http.ResponseWriter, *http.Request) { called = true })
	on := target(s.URL+"/me", func(p *catalog.Provider) { p.Methods[0].Headers = map[string]string{"X-Api-Key": "{account}"} })
	on.Grant.Public = map[string]string{"account": "a\r\nX-Evil: 1"}
	if e, f := run(t, newProber(t), on); called || f.OK() {
		t.Errorf("%+v", e)
	}
}
