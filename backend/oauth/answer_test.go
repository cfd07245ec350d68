package oauth_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"relink/backend/oauth"
)

func refused(t *testing.T, err error) *oauth.Refusal {
	t.Helper()
	var r *oauth.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("got %v, want a refusal", err)
	}
	return r
}

func TestTokenIsReadFromTheShapesThatServersSend(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	for _, c := range []struct{ name, kind, body string }{
		{"as the standard says", "application/json", `{"access_token":"at","refresh_token":"rt","token_type":"Bearer","expires_in":3600,"scope":"a b"}`},
		{"as text", "text/plain; charset=utf-8", `{"access_token":"at","refresh_token":"rt","token_type":"Bearer","expires_in":"3600","scope":"a b"}`},
		{"as a page", "text/html", ` {"access_token":"at","refresh_token":"rt","token_type":"Bearer","expires_in":3600.0,"scope":["a","b"]}`},
		{"with a byte order mark", "application/json", "\ufeff" + `{"access_token":"at","refresh_token":"rt","token_type":"Bearer","expires_in":3600,"scope":"a,b"}`},
		{"as a form", form, `access_token=at&refresh_token=rt&token_type=Bearer&expires_in=3600&scope=a+b`},
		{"as a form called text", "text/plain", `access_token=at&refresh_token=rt&token_type=Bearer&expires_in=3600&scope=a,b`},
		{"with error: null", "application/json", `{"error":null,"access_token":"at","refresh_token":"rt","token_type":"Bearer","expires_in":3600,"scope":"a b"}`},
	} {
		s := serve(t, answering(200, c.kind, c.body))
		s.ScopeSeparator = ","
		got, err := refresh(t, s)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got.Access.Reveal() != "at" || got.Refresh.Reveal() != "rt" || got.Type != "Bearer" || !got.ExpiresAt.Equal(noon.Add(time.Hour)) || !got.ScopesStated {
			t.Errorf("%s: %+v", c.name, got)
		}
		if diff := cmp.Diff([]string{"a", "b"}, got.Scopes); diff != "" {
			t.Errorf("%s: scopes %s", c.name, diff)
		}
	}
}

func TestR6MissingRefreshTokenStaysEmpty(t *testing.T) {
	for _, member := range []string{``, `,"refresh_token":""`, `,"refresh_token":null`, `,"refresh_token":7`, `,"refresh_token":["x"]`, `,"refresh_token":"a\nb"`} {
		got, err := refresh(t, serve(t, answering(200, "application/json", `{"access_token":"at"`+member+`}`)))
		if err != nil || !got.Refresh.Empty() || got.ScopesStated {
			t.Errorf("%s: %+v, %v", member, got, err)
		}
	}
}

func TestR10LifetimeIsBounded(t *testing.T) {
	tenYears := noon.Add(10 * 365 * 24 * time.Hour)
	for stated, want := range map[string]time.Time{
		`3600`: noon.Add(time.Hour), `"3600"`: noon.Add(time.Hour), `0.5`: noon.Add(500 * time.Millisecond), `"3.6e3"`: noon.Add(time.Hour), `" 60 "`: noon.Add(time.Minute),
		`0`: {}, `-1`: {}, `"0"`: {}, `null`: {}, `"soon"`: {}, `"NaN"`: {}, `"-Inf"`: {}, `[3600]`: {}, `true`: {}, `""`: {},
		`1e12`: tenYears, `1e300`: tenYears, `"1e999"`: tenYears, `"Inf"`: tenYears, `9223372036854775807`: tenYears,
	} {
		got, err := refresh(t, serve(t, answering(200, "application/json", `{"access_token":"at","expires_in":`+stated+`}`)))
		if err != nil || !got.ExpiresAt.Equal(want) {
			t.Errorf("%s: %v, %v; want %v", stated, got.ExpiresAt, err, want)
		}
	}
}

func TestN7MalformedAnswersAreNotTokens(t *testing.T) {
	utf16 := func(s string) string {
		var b strings.Builder
		b.WriteString("\xff\xfe")
		for _, r := range s {
			b.WriteByte(byte(r))
			b.WriteByte(0)
		}
		return b.String()
	}
	for name, body := range map[string]string{
		"empty":              "",
		"space":              "  \n",
		"truncated":          `{"access_token":"at","expires_in":36`,
		"no token":           `{"token_type":"Bearer"}`,
		"empty token":        `{"access_token":""}`,
		"null token":         `{"access_token":null}`,
		"number":             `{"access_token":17}`,
		"array":              `{"access_token":["at"]}`,
		"array of answers":   `[{"access_token":"at"}]`,
		"string":             `"access_token"`,
		"twice":              `{"access_token":"at","access_token":"other"}`,
		"control characters": `{"access_token":"a\u0000t"}`,
		"line break":         `{"access_token":"a\r\nX: y"}`,
		"raw NUL":            "{\"access_token\":\"a\x00t\"}",
		"not UTF-8":          "{\"access_token\":\"a\xfft\"}",
		"UTF-16":             utf16(`{"access_token":"at"}`),
		"two objects":        `{"access_token":"at"}{"access_token":"at"}`,
		"text after it":      `{"access_token":"at"} x`,
		"deep":               `{"access_token":"at","x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`,
		"deep and open":      strings.Repeat(`{"a":`, 10000),
		"error and token":    `{"error":"invalid_grant","access_token":"at"}`,
		"error object":       `{"error":{"code":190},"access_token":"at"}`,
		"form twice":         `access_token=a&access_token=b`,
		"form broken":        `access_token=%zz`,
		"plain words":        `access_token`,
	} {
		for _, kind := range []string{"application/json", "text/plain", "application/x-www-form-urlencoded", ""} {
			got, err := refresh(t, serve(t, answering(200, kind, body)))
			if err == nil {
				t.Errorf("%s as %q: a token %q", name, kind, got.Access.Reveal())
				continue
			}
			r := refused(t, err)
			if wantCode := name == "error and token"; (r.Code == "invalid_grant") != wantCode || r.Malformed == wantCode {
				t.Errorf("%s as %q: %+v", name, kind, r)
			}
		}
	}
}

func TestRefusalSaysWhatTheServerSaid(t *testing.T) {
	date := "Tue, 03 Feb 2026 11:58:00 GMT"
	for _, c := range []struct {
		name, kind, body string
		status           int
		want             oauth.Refusal
	}{
		{"invalid_grant", "application/json", `{"error":"invalid_grant","error_description":"Token has been expired or revoked."}`, 400,
			oauth.Refusal{HTTPStatus: 400, Code: "invalid_grant", Description: "Token has been expired or revoked.", Detail: `{"error":"invalid_grant","error_description":"Token has been expired or revoked."}`}},
		{"invalid_grant with 200", "application/json", `{"error":"invalid_grant"}`, 200,
			oauth.Refusal{HTTPStatus: 200, Code: "invalid_grant", Detail: `{"error":"invalid_grant"}`}},
		{"invalid_grant with 403 as a form", "application/x-www-form-urlencoded", `error=invalid_grant`, 403,
			oauth.Refusal{HTTPStatus: 403, Code: "invalid_grant", Detail: `{"error":"invalid_grant"}`}},
		{"a firewall's page", "text/html; charset=utf-8", "<html>Blocked</html>", 403, oauth.Refusal{HTTPStatus: 403, HTML: true}},
		{"a captive portal", "", "  <!DOCTYPE html><p>Sign in", 200, oauth.Refusal{HTTPStatus: 200, HTML: true}},
		{"unavailable", "text/plain", "upstream unavailable", 503, oauth.Refusal{HTTPStatus: 503}},
		{"another API's error", "application/json", `{"error":{"code":190,"message":"x"}}`, 400,
			oauth.Refusal{HTTPStatus: 400, Detail: `{"error":{"code":190,"message":"x"}}`}},
		{"empty success", "application/json", ``, 200, oauth.Refusal{HTTPStatus: 200, Malformed: true}},
		{"created, but nothing", "application/json", `{}`, 201, oauth.Refusal{HTTPStatus: 201, Malformed: true}},
	} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", date)
			answering(c.status, c.kind, c.body)(w, r)
		})
		_, err := refresh(t, s)
		c.want.Date = noon.Add(-2 * time.Minute)
		if diff := cmp.Diff(&c.want, refused(t, err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestN9RetryAfterIsReadAndBounded(t *testing.T) {
	for stated, want := range map[string]time.Duration{
		"": 0, "0": 0, "120": 2 * time.Minute, " 5 ": 5 * time.Second, "-5": 0, "soon": 0, "1.5": 0, "99999999999999999999": 0,
		"999999999": 24 * time.Hour, "9223372036854775807": 24 * time.Hour,
		"Tue, 03 Feb 2026 12:05:00 GMT": 5 * time.Minute, "Tue, 03 Feb 2026 11:00:00 GMT": 0, "Tue, 03 Feb 2099 11:00:00 GMT": 24 * time.Hour,
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", "Tue, 03 Feb 2026 12:00:00 GMT")
			w.Header().Set("Retry-After", stated)
			w.WriteHeader(429)
		})
		_, err := refresh(t, s)
		if got := refused(t, err).RetryAfter; got != want {
			t.Errorf("%q: %v, want %v", stated, got, want)
		}
	}
}

func TestN8HugeAndHostileErrorsBecomeShortPlainText(t *testing.T) {
	for name, description := range map[string]string{
		"long":    strings.Repeat("é", 20<<10),
		"escape":  "a\\u001b[31mred\\r\\n2026-11-24 level=INFO login ok\\u202egnp.exe\\u0000",
		"quoting": "you sent " + canaryRefresh + " and " + canarySecret,
	} {
		_, err := refresh(t, serve(t, answering(400, "application/json", `{"error":"invalid_grant","error_description":"`+description+`"}`)))
		r := refused(t, err)
		if len(r.Description) > 2<<10 || len(r.Detail) > 2<<10 || !utf8.ValidString(r.Description) || strings.ContainsAny(r.Description, "\r\n\x1b\x00\u202e") {
			t.Errorf("%s: %q", name, r.Description)
		}
		if r.Description == "" || strings.Contains(r.Error(), "red") || len(leaks(r.Description+r.Detail+r.Error())) > 0 {
			t.Errorf("%s: %q, %q, %q", name, r.Description, r.Detail, r.Error())
		}
	}
	_, err := refresh(t, serve(t, answering(500, "text/html", "<script>"+canaryRefresh+strings.Repeat("x", 1<<20))))
	if r := refused(t, err); !r.HTML || len(r.Error()) > 200 || len(leaks(r.Error())) > 0 {
		t.Errorf("page: %v", r)
	}
}

func TestN5AnswersAreBounded(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	zeros := make([]byte, 1<<20)
	for range 200 {
		_, _ = z.Write(zeros)
	}
	_ = z.Close()
	for name, answer := range map[string]http.HandlerFunc{
		"gzip bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		},
		"broken gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, `{"access_token":"at"}`)
		},
		"endless": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(zeros); err != nil {
					return
				}
			}
		},
		"token behind 64 KiB of space": answering(200, "application/json", strings.Repeat(" ", 64<<10)+`{"access_token":"at"}`),
		"deep":                         answering(200, "application/json", strings.Repeat("[", 1e6)),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		_, err := refresh(t, serve(t, answer))
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		if r := refused(t, err); !r.Malformed || r.HTML {
			t.Errorf("%s: %+v", name, r)
		}
		// The server's own buffers are counted too.
		if grown := after.TotalAlloc - before.TotalAlloc; took > 2*time.Second || grown > 8<<20 {
			t.Errorf("%s: %v, %d bytes", name, took, grown)
		}
	}
}

func TestN5LyingAndEndlessHeadersAreFaults(t *testing.T) {
	for name, speak := range map[string]func(net.Conn){
		"length lies": func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"access_token\":\"at\"}")
		},
		"a million headers": func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			for range 1_000_000 {
				if _, err := io.WriteString(c, "X: y\r\n"); err != nil {
					return
				}
			}
		},
	} {
		_, err := refresh(t, rawServer(t, speak))
		var fault *oauth.Fault
		if !errors.As(err, &fault) {
			t.Errorf("%s: got %v, want a fault", name, err)
		}
	}
}

func readRequest(c net.Conn) {
	_, _ = c.Read(make([]byte, 4096))
}

func FuzzTokenAnswer(f *testing.F) {
	shapes := []oauth.Server{
		{}, {
			Answer: oauth.TokenAnswer{
				AccessToken: "data.access_token", RefreshToken: "data.refresh_token", ExpiresIn: "data.expires_in", RefreshExpiresIn: "data.refresh_expires_in",
				Scope: "data.scope", Error: "code", Message: "message", Good: "0",
			},
			Captured: map[string]string{"shop": "token:data.shop", "all": "token:data", "first": "token:data.list.0"},
		}, {
			Answer:   oauth.TokenAnswer{AccessToken: "authed_user.access_token", Error: "error.code", Message: "error.message"},
			Captured: map[string]string{"team": "token:team.id"},
		},
	}
	f.Add(0, 200, "application/json", `{"access_token":"at","refresh_token":"rt","token_type":"Bearer","expires_in":3600,"scope":"a b"}`)
	f.Add(0, 200, "text/plain", `access_token=at&expires_in=3600`)
	f.Add(0, 400, "application/json", `{"error":"invalid_grant","error_description":"Token has been expired or revoked."}`)
	f.Add(0, 200, "text/html", `<html>`)
	f.Add(0, 200, "application/json", `{"access_token":"a","scope":["a",{}],"expires_in":"1e999"}`)
	f.Add(0, 200, "application/json", "\ufeff{\"access_token\":\"\\ud800\",\"x\":[[[[{}]]]]}")
	f.Add(0, 500, "", "\x1f\x8b\x08\x00")
	f.Add(1, 200, "application/json", `{"code":0,"message":"OK","data":{"access_token":"at","refresh_token":"rt","expires_in":1,"refresh_expires_in":"2","scope":["a"],"shop":7,"list":["x"]}}`)
	f.Add(1, 200, "application/json", `{"code":40105,"message":"Access token is incorrect","data":{"access_token":"at"}}`)
	f.Add(1, 200, "application/json", `{"code":"0","data":{"access_token":"at","shop":"at"}}`)
	f.Add(2, 200, "application/json", `{"ok":true,"authed_user":{"access_token":"xoxp"},"team":{"id":"T1"}}`)
	f.Add(2, 400, "application/json", `{"error":{"code":190,"message":"Error validating access token"}}`)
	f.Fuzz(func(t *testing.T, shape, status int, kind, body string) {
		s := shapes[(shape%len(shapes)+len(shapes))%len(shapes)]
		s.TokenURL, s.ClientAuth = "https://provider.example/token", oauth.ClientAuthBody
		e := oauth.NewExchange(canned{status: status, kind: kind, body: body}, atNoon)
		token, err := e.Refresh(t.Context(), s, client(), secretRefresh())
		if err == nil {
			access := token.Access.Reveal()
			if access == "" || strings.ContainsFunc(access, func(r rune) bool { return r < 0x20 || r > 0x7e }) || status/100 != 2 {
				t.Errorf("accepted %q with %d", access, status)
			}
			for _, end := range []time.Time{token.ExpiresAt, token.GrantExpiresAt} {
				if !end.IsZero() && (end.Before(noon) || end.After(noon.Add(3651*24*time.Hour))) {
					t.Errorf("expires at %v", end)
				}
			}
			for name, told := range token.Told {
				if told == "" || len(told) > 2<<10 || !utf8.ValidString(told) || strings.Contains(told, access) {
					t.Errorf("%s is %q", name, told)
				}
			}
			return
		}
		r := refused(t, err)
		if len(r.Description) > 2<<10 || len(r.Detail) > 2<<10 || len(r.Code) > 128 || !utf8.ValidString(r.Description+r.Code) || len(leaks(r.Error()+r.Description+r.Code+r.Detail)) > 0 {
			t.Errorf("%+v", r)
		}
	})
}

// canned is a transport that gives one answer.
type canned struct {
	status     int
	kind, body string
}

func (c canned) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: c.status, Header: http.Header{"Content-Type": {c.kind}}, Body: io.NopCloser(strings.NewReader(c.body))}, nil
}
