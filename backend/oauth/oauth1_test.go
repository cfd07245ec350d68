package oauth_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"relink/backend/oauth"
	"relink/backend/secret"
)

// escaped is RFC 5849 section 3.6.
func escaped(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// signed checks a request as RFC 5849 sections 3.4 and 3.5.1 say, without the library, and returns the
// parameters of its header, or an error.
func signed(r *http.Request, scheme, consumerSecret, tokenSecret string) (map[string]string, error) {
	words, ok := strings.CutPrefix(r.Header.Get("Authorization"), "OAuth ")
	if !ok {
		return nil, errors.New("no OAuth header")
	}
	params, pairs := map[string]string{}, []string{}
	for pair := range strings.SplitSeq(words, ",") {
		name, quoted, _ := strings.Cut(strings.TrimSpace(pair), "=")
		value, err := url.PathUnescape(strings.Trim(quoted, `"`))
		if err != nil {
			return nil, err
		}
		if params[name] = value; name != "realm" && name != "oauth_signature" {
			pairs = append(pairs, escaped(name)+"="+escaped(value))
		}
	}
	for name, values := range r.URL.Query() {
		for _, value := range values {
			pairs = append(pairs, escaped(name)+"="+escaped(value))
		}
	}
	slices.Sort(pairs)
	base := r.Method + "&" + escaped(scheme+"://"+r.Host+r.URL.EscapedPath()) + "&" + escaped(strings.Join(pairs, "&"))
	digest := map[string]func() hash.Hash{"HMAC-SHA1": sha1.New, "HMAC-SHA256": sha256.New}[params["oauth_signature_method"]]
	if digest == nil {
		return nil, fmt.Errorf("method %q", params["oauth_signature_method"])
	}
	mac := hmac.New(digest, []byte(escaped(consumerSecret)+"&"+escaped(tokenSecret)))
	_, _ = mac.Write([]byte(base))
	if want := base64.StdEncoding.EncodeToString(mac.Sum(nil)); params["oauth_signature"] != want {
		return nil, fmt.Errorf("signature %s of %s, want %s", params["oauth_signature"], base, want)
	}
	return params, nil
}

// The example of RFC 5849 section 1.2 tells that the check is right.
func TestSignatureCheckTakesTheExampleOfTheStandard(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "http://photos.example.net/photos?file=vacation.jpg&size=original", nil)
	r.Header.Set("Authorization", `OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_token="nnch734d00sl2jdk", oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131202", oauth_nonce="chapoH", oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D"`)
	if _, err := signed(r, "http", "kd94hf93k423kf44", "pfkkdhi9sl3r4s00"); err != nil {
		t.Error(err)
	}
	if _, err := signed(r, "http", "another", "pfkkdhi9sl3r4s00"); err == nil {
		t.Error("a wrong key was taken")
	}
}

const (
	consumerSecret = "CNRY-consumer+/ =&secret"
	tempSecret     = "CNRY-temporary&secret"
	lastSecret     = "CNRY-lasting secret"
	verifier1      = "CNRY-verifier-1234"
)

// service1 is an OAuth 1.0a server that gives tokens to whoever signs well.
func service1(t *testing.T, signature string) (oauth.Server1, oauth.Login1) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := map[string]string{"/request": "", "/access": tempSecret, "/api": lastSecret}[r.URL.Path]
		got, err := signed(r, "http", consumerSecret, key)
		switch {
		case err != nil:
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, "oauth_problem=signature_invalid&oauth_problem_advice="+url.QueryEscape(err.Error()))
		case got["oauth_signature_method"] != signature, got["oauth_consumer_key"] != "me", got["realm"] != "shop", len(got["oauth_nonce"]) < 16:
			w.WriteHeader(http.StatusBadRequest)
		case r.URL.Path == "/request" && got["oauth_callback"] != "":
			_, _ = io.WriteString(w, "oauth_token=temp%2B1&oauth_token_secret="+url.QueryEscape(tempSecret)+"&oauth_callback_confirmed=true\n")
		case r.URL.Path == "/access" && got["oauth_token"] == "temp+1" && got["oauth_verifier"] == verifier1:
			_, _ = io.WriteString(w, "oauth_token=lasting&oauth_token_secret="+url.QueryEscape(lastSecret)+"&screen_name=ana")
		case r.URL.Path == "/access":
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, "oauth_problem=token_rejected")
		case r.URL.Path == "/api" && got["oauth_token"] == "lasting":
			_, _ = io.WriteString(w, r.URL.Query().Get("searchCriteria[page]"))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	return oauth.Server1{
		Signature: signature, Realm: "shop", RequestTokenURL: server.URL + "/request", AccessTokenURL: server.URL + "/access", AuthorizeURL: "https://shop.example/authorize?store=1",
	}, oauth.Login1{ConsumerKey: "me", ConsumerSecret: secret.New(consumerSecret)}
}

func TestOAuth1ConsentGivesATokenThatSignsRequests(t *testing.T) {
	for _, signature := range []string{oauth.SignatureSHA1, oauth.SignatureSHA256} {
		s, l := service1(t, signature)
		e := oauth.NewExchange(nil, atNoon)
		r, temporary, err := e.RequestToken(t.Context(), s, l, redirect)
		must(t, err)
		if r.URL() != "https://shop.example/authorize?oauth_token=temp%2B1&store=1" || r.State() != "temp+1" {
			t.Errorf("%s with the state %q", r.URL(), r.State())
		}
		if _, err := oauth.ParsePasted(r, answer(redirect, "oauth_token", "another", "oauth_verifier", verifier1)); !errors.Is(err, oauth.CallbackError{Code: oauth.PastedWrongState}) {
			t.Errorf("another token's answer: %v", err)
		}
		got, err := oauth.ParsePasted(r, answer(redirect, "oauth_token", "temp+1", "oauth_verifier", verifier1))
		must(t, err)
		lasting, err := e.AccessToken(t.Context(), s, temporary, got.Code)
		must(t, err)
		transport, err := oauth.Signed1(s, lasting, &http.Transport{DisableKeepAlives: true})
		must(t, err)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(s.AccessTokenURL, "access")+"api?searchCriteria[page]=a+b%26c", nil)
		must(t, err)
		res, err := transport.RoundTrip(req)
		must(t, err)
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK || string(body) != "a b&c" || req.Header.Get("Authorization") != "" {
			t.Errorf("%s: %d %s", signature, res.StatusCode, body)
		}
		for _, value := range []any{lasting, temporary, r, s} {
			if text := fmt.Sprintf("%+v %#v", value, value); strings.Contains(text, "CNRY") {
				t.Errorf("%T can be printed: %s", value, text)
			}
		}
	}
}

func TestOAuth1RefusalsTellTheProblemAndNoSecret(t *testing.T) {
	s, l := service1(t, oauth.SignatureSHA1)
	e := oauth.NewExchange(nil, atNoon)
	wrong := l
	wrong.ConsumerSecret = secret.New("CNRY-another")
	_, _, err := e.RequestToken(t.Context(), s, wrong, redirect)
	if r := refused(t, err); r.HTTPStatus != 401 || r.Code != "signature_invalid" || strings.Contains(r.Description+r.Detail, "CNRY") {
		t.Errorf("%+v", r)
	}
	_, temporary, err := e.RequestToken(t.Context(), s, l, oauth.OutOfBand)
	must(t, err)
	same, err := e.AccessToken(t.Context(), s, temporary, secret.New("000000"))
	if r := refused(t, err); r.Code != "token_rejected" || same.Token.Reveal() != "temp+1" {
		t.Errorf("%+v", r)
	}
	for name, c := range map[string]canned{
		"a page": {200, "text/html", "<html>"}, "not confirmed": {200, "text/plain", "oauth_token=a&oauth_token_secret=b"}, "no secret": {200, "", "oauth_token=a&oauth_callback_confirmed=true"},
		"JSON": {401, "application/json", `{"oauth_problem":"consumer_key_rejected","message":"no"}`}, "a redirect": {302, "", ""}, "long": {200, "", strings.Repeat("x", 70<<10)},
		"a token with a line break": {200, "", "oauth_token=a%0Ab&oauth_token_secret=b&oauth_callback_confirmed=true"},
	} {
		_, _, err := oauth.NewExchange(c, atNoon).RequestToken(t.Context(), oauth.Server1{Signature: s.Signature, AuthorizeURL: "https://a.example/", RequestTokenURL: "https://a.example/r"}, l, redirect)
		if r := refused(t, err); r.HTTPStatus != c.status || r.HTML != (name == "a page") || (r.Code != "") != (name == "JSON") {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestOAuth1ServerThatCannotBeUsedIsNotAsked(t *testing.T) {
	good := oauth.Server1{Signature: oauth.SignatureSHA1, RequestTokenURL: "https://a.example/r", AccessTokenURL: "https://a.example/t", AuthorizeURL: "https://a.example/a"}
	sent := &recorder{}
	e := oauth.NewExchange(sent, atNoon)
	for name, change := range map[string]func(*oauth.Server1){
		"signature": func(s *oauth.Server1) { s.Signature = "PLAINTEXT" }, "plain HTTP": func(s *oauth.Server1) { s.RequestTokenURL = "http://a.example/r" },
		"script": func(s *oauth.Server1) { s.AuthorizeURL = "javascript:alert(1)" }, "host": func(s *oauth.Server1) { s.Hosts = []string{"b.example"} },
	} {
		s := good
		change(&s)
		if _, _, err := e.RequestToken(t.Context(), s, oauth.Login1{}, redirect); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := e.AccessToken(t.Context(), oauth.Server1{Signature: oauth.SignatureSHA1, AccessTokenURL: "ftp://a.example"}, oauth.Login1{}, secret.Text{}); err == nil || sent.requests != 0 {
		t.Errorf("%v after %d requests", err, sent.requests)
	}
	var fault *oauth.Fault
	if _, _, err := e.RequestToken(t.Context(), good, oauth.Login1{}, redirect); !errors.As(err, &fault) || sent.requests != 1 || sent.deadline.IsZero() {
		t.Errorf("%v after %d requests", err, sent.requests)
	}
	if _, err := oauth.Signed1(good, oauth.Login1{}, nil); err == nil {
		t.Error("the default transport would sign")
	}
	transport, err := oauth.Signed1(good, oauth.Login1{}, sent)
	must(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://a.example/?a=1&a=2", nil)
	must(t, err)
	if _, err := transport.RoundTrip(req); err == nil || sent.requests != 1 {
		t.Errorf("a repeated parameter was signed: %v", err)
	}
}

func TestN3OAuth1RedirectIsNotFollowed(t *testing.T) {
	other := startEvil(t, "127.0.0.2")
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://"+other.Addr().String()+"/")
			w.WriteHeader(status)
		})
		one := oauth.Server1{Signature: oauth.SignatureSHA256, AuthorizeURL: "https://a.example/", RequestTokenURL: s.TokenURL, AccessTokenURL: s.TokenURL}
		e := oauth.NewExchange(nil, atNoon)
		_, _, first := e.RequestToken(t.Context(), one, oauth.Login1{ConsumerSecret: secret.New(consumerSecret)}, redirect)
		_, second := e.AccessToken(t.Context(), one, oauth.Login1{ConsumerSecret: secret.New(consumerSecret)}, secret.New(verifier1))
		for _, err := range []error{first, second} {
			if r := refused(t, err); r.HTTPStatus != status {
				t.Errorf("%d: %+v", status, r)
			}
		}
	}
}

func TestOAuth1AnswerIsARefusalOrAPin(t *testing.T) {
	request := func(callback string) *oauth.Request {
		s, l := service1(t, oauth.SignatureSHA1)
		r, _, err := oauth.NewExchange(nil, atNoon).RequestToken(t.Context(), s, l, callback)
		must(t, err)
		return r
	}
	for name, c := range map[string]struct {
		pairs []string
		want  string
	}{
		"Twitter's no":     {[]string{"denied", "temp+1"}, "access_denied"},
		"the extension's":  {[]string{"oauth_token", "temp+1", "oauth_problem", "user_refused"}, "access_denied"},
		"another problem":  {[]string{"oauth_token", "temp+1", "oauth_problem", "token_expired"}, "token_expired"},
		"a foreign denial": {[]string{"denied", "another"}, ""},
	} {
		got, err := oauth.ParsePasted(request(redirect), answer(redirect, c.pairs...))
		if got.Error != c.want || (err != nil) != (c.want == "") || !got.Code.Empty() {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	r := request(oauth.OutOfBand)
	for typed, code := range map[string]string{" \n": oauth.PastedNoCode, "12\x0034": oauth.PastedNotURL, strings.Repeat("1", 300): oauth.PastedNotURL} {
		if _, err := oauth.ParsePasted(r, typed); !errors.Is(err, oauth.CallbackError{Code: code}) {
			t.Errorf("%q: %v", typed, err)
		}
	}
	got, err := oauth.ParsePasted(r, " 123 4567\n")
	must(t, err)
	if got.Code.Reveal() != "1234567" {
		t.Errorf("the pin is %q", got.Code.Reveal())
	}
	if _, err := oauth.ParsePasted(r, "1234567"); !errors.Is(err, oauth.CallbackError{Code: oauth.PastedWrongState}) {
		t.Errorf("the second time: %v", err)
	}
}

func FuzzOAuth1Answer(f *testing.F) {
	f.Add(200, "text/plain", "oauth_token=a&oauth_token_secret=b&oauth_callback_confirmed=true")
	f.Add(201, "application/x-www-form-urlencoded", "oauth_token=a&oauth_token=c&oauth_token_secret=b&oauth_callback_confirmed=true\n")
	f.Add(401, "text/plain", "oauth_problem=token_rejected&oauth_problem_advice=no")
	f.Add(401, "application/json", `{"oauth_problem":"timestamp_refused","message":{}}`)
	f.Add(200, "text/html", "<html>")
	f.Fuzz(func(t *testing.T, status int, kind, body string) {
		s := oauth.Server1{Signature: oauth.SignatureSHA256, AuthorizeURL: "https://a.example/authorize", RequestTokenURL: "https://a.example/request"}
		r, l, err := oauth.NewExchange(canned{status: status, kind: kind, body: body}, atNoon).RequestToken(t.Context(), s, oauth.Login1{ConsumerKey: "me", ConsumerSecret: secret.New(canarySecret)}, redirect)
		if err != nil {
			if refusal := refused(t, err); len(refusal.Description) > 2<<10 || len(refusal.Code) > 128 || len(leaks(refusal.Code+refusal.Description+refusal.Error())) > 0 {
				t.Errorf("%+v", refusal)
			}
			return
		}
		u, err := url.Parse(r.URL())
		if err != nil || u.Host != "a.example" || u.Query().Get("oauth_token") != r.State() || l.Token.Empty() || l.TokenSecret.Empty() || status/100 != 2 {
			t.Errorf("%d accepted as %s", status, r.URL())
		}
	})
}
