package probe_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	neturl "net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/probe"
)

func TestN1BadCertificatesAreRefusedAndNamed(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	_, house, _ := net.ParseCIDR("10.0.0.0/8")
	constrained := newAuthority(t, func(c *x509.Certificate) {
		c.PermittedIPRanges, c.PermittedDNSDomainsCritical = []*net.IPNet{house}, true
	})
	ours.pool.AddCert(constrained.certificate)
	for _, c := range []struct {
		name   string
		config *tls.Config
		fault  integration.NetworkFault
		rule   string
	}{
		{"good", &tls.Config{Certificates: []tls.Certificate{ours.issue(t)}}, integration.NetworkNone, "works"},
		{"expired", &tls.Config{Certificates: []tls.Certificate{ours.issue(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })}}, integration.NetworkTLSExpired, "certificate-expired"},
		{"not yet valid", &tls.Config{Certificates: []tls.Certificate{ours.issue(t, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) })}}, integration.NetworkTLSExpired, "certificate-expired"},
		{"another name", &tls.Config{Certificates: []tls.Certificate{ours.issue(t, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"other.example"} })}}, integration.NetworkTLSName, "certificate-name"},
		{"unknown authority", &tls.Config{Certificates: []tls.Certificate{theirs.issue(t)}}, integration.NetworkTLSIssuer, "certificate-issuer"},
		{"an authority for other names", &tls.Config{Certificates: []tls.Certificate{constrained.issue(t)}}, integration.NetworkTLSIssuer, "certificate-issuer"},
		{"TLS 1.1", &tls.Config{Certificates: []tls.Certificate{ours.issue(t)}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, integration.NetworkTLSOther, "tls-failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := secured(t, c.config, json(200, `{"id": 1}`))
			e, f := run(t, newProber(t, trusting(ours.pool)), target(s.URL+"/me"))
			if e.Network != c.fault || f.Rule != c.rule {
				t.Fatalf("%s, %s", e.Network, f.Rule)
			}
			if c.fault != integration.NetworkNone && (e.Stage != integration.StageTLS || e.Party != integration.PartyNobody) {
				t.Errorf("stage %s, party %s", e.Stage, e.Party)
			}
			if c.fault != integration.NetworkTLSOther && (e.Certificate.Issuer == "" || e.Certificate.Until.IsZero()) {
				t.Errorf("the certificate is not told: %+v", e.Certificate)
			}
			if c.fault == integration.NetworkNone && !passed(e, integration.StageTCP, integration.StageTLS) {
				t.Errorf("steps %+v", e.Steps)
			}
		})
	}
}

// passed says whether the evidence shows the stages as gone well.
func passed(e integration.Evidence, stages ...integration.Stage) bool {
	for _, want := range stages {
		found := false
		for _, s := range e.Steps {
			found = found || s.Stage == want && s.OK
		}
		if !found {
			return false
		}
	}
	return true
}

func TestN1PlainHTTPIsForThisComputerAlone(t *testing.T) {
	asked := false
	names := resolver(t, func(string) ([4]byte, dnsmessage.RCode) { asked = true; return [4]byte{127, 0, 0, 1}, 0 })
	for _, address := range []string{"http://shop.example/me", "http://10.0.0.1/me", "ftp://127.0.0.1/me", "https://ana:pw@127.0.0.1/me"} {
		e, f := run(t, newProber(t, lookingUp(names)), target(address))
		if e.Network != integration.NetworkDenied || f.Rule != "address-denied" || asked {
			t.Errorf("%s: %s, %s, looked up: %v", address, e.Network, f.Rule, asked)
		}
	}
}

// evil records what reaches a host that must never hear anything.
func evil(t *testing.T, address string) (origin string, heard *atomic.Int64) {
	t.Helper()
	socket, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	heard = new(atomic.Int64)
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		heard.Add(1)
		fmt.Fprint(w, `{"id": 1}`)
	})}
	go s.Serve(socket)
	t.Cleanup(func() { s.Close() })
	return "http://" + socket.Addr().String(), heard
}

func TestN3CredentialsNeverFollowARedirectToAnotherOrigin(t *testing.T) {
	other, heardByHost := evil(t, "127.0.0.2:0")
	sibling, heardByPort := evil(t, "127.0.0.1:0")
	for _, status := range []int{301, 302, 303, 307, 308} {
		for where, location := range map[string]string{
			"other host": other + "/x", "same host, other port": sibling + "/x", "protocol-relative": strings.TrimPrefix(other, "http:") + "/x",
			"https": "https://127.0.0.2:1/x", "with a login": strings.Replace(other, "//", "//a:b@", 1),
		} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				t.Run(fmt.Sprintf("%d to %s by %s", status, where, method), func(t *testing.T) {
					s := answering(t, func(w http.ResponseWriter, _ *http.Request) {
						w.Header().Set("Location", location)
						w.WriteHeader(status)
					})
					on := target(s.URL+"/me?page=1", func(p *catalog.Provider) {
						p.Probe.HTTP.Method = method
						p.Probe.HTTP.Body = map[string]string{http.MethodPost: `{"a": 1}`}[method]
						p.Methods[0].Headers = map[string]string{"X-Shop-Access-Token": "{api_key}", "Authorization": "Bearer {api_key}", "Cookie": "s={api_key}"}
					})
					e, f := run(t, newProber(t), on)
					if e.HTTPStatus != status || f.OK() || e.Stage != integration.StageRequest {
						t.Errorf("%+v", e)
					}
				})
			}
		}
	}
	if n := heardByHost.Load() + heardByPort.Load(); n != 0 {
		t.Errorf("the evil hosts were asked %d times", n)
	}
}

func TestN3RedirectsWithinTheOriginAreFollowedThreeTimes(t *testing.T) {
	var asked []string
	var s *httptest.Server
	s = answering(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path)
		if r.Header.Get("Referer") != "" || r.Header.Get("X-Api-Key") != canary {
			t.Errorf("headers %v", r.Header)
		}
		if hops := len(r.URL.Path) - 1; hops > 1 {
			http.Redirect(w, r, s.URL+r.URL.Path[:hops], http.StatusFound)
			return
		}
		fmt.Fprint(w, `{"id": 1}`)
	})
	if e, _ := run(t, newProber(t), target(s.URL+"/aaaa")); e.Stage != integration.StageDone || len(asked) != 4 {
		t.Errorf("%s after %v", e.Stage, asked)
	}
	asked = nil
	if e, f := run(t, newProber(t), target(s.URL+"/aaaaaaaa")); e.HTTPStatus != 302 || f.OK() || len(asked) != 4 {
		t.Errorf("%d after %v", e.HTTPStatus, asked)
	}
	asked = nil
	post := target(s.URL+"/aa", func(p *catalog.Provider) { p.Probe.HTTP.Method = http.MethodPost })
	if e, _ := run(t, newProber(t), post); e.HTTPStatus != 302 || len(asked) != 1 {
		t.Errorf("a POST was repeated: %v", asked)
	}
}

func TestN4NamesThatLeadIntoTheHouseAreNotDialledForServices(t *testing.T) {
	_, heard := evil(t, "127.0.0.1:0")
	for _, c := range []struct {
		name    string
		address string
		answer  func(string) ([4]byte, dnsmessage.RCode)
		generic bool
	}{
		{"loopback by name", "https://api.example/", always(127, 0, 0, 1), false},
		{"private by name", "https://api.example/", always(10, 1, 2, 3), false},
		{"private by name, 172", "https://api.example/", always(172, 16, 0, 1), false},
		{"private by name, 192", "https://api.example/", always(192, 168, 1, 1), false},
		{"carrier's space by name", "https://api.example/", always(100, 64, 0, 1), false},
		{"metadata by name", "https://api.example/", always(169, 254, 169, 254), false},
		{"metadata by name, generic", "https://api.example/", always(169, 254, 169, 254), true},
		{"metadata as a number, generic", "https://169.254.169.254/", nil, true},
		{"metadata as mapped IPv6, generic", "https://[::ffff:169.254.169.254]/", nil, true},
		{"metadata as IPv6, generic", "https://[fd00:ec2::254]/", nil, true},
		{"metadata through NAT64, generic", "https://[64:ff9b::a9fe:a9fe]/", nil, true},
		{"another cloud's metadata, generic", "https://100.100.100.200/", nil, true},
		{"another cloud's host, generic", "https://168.63.129.16/", nil, true},
		{"this host, generic", "https://0.0.0.0/", nil, true},
		{"link-local IPv6, generic", "https://[fe80::1%25lo]/", nil, true},
		{"group, generic", "https://224.0.0.1/", nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var change []func(*probe.Options)
			if c.answer != nil {
				change = append(change, lookingUp(resolver(t, c.answer)))
			}
			e, f := run(t, newProber(t, change...), target(c.address, func(p *catalog.Provider) { p.Generic = c.generic }))
			if e.Network != integration.NetworkDenied || e.Stage != integration.StageTCP || f.Rule != "address-denied" {
				t.Errorf("%s at %s, %s", e.Network, e.Stage, f.Rule)
			}
		})
	}
	if heard.Load() != 0 {
		t.Error("something was dialled")
	}
}

func TestN4ReboundNameIsJudgedWhenItIsDialled(t *testing.T) {
	var rebound atomic.Bool
	names := resolver(t, func(string) ([4]byte, dnsmessage.RCode) {
		if rebound.Load() {
			return [4]byte{169, 254, 169, 254}, dnsmessage.RCodeSuccess
		}
		return [4]byte{127, 0, 0, 1}, dnsmessage.RCodeSuccess
	})
	p := newProber(t, lookingUp(names), within(limits))
	on := target("https://api.example:1/", func(p *catalog.Provider) { p.Generic = true })
	if e, _ := run(t, p, on); e.Network != integration.NetworkRefused {
		t.Fatalf("first: %s", e.Network)
	}
	rebound.Store(true)
	if e, _ := run(t, p, on); e.Network != integration.NetworkDenied {
		t.Errorf("second: %s", e.Network)
	}
}

func TestN4ProxyIsNotAskedForDeniedAddresses(t *testing.T) {
	origin, heard := evil(t, "127.0.0.1:0")
	via, _ := neturl.Parse(origin)
	proxied := func(o *probe.Options) { o.Proxy = func(*http.Request) (*url, error) { return via, nil } }
	for _, address := range []string{"https://169.254.169.254/", "https://2130706433/", "https://0x7f.0.0.1/", "https://127.1/", "https://0251.0376.0251.0376/", "https://meta.example/"} {
		e, _ := run(t, newProber(t, proxied, lookingUp(resolver(t, always(169, 254, 169, 254)))), target(address, func(p *catalog.Provider) { p.Generic = true }))
		if e.Network != integration.NetworkDenied {
			t.Errorf("%s: %s", address, e.Network)
		}
	}
	if heard.Load() != 0 {
		t.Error("the proxy was asked")
	}
}

func TestN11ProxyThatWantsALoginIsNamed(t *testing.T) {
	s := answering(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) })
	via, _ := neturl.Parse(s.URL)
	proxied := func(o *probe.Options) { o.Proxy = func(*http.Request) (*url, error) { return via, nil } }
	e, f := run(t, newProber(t, proxied, lookingUp(resolver(t, failing(dnsmessage.RCodeNameError)))), target("https://api.example/me"))
	if e.Network != integration.NetworkProxy || f.Rule != "proxy-in-the-way" {
		t.Errorf("%s, %s", e.Network, f.Rule)
	}
	s.Close()
	e, f = run(t, newProber(t, proxied, lookingUp(resolver(t, failing(dnsmessage.RCodeNameError)))), target("https://api.example/me"))
	if e.Network != integration.NetworkProxy || f.Rule != "proxy-in-the-way" {
		t.Errorf("closed: %s, %s", e.Network, f.Rule)
	}
}

func TestProbeNamesWhatStoppedTheConnection(t *testing.T) {
	closed := answering(t, nil)
	closed.Close()
	hangup := listening(t, func(c net.Conn) { c.Close() })
	for _, c := range []struct {
		name    string
		address string
		names   *net.Resolver
		stage   integration.Stage
		fault   integration.NetworkFault
		rule    string
	}{
		{"no such name", "https://gone.example/", resolver(t, failing(dnsmessage.RCodeNameError)), integration.StageDNS, integration.NetworkDNS, "name-unknown"},
		{"SERVFAIL", "https://api.example/", resolver(t, failing(dnsmessage.RCodeServerFailure)), integration.StageDNS, integration.NetworkDNSFailing, "name-lookup-failing"},
		{"refused", closed.URL, nil, integration.StageTCP, integration.NetworkRefused, "connection-refused"},
		{"hangs up", "http://" + hangup, nil, integration.StageRequest, integration.NetworkReset, "connection-broken"},
		{"hangs up in the handshake", "https://" + hangup, nil, integration.StageTLS, integration.NetworkTLSOther, "tls-failed"},
		{"http behind https", strings.Replace(answering(t, json(200, `{}`)).URL, "http:", "https:", 1), nil, integration.StageTLS, integration.NetworkTLSOther, "tls-failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, f := run(t, newProber(t, lookingUp(c.names)), target(c.address))
			if e.Stage != c.stage || e.Network != c.fault || f.Rule != c.rule {
				t.Errorf("%s at %s, %s", e.Network, e.Stage, f.Rule)
			}
			if len(e.Steps) == 0 || e.Steps[len(e.Steps)-1].OK || e.Party != integration.PartyNobody {
				t.Errorf("steps %+v, party %s", e.Steps, e.Party)
			}
		})
	}
}

// listening serves connections on loopback until the test ends, each with its own goroutine.
func listening(t testing.TB, serve func(net.Conn)) (address string) {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.Map
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := socket.Accept()
			if err != nil {
				return
			}
			open.Store(conn, true)
			running.Go(func() { serve(conn) })
		}
	})
	t.Cleanup(func() {
		socket.Close()
		open.Range(func(conn, _ any) bool { conn.(net.Conn).Close(); return true })
		running.Wait()
	})
	return socket.Addr().String()
}

// silent holds connections open without a word.
func silent(c net.Conn) {
	buffer := make([]byte, 1024)
	for {
		if _, err := c.Read(buffer); err != nil {
			return
		}
	}
}

// blackHole is a port whose queue of connections is full, so that no further one is answered.
func blackHole(t *testing.T) (address string) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address = fmt.Sprintf("127.0.0.1:%d", at.(*syscall.SockaddrInet4).Port)
	for {
		c, err := net.DialTimeout("tcp", address, 200*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { c.Close() })
	}
}

func TestN6EveryPhaseEndsByItsDeadline(t *testing.T) {
	mute := listening(t, silent)
	drip := answering(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for r.Context().Err() == nil {
			if _, err := w.Write([]byte(" ")); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	for _, c := range []struct {
		name    string
		address string
		names   *net.Resolver
		stage   integration.Stage
		fault   integration.NetworkFault
	}{
		{"DNS", "https://api.example/", resolver(t, failing(silence)), integration.StageDNS, integration.NetworkDNSFailing},
		{"SYN", "http://" + blackHole(t), nil, integration.StageTCP, integration.NetworkTimeout},
		{"TLS", "https://" + mute, nil, integration.StageTLS, integration.NetworkTimeout},
		{"headers", "http://" + mute, nil, integration.StageRequest, integration.NetworkTimeout},
		{"body", drip.URL, nil, integration.StageRequest, integration.NetworkTimeout},
	} {
		t.Run(c.name, func(t *testing.T) {
			began := time.Now()
			e, f := run(t, newProber(t, within(limits), lookingUp(c.names)), target(c.address))
			if took := time.Since(began); took > limits.Whole+time.Second {
				t.Errorf("took %s", took)
			}
			if e.Stage != c.stage || e.Network != c.fault || f.Status == integration.StatusNeedsReauthorization || f.OK() {
				t.Errorf("%s at %s, %s", e.Network, e.Stage, f.Rule)
			}
		})
	}
}

func TestN6DefaultDeadlinesAreThose(t *testing.T) {
	want := probe.Limits{Dial: 5 * time.Second, TLS: 5 * time.Second, Header: 10 * time.Second, SSH: 15 * time.Second, SignIn: 10 * time.Second, Whole: 20 * time.Second, Online: 3 * time.Second}
	if got := probe.New(probe.Options{}).Limits; got != want {
		t.Errorf("%+v", got)
	}
}

func TestN6GoroutinesReturnToTheirNumber(t *testing.T) {
	mute := listening(t, silent)
	bad := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		conn.Close()
	})
	good := answering(t, json(200, `{"id": 1}`))
	short := limits
	short.Whole = 60 * time.Millisecond
	p := newProber(t, within(short))
	p.Run(context.Background(), target(good.URL))
	p.Close()
	before := runtime.NumGoroutine()
	var all sync.WaitGroup
	for i := range 200 {
		address := []string{"http://" + mute, "https://" + mute, bad.URL, good.URL, "http://127.0.0.1:1"}[i%5]
		all.Go(func() { p.Run(context.Background(), target(address)) })
	}
	all.Wait()
	p.Close()
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before+5 && time.Now().Before(deadline); {
		runtime.Gosched()
		p.Close()
	}
	if after := runtime.NumGoroutine(); after > before+5 {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

func TestProbeEndsWhenItsCallerDoes(t *testing.T) {
	reached := make(chan struct{})
	s := answering(t, func(_ http.ResponseWriter, r *http.Request) {
		close(reached)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-reached; cancel() }()
	if e := newProber(t).Run(ctx, target(s.URL)); e.Stage == integration.StageDone {
		t.Errorf("%+v", e)
	}
}
