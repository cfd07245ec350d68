package probe_test

import (
	"bytes"
	"crypto/tls"
	stdjson "encoding/json"
	"fmt"
	"html"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	neturl "net/url"
	"strings"
	"testing"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/probe"
	"relink/backend/secret"
	scanner "relink/build/canary"
)

// awkward is a key that is written differently in every kind of text.
const awkward = `CNRY/key+with&odd="signs"%20<0123456789>abcdef`

// inAddress is a provider that takes its key in the query alone.
func inAddress(p *catalog.Provider) {
	p.Methods[0].Headers, p.Methods[0].Query = nil, map[string]string{"apikey": "{api_key}"}
}

// keyed is a target whose key travels in the address, and is the awkward one.
func keyed(address string, change ...func(*catalog.Provider)) probe.Target {
	on := target(address, append([]func(*catalog.Provider){inAddress}, change...)...)
	on.Secrets = secret.Fields{"api_key": secret.New(awkward)}
	return on
}

// overheard is everything that the standard library's and slog's default loggers are told during a test.
func overheard(t *testing.T) *bytes.Buffer {
	t.Helper()
	heard, before := &bytes.Buffer{}, slog.Default()
	log.SetOutput(heard)
	slog.SetDefault(slog.New(slog.NewTextHandler(heard, &slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(func() { slog.SetDefault(before); log.SetOutput(io.Discard) })
	return heard
}

// wantUnseen looks for the key in whatever came of a probe, however it may be printed.
func wantUnseen(t *testing.T, what string, texts ...any) {
	t.Helper()
	for _, text := range texts {
		written, err := stdjson.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range []string{fmt.Sprintf("%+v", text), fmt.Sprintf("%#v", text), string(written)} {
			if found := scanner.Find([]byte(form), awkward); found != "" {
				t.Errorf("%s: the key is seen, written as %s:\n%s", what, found, form)
			}
		}
	}
}

func TestKeyInAnAddressArrivesWholeAndBesideWhatStandsThere(t *testing.T) {
	ca := newAuthority(t)
	var got []string
	s := secured(t, &tls.Config{Certificates: []tls.Certificate{ca.issue(t)}}, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.URL.Query().Get("apikey")+" "+r.URL.Query().Get("page"))
		fmt.Fprintf(w, `{"id": "1", "name": %q}`, r.URL.Query().Get("apikey"))
	})
	for _, address := range []string{s.URL + "/me", s.URL + "/me?page=2"} {
		e, f := run(t, newProber(t, trusting(ca.pool)), keyed(address))
		if !f.OK() || e.Account.ID != "1" {
			t.Errorf("%s: %+v", address, e)
		}
		wantUnseen(t, address, e, f)
	}
	if want := []string{awkward + " ", awkward + " 2"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the server got %q, want %q", got, want)
	}
}

// echoes are the ways in which a server may send the address back.
func echoes(r *http.Request) map[string]string {
	key := r.URL.Query().Get("apikey")
	quoted, _ := stdjson.Marshal(r.URL.String())
	return map[string]string{
		"as it was sent":   r.URL.String(),
		"decoded":          r.URL.Path + "?apikey=" + key,
		"in small letters": strings.ToLower(strings.SplitN(r.URL.RawQuery, "=", 2)[0]) + "=" + lowered(r.URL.RawQuery),
		"as JSON":          string(quoted),
		"as HTML":          html.EscapeString(key),
		"as a path":        neturl.PathEscape(key),
	}
}

// lowered is a query with its percent escapes in small letters.
func lowered(query string) string {
	_, value, _ := strings.Cut(query, "=")
	for i := 0; i+2 < len(value); i++ {
		if value[i] == '%' {
			value = value[:i] + strings.ToLower(value[i:i+3]) + value[i+3:]
		}
	}
	return value
}

func TestS1KeyInAnAddressIsSeenInNoAnswerThatEchoesIt(t *testing.T) {
	ca, heard := newAuthority(t), overheard(t)
	for _, way := range []string{"as it was sent", "decoded", "in small letters", "as JSON", "as HTML", "as a path"} {
		for _, status := range []int{200, 302, 400, 401, 403, 404, 429, 500, 503} {
			asked := 0
			s := secured(t, &tls.Config{Certificates: []tls.Certificate{ca.issue(t)}}, func(w http.ResponseWriter, r *http.Request) {
				asked++
				echo := echoes(r)[way]
				w.Header().Set("Location", "/elsewhere?back="+neturl.QueryEscape(echo))
				w.Header().Set("Www-Authenticate", `Bearer error="`+strings.NewReplacer(`"`, "", "\n", "").Replace(echo)+`"`)
				w.WriteHeader(status)
				fmt.Fprintf(w, "no: %s", echo)
			})
			e, f := run(t, newProber(t, trusting(ca.pool)), keyed(s.URL+"/me", func(p *catalog.Provider) {
				p.Answers = []catalog.Answer{{At: "api", Status: []int{400}, Matches: "no: .*", Meaning: integration.MeaningCredentialDead}}
			}))
			if f.OK() || e.HTTPStatus != status || asked != 1 {
				t.Errorf("%d %s: %s after %d requests, %+v", status, way, f.Rule, asked, e)
			}
			if status != 200 && status != 302 && e.Excerpt == "" {
				t.Errorf("%d %s: nothing is kept of the answer, so this proves nothing", status, way)
			}
			wantUnseen(t, fmt.Sprintf("%d %s", status, way), e, f)
		}
	}
	wantUnseen(t, "the log", heard.String())
}

func TestS1KeyInAnAddressIsSeenInNoFaultOfTheNetwork(t *testing.T) {
	ca, heard := newAuthority(t), overheard(t)
	closed := listening(t, func(c net.Conn) { c.Close() })
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing := free.Addr().String()
	free.Close()
	silent := secured(t, &tls.Config{Certificates: []tls.Certificate{ca.issue(t)}}, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	cut := secured(t, &tls.Config{Certificates: []tls.Certificate{ca.issue(t)}}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "500")
		_, _ = io.WriteString(w, r.URL.String())
		panic(http.ErrAbortHandler)
	})
	noHTTP := secured(t, &tls.Config{Certificates: []tls.Certificate{ca.issue(t)}}, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = io.WriteString(conn, r.URL.String()+"\r\n\r\n")
			conn.Close()
		}
	})
	proxy, _ := neturl.Parse("http://" + refusing)
	for what, tc := range map[string]struct {
		address string
		options []func(*probe.Options)
	}{
		"refused":           {"https://" + refusing, nil},
		"hangs up":          {"https://" + closed, nil},
		"unknown authority": {silent.URL, nil},
		"no answer":         {silent.URL, []func(*probe.Options){trusting(ca.pool), within(limits)}},
		"cut off":           {cut.URL, []func(*probe.Options){trusting(ca.pool)}},
		"no HTTP":           {noHTTP.URL, []func(*probe.Options){trusting(ca.pool)}},
		"no proxy":          {"https://127.0.0.1:1", []func(*probe.Options){func(o *probe.Options) { o.Proxy = func(*http.Request) (*url, error) { return proxy, nil } }}},
		"denied":            {"https://169.254.169.254", nil},
	} {
		e, f := run(t, newProber(t, tc.options...), keyed(tc.address+"/me"))
		if f.OK() || e.Network == integration.NetworkNone {
			t.Errorf("%s: %s, %+v", what, f.Rule, e)
		}
		wantUnseen(t, what, e, f)
	}
	wantUnseen(t, "the log", heard.String())
}

// A redirect is not followed at all, as the server's own words would then decide where the key goes.
func TestN3KeyInAnAddressFollowsNoRedirect(t *testing.T) {
	ca := newAuthority(t)
	other, heard := evil(t, "127.0.0.2:0")
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, location := range []string{"/again", other + "/x", strings.TrimPrefix(other, "http:") + "/x"} {
			asked := 0
			s := secured(t, &tls.Config{Certificates: []tls.Certificate{ca.issue(t)}}, func(w http.ResponseWriter, r *http.Request) {
				asked++
				w.Header().Set("Location", location+"?"+r.URL.RawQuery)
				w.WriteHeader(status)
			})
			e, f := run(t, newProber(t, trusting(ca.pool)), keyed(s.URL+"/me"))
			if e.HTTPStatus != status || f.OK() || asked != 1 {
				t.Errorf("%d to %s: %d requests, %s, %+v", status, location, asked, f.Rule, e)
			}
			wantUnseen(t, location, e, f)
		}
	}
	if n := heard.Load(); n != 0 {
		t.Errorf("the other host was asked %d times", n)
	}
}

func TestN1KeyInAnAddressIsNeverSentInTheClear(t *testing.T) {
	asked := 0
	s := answering(t, func(w http.ResponseWriter, _ *http.Request) { asked++; fmt.Fprint(w, `{"id": "1"}`) })
	if e, f := run(t, newProber(t), keyed(s.URL+"/me")); asked != 0 || f.OK() || e.Network != integration.NetworkDenied {
		t.Errorf("asked %d times: %+v", asked, e)
	}
	ca := newAuthority(t)
	secure := secured(t, &tls.Config{Certificates: []tls.Certificate{ca.issue(t)}}, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"id": "1"}`) })
	on := keyed(secure.URL+"/me", func(p *catalog.Provider) {
		p.Probe.HTTP.Resources = &catalog.Resources{URL: s.URL + "/list", List: "list", ID: "id"}
	})
	if e, f := run(t, newProber(t, trusting(ca.pool)), on); asked != 0 || !f.OK() || !e.Partial {
		t.Errorf("the list was asked for %d times: %+v", asked, e)
	}
	on = keyed(secure.URL + "/me")
	on.Secrets = secret.Fields{"api_key": secret.New("")}
	if e, _ := run(t, newProber(t, trusting(ca.pool)), on); e.Vault != integration.VaultCorrupt {
		t.Errorf("an empty key: %+v", e)
	}
}
