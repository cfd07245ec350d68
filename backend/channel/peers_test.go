package channel_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"relink/backend/channel"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// request is what arrived.
type request struct {
	host, path string
	header     http.Header
	body       string
}

// world is the network of a test: every host name leads to one server of its own, over TLS that a root of the
// test vouches for.
type world struct {
	t     *testing.T
	roots *x509.CertPool
	cert  tls.Certificate
	web   *httptest.Server
	mail  string // address of the SMTP server

	mu     sync.Mutex
	got    []request
	dialed []string
	answer func(w http.ResponseWriter, r *http.Request)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }}
	w.certify("hooks.slack.com", "slack.com", "prod.westeurope.logic.azure.com", "api.telegram.org", "discord.com", "shop.example", "evil.example", "smtp.example")
	w.web = httptest.NewUnstartedServer(http.HandlerFunc(w.serve))
	w.web.TLS = &tls.Config{Certificates: []tls.Certificate{w.cert}}
	w.web.StartTLS()
	t.Cleanup(w.web.Close)
	return w
}

// certify makes the one certificate of the test, which is its own root.
func (w *world) certify(names ...string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(w.t, err)
	sheet := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: names, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, sheet, sheet, &key.PublicKey, key)
	check(w.t, err)
	leaf, err := x509.ParseCertificate(der)
	check(w.t, err)
	w.cert = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	w.roots = x509.NewCertPool()
	w.roots.AddCert(leaf)
}

func (w *world) serve(out http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.mu.Lock()
	w.got = append(w.got, request{r.Host, r.URL.RequestURI(), r.Header.Clone(), string(body)})
	answer := w.answer
	w.mu.Unlock()
	answer(out, r)
}

// says lets the servers answer the same to everybody from now on.
func (w *world) says(status int, header map[string]string, body string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = func(out http.ResponseWriter, _ *http.Request) {
		for name, value := range header {
			out.Header().Set(name, value)
		}
		out.WriteHeader(status)
		_, _ = io.WriteString(out, body)
	}
}

func (w *world) requests() []request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.got
}

// sender sends into this world.
func (w *world) sender() *channel.Sender {
	return channel.NewSender(channel.Options{Roots: w.roots, Now: func() time.Time { return time.Unix(1_790_000_000, 0) }, Dial: w.dial})
}

func (w *world) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, _ := net.SplitHostPort(address)
	w.mu.Lock()
	w.dialed = append(w.dialed, host)
	w.mu.Unlock()
	to := w.web.Listener.Addr().String()
	if host == "smtp.example" {
		to = w.mail
	}
	return (&net.Dialer{}).DialContext(ctx, network, to)
}

// letter is what the SMTP server took.
type letter struct {
	user, from string
	to         []string
	text       string
	encrypted  bool
}

// postOffice is a real SMTP server that wants one password.
type postOffice struct {
	password string
	mu       sync.Mutex
	tried    int
	taken    []letter
}

func (o *postOffice) letters() []letter { o.mu.Lock(); defer o.mu.Unlock(); return o.taken }

// begin serves with STARTTLS, with TLS from the first byte, or (for no encryption at all) neither.
func (o *postOffice) begin(w *world, mode string) {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{office: o, conn: c}, nil }))
	server.Domain, server.AllowInsecureAuth = "smtp.example", mode == "plain"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(w.t, err)
	config := &tls.Config{Certificates: []tls.Certificate{w.cert}}
	switch mode {
	case "starttls":
		server.TLSConfig = config
	case "tls":
		listener = tls.NewListener(listener, config)
	}
	go func() { _ = server.Serve(listener) }()
	w.t.Cleanup(func() { _ = server.Close() })
	w.mail = listener.Addr().String()
}

type session struct {
	office *postOffice
	conn   *smtp.Conn
	letter letter
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		s.office.mu.Lock()
		defer s.office.mu.Unlock()
		s.office.tried++
		if password != s.office.password {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "no: " + password}
		}
		s.letter.user = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.letter.user == "" && s.office.password != "" {
		return smtp.ErrAuthRequired
	}
	s.letter.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasPrefix(to, "nobody@") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	}
	s.letter.to = append(s.letter.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	_, s.letter.encrypted = s.conn.TLSConnectionState()
	s.letter.text = string(text)
	s.office.mu.Lock()
	defer s.office.mu.Unlock()
	s.office.taken = append(s.office.taken, s.letter)
	return err
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

var errNothing = errors.New("nothing was wrong")
