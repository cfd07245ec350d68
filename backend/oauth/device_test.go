package oauth_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"relink/backend/oauth"
	"relink/backend/secret"
)

var deviceServer = oauth.Server{
	DeviceURL: "https://as.example/device", TokenURL: "https://as.example/token", AuthorizeURL: "https://login.example/authorize",
	ClientAuth: oauth.ClientAuthNone, Hosts: []string{"go.example"},
}

// script is a token endpoint that goes through its answers, and notes when it was asked.
type script struct {
	steps []func(*http.Request) (*http.Response, error)
	at    []time.Time
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.at = append(s.at, time.Now())
	return s.steps[min(len(s.at), len(s.steps))-1](r)
}

func says(status int, body string) func(*http.Request) (*http.Response, error) {
	return canned{status: status, kind: "application/json", body: body}.RoundTrip
}

func dropped(*http.Request) (*http.Response, error) { return nil, syscall.ECONNRESET }

var (
	pending    = says(400, `{"error":"authorization_pending"}`)
	slowDown   = says(400, `{"error":"slow_down"}`)
	oneToken   = says(200, plainToken)
	overloaded = canned{status: 503, kind: "text/html", body: "<html>busy</html>"}.RoundTrip
)

// poll awaits a device code of five minutes within a bubble of fake time.
func poll(t *testing.T, limit time.Duration, steps ...func(*http.Request) (*http.Response, error)) (gaps []time.Duration, took time.Duration, token oauth.Token, err error) {
	synctest.Test(t, func(t *testing.T) {
		s, began := &script{steps: steps}, time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		d := oauth.DeviceCode{Code: secret.New(canaryCode), ExpiresAt: began.Add(5 * time.Minute), Interval: 5 * time.Second}
		token, err = oauth.NewExchange(s, time.Now).AwaitDevice(ctx, deviceServer, client(), d)
		took = time.Since(began)
		for _, at := range s.at {
			gaps = append(gaps, at.Sub(began))
			began = at
		}
	})
	return gaps, took, token, err
}

func TestD1PollingOutlivesFailuresAndNeverGetsFasterThanAsked(t *testing.T) {
	gaps, _, token, err := poll(t, time.Hour, pending, dropped, overloaded, slowDown, pending, slowDown, oneToken)
	must(t, err)
	if token.Access.Reveal() != "at" {
		t.Errorf("%+v", token)
	}
	least := []time.Duration{5, 5, 10, 20, 10, 10, 15}
	if len(gaps) != len(least) {
		t.Fatalf("%d polls: %v", len(gaps), gaps)
	}
	for i, gap := range gaps {
		if gap < least[i]*time.Second || gap > least[i]*time.Second+50*time.Millisecond {
			t.Errorf("gap %d is %v, want %d s", i, gap, least[i])
		}
	}
}

func TestD1PollingEndsWithTheCode(t *testing.T) {
	for name, step := range map[string]func(*http.Request) (*http.Response, error){"pending": pending, "no network": dropped, "an outage": overloaded} {
		gaps, took, _, err := poll(t, time.Hour, step)
		if r := refused(t, err); r.Code != "expired_token" || took != 5*time.Minute {
			t.Errorf("%s: %v after %v", name, err, took)
		}
		if name != "pending" && len(gaps) > 10 {
			t.Errorf("%s: %d polls", name, len(gaps))
		}
	}
}

func TestD1RetryAfterIsWaitedFor(t *testing.T) {
	later := func(*http.Request) (*http.Response, error) {
		res, err := says(429, `{}`)(nil)
		res.Header.Set("Retry-After", "90")
		return res, err
	}
	gaps, _, _, err := poll(t, time.Hour, later, oneToken)
	must(t, err)
	if len(gaps) != 2 || gaps[1] != 90*time.Second {
		t.Errorf("%v", gaps)
	}
}

func TestD1OtherAnswersEndThePolling(t *testing.T) {
	for code, step := range map[string]func(*http.Request) (*http.Response, error){
		"access_denied": says(400, `{"error":"access_denied"}`), "expired_token": says(400, `{"error":"expired_token"}`),
		"invalid_grant": says(500, `{"error":"invalid_grant"}`), "": canned{status: 200, kind: "text/html", body: "<html>Sign in</html>"}.RoundTrip,
	} {
		gaps, _, _, err := poll(t, time.Hour, step, oneToken)
		if r := refused(t, err); r.Code != code || len(gaps) != 1 {
			t.Errorf("%q: %v after %d polls", code, err, len(gaps))
		}
	}
	_, took, _, err := poll(t, 12*time.Second, pending)
	var fault *oauth.Fault
	if !errors.As(err, &fault) || !errors.Is(err, context.DeadlineExceeded) || took != 12*time.Second {
		t.Errorf("the end of the context: %v after %v", err, took)
	}
}

// begin asks for a device code of which the members are these.
func begin(t *testing.T, members string) (oauth.DeviceCode, error) {
	t.Helper()
	body := `{"device_code":"` + canaryCode + `","user_code":"WDJB-MJHT","verification_uri":"https://go.example/device"` + members + `}`
	return oauth.NewExchange(canned{status: 200, kind: "application/json", body: body}, atNoon).Device(t.Context(), deviceServer, client(), nil)
}

func TestD1IntervalAndLifeAreBounded(t *testing.T) {
	for members, want := range map[string]time.Duration{
		``: 5 * time.Second, `,"interval":0`: 5 * time.Second, `,"interval":-3`: 5 * time.Second, `,"interval":1e18`: 5 * time.Second, `,"interval":"NaN"`: 5 * time.Second,
		`,"interval":null`: 5 * time.Second, `,"interval":[9]`: 5 * time.Second, `,"interval":12`: 12 * time.Second, `,"interval":"7"`: 7 * time.Second,
	} {
		d, err := begin(t, members)
		must(t, err)
		if d.Interval != want || !d.ExpiresAt.Equal(noon.Add(10*time.Minute)) {
			t.Errorf("%s: %+v", members, d)
		}
	}
	d, err := begin(t, `,"expires_in":1800,"verification_uri_complete":"https://go.example/device?code=WDJB-MJHT"`)
	must(t, err)
	want := oauth.DeviceCode{UserCode: "WDJB-MJHT", URL: "https://go.example/device", URLComplete: "https://go.example/device?code=WDJB-MJHT", ExpiresAt: noon.Add(30 * time.Minute), Interval: 5 * time.Second}
	if d.Code.Reveal() != canaryCode {
		t.Error("another code")
	}
	if d.UserCode != want.UserCode || d.URL != want.URL || d.URLComplete != want.URLComplete || !d.ExpiresAt.Equal(want.ExpiresAt) || d.Interval != want.Interval {
		t.Errorf("%+v", d)
	}
}

func TestD2PageOfAnotherHostIsRefused(t *testing.T) {
	for address, fine := range map[string]bool{
		"https://go.example/device": true, "https://login.example/device": true, "https://as.example/device": true,
		"javascript:alert(1)": false, "https://evil.example/device": false, "http://go.example/device": false, "https://go.example@evil.example/": false,
		"https://go.example.evil.example/": false, "//go.example/device": false, "file:///etc/passwd": false, "": false, "https://go.example/a\\nb": false,
	} {
		for member, body := range map[string]string{
			"verification_uri":          `"verification_uri":"` + address + `"`,
			"verification_url":          `"verification_url":"` + address + `"`,
			"verification_uri_complete": `"verification_uri":"https://go.example/device","verification_uri_complete":"` + address + `"`,
		} {
			whole := canned{status: 200, kind: "application/json", body: `{"device_code":"d","user_code":"u",` + body + `}`}
			d, err := oauth.NewExchange(whole, atNoon).Device(t.Context(), deviceServer, client(), nil)
			if absent := address == "" && member == "verification_uri_complete"; (err == nil) != (fine || absent) {
				t.Errorf("%s %q: %+v, %v", member, address, d, err)
			}
			if err != nil && strings.Contains(err.Error(), "evil") {
				t.Errorf("%s: the error quotes the address: %v", member, err)
			}
		}
	}
}

func TestDeviceAnswerThatIsNoneIsARefusal(t *testing.T) {
	for name, c := range map[string]canned{
		"error":        {400, "application/json", `{"error":"invalid_client"}`},
		"page":         {200, "text/html", `<html>`},
		"no code":      {200, "application/json", `{"user_code":"u","verification_uri":"https://go.example/"}`},
		"no user code": {200, "application/json", `{"device_code":"d","user_code":"\u202e","verification_uri":"https://go.example/"}`},
		"error beside": {200, "application/json", `{"error":"slow_down","device_code":"d","user_code":"u","verification_uri":"https://go.example/"}`},
	} {
		_, err := oauth.NewExchange(c, atNoon).Device(t.Context(), deviceServer, client(), nil)
		if r := refused(t, err); r.HTTPStatus != c.status {
			t.Errorf("%s: %+v", name, r)
		}
	}
	sent := &recorder{}
	if _, err := oauth.NewExchange(sent, atNoon).Device(t.Context(), oauth.Server{TokenURL: "https://as.example/token"}, client(), nil); err == nil || sent.requests != 0 {
		t.Errorf("a server without the endpoint: %v", err)
	}
}

func FuzzDeviceAnswer(f *testing.F) {
	f.Add(200, "application/json", `{"device_code":"d","user_code":"u","verification_uri":"https://go.example/","expires_in":1800,"interval":5}`)
	f.Add(200, "application/json", `{"device_code":"d","user_code":"u","verification_url":"https://evil.example/","interval":1e300}`)
	f.Add(200, "application/x-www-form-urlencoded", `device_code=d&user_code=u&verification_uri=https%3A%2F%2Fgo.example%2F&interval=-1`)
	f.Add(400, "application/json", `{"error":"slow_down"}`)
	f.Add(200, "text/html", `<html>`)
	f.Fuzz(func(t *testing.T, status int, kind, body string) {
		d, err := oauth.NewExchange(canned{status: status, kind: kind, body: body}, atNoon).Device(t.Context(), deviceServer, client(), nil)
		if err != nil {
			return
		}
		if d.UserCode == "" || d.Code.Empty() || d.Interval <= 0 || d.Interval > 5*time.Minute || !d.ExpiresAt.After(noon) {
			t.Errorf("accepted %+v", d)
		}
		for _, page := range []string{d.URL, d.URLComplete} {
			if page == "" && page == d.URLComplete {
				continue
			}
			if _, err := oauth.NewRequest(oauth.Server{AuthorizeURL: page, Hosts: []string{"go.example", "login.example", "as.example"}}, client(), redirect, nil, nil); err != nil {
				t.Errorf("a person is sent to %q: %v", page, err)
			}
		}
	})
}
