package probe_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"relink/backend/catalog"
	"relink/backend/diagnosis"
	"relink/backend/integration"
	"relink/backend/probe"
	"relink/backend/secret"
)

// canary is a secret that must be seen nowhere but at the right host.
const canary = "CNRY-key-0123456789abcdef0123456789abcdef"

// limits are short, so that no test waits long; the order of their sizes is the real one.
var limits = probe.Limits{Dial: 400 * time.Millisecond, TLS: 400 * time.Millisecond, Header: 400 * time.Millisecond,
	SignIn: 600 * time.Millisecond, Whole: 900 * time.Millisecond, Online: 400 * time.Millisecond}

// generous are for tests of what is said, on a machine that may be busy.
var generous = probe.Limits{Dial: 5 * time.Second, TLS: 5 * time.Second, Header: 10 * time.Second, SignIn: 10 * time.Second, Whole: 20 * time.Second}

func noProxy(*http.Request) (*url, error) { return nil, nil }

// newProber returns a prober that asks no environment.
func newProber(t testing.TB, change ...func(*probe.Options)) *probe.Prober {
	t.Helper()
	o := probe.Options{Proxy: noProxy, Limits: generous}
	for _, c := range change {
		c(&o)
	}
	p := probe.New(o)
	t.Cleanup(p.Close)
	return p
}

func within(l probe.Limits) func(*probe.Options) { return func(o *probe.Options) { o.Limits = l } }

func trusting(roots *x509.CertPool) func(*probe.Options) {
	return func(o *probe.Options) { o.Roots = roots }
}

func lookingUp(r *net.Resolver) func(*probe.Options) {
	return func(o *probe.Options) { o.Resolver = r }
}

// target is a key of a service at the address; the provider's other traits may be changed.
func target(address string, change ...func(*catalog.Provider)) probe.Target {
	p := catalog.Provider{ID: "orders", Name: "Orders", Own: true,
		Methods: []catalog.Method{{Kind: integration.MethodAPIKey, Headers: map[string]string{"X-Api-Key": "{api_key}"}}},
		Probe:   catalog.Probe{HTTP: &catalog.HTTPProbe{Method: http.MethodGet, URL: address, Proof: "id"}},
	}
	p.Probe.HTTP.Account.ID, p.Probe.HTTP.Account.Name = "id", "name"
	for _, c := range change {
		c(&p)
	}
	return probe.Target{Provider: p, Grant: integration.Grant{ID: "grt_1", Method: integration.MethodAPIKey, Version: 1},
		Secrets: secret.Fields{"api_key": secret.New(canary)}}
}

// run probes a target and returns the evidence with its finding.
func run(t testing.TB, p *probe.Prober, on probe.Target) (integration.Evidence, integration.Finding) {
	t.Helper()
	e := p.Run(context.Background(), on)
	return e, diagnosis.Of(e)
}

// answering serves one answer.
func answering(t testing.TB, answer http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return s
}

func body(status int, contentType, content string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(content))
	}
}

func json(status int, content string) http.HandlerFunc {
	return body(status, "application/json", content)
}

// authority signs certificates for tests.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pool        *x509.CertPool
}

func newAuthority(t testing.TB, change ...func(*x509.Certificate)) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test Authority"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	for _, c := range change {
		c(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(certificate)
	return authority{certificate, key, pool}
}

// issue signs a server's certificate, for 127.0.0.1 unless changed.
func (a authority) issue(t testing.TB, change ...func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	for _, c := range change {
		c(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// pem is the authority's certificate as text.
func (a authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})
}

// files writes a certificate and its key as PEM.
func files(t testing.TB, c tls.Certificate) (certificate, key []byte) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// secured serves one answer over TLS.
func secured(t testing.TB, c *tls.Config, answer http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(answer)
	s.Config.ErrorLog = quiet
	s.TLS = c
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// names is a DNS server on loopback: it answers with an address, or with an error for "" .
type names struct {
	mu     sync.Mutex
	answer func(name string) ([4]byte, dnsmessage.RCode)
}

// resolver starts a DNS server and returns a resolver that asks it alone.
func resolver(t testing.TB, answer func(name string) ([4]byte, dnsmessage.RCode)) *net.Resolver {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &names{answer: answer}
	ended := make(chan struct{})
	go func() { defer close(ended); n.serve(socket) }()
	t.Cleanup(func() { socket.Close(); <-ended })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
}

func (n *names) serve(socket net.PacketConn) {
	buffer := make([]byte, 1500)
	for {
		size, from, err := socket.ReadFrom(buffer)
		if err != nil {
			return
		}
		var question dnsmessage.Message
		if question.Unpack(buffer[:size]) != nil || len(question.Questions) != 1 {
			continue
		}
		q := question.Questions[0]
		n.mu.Lock()
		address, code := n.answer(q.Name.String())
		n.mu.Unlock()
		if code == silence {
			continue
		}
		reply := dnsmessage.Message{Header: dnsmessage.Header{ID: question.ID, Response: true, RCode: code}, Questions: question.Questions}
		if code == dnsmessage.RCodeSuccess && q.Type == dnsmessage.TypeA {
			reply.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1}, Body: &dnsmessage.AResource{A: address}}}
		}
		if packed, err := reply.Pack(); err == nil {
			_, _ = socket.WriteTo(packed, from)
		}
	}
}

// silence is no answer at all.
const silence = dnsmessage.RCode(255)

// always answers every name with one address.
func always(a, b, c, d byte) func(string) ([4]byte, dnsmessage.RCode) {
	return func(string) ([4]byte, dnsmessage.RCode) { return [4]byte{a, b, c, d}, dnsmessage.RCodeSuccess }
}

// failing answers every name with an error.
func failing(code dnsmessage.RCode) func(string) ([4]byte, dnsmessage.RCode) {
	return func(string) ([4]byte, dnsmessage.RCode) { return [4]byte{}, code }
}
