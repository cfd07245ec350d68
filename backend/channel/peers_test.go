package channel_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"relink/backend/channel"
	"relink/build/peers"
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
	sent   []byte // to the SMTP server, as anybody on the way would see it
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
	if host != "smtp.example" {
		return (&net.Dialer{}).DialContext(ctx, network, w.web.Listener.Addr().String())
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, w.mail)
	if err != nil {
		return nil, err
	}
	return wire{conn, w}, nil
}

// wire keeps what was written to a mail server as it went over the network.
type wire struct {
	net.Conn
	w *world
}

func (c wire) Write(b []byte) (int, error) {
	c.w.mu.Lock()
	c.w.sent = append(c.w.sent, b...)
	c.w.mu.Unlock()
	return c.Conn.Write(b)
}

// inTheClear is what anybody on the way to the mail server could read.
func (w *world) inTheClear() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.sent)
}

// office starts a mail server that wants one password. The mode is starttls, tls, or plain for no encryption.
func (w *world) office(mode string) *peers.MailServer {
	w.t.Helper()
	o := peers.MailOptions{User: "relink@shop.example", Password: password, Implicit: mode == "tls", Receivers: "^(ana|joe)@"}
	if mode != "plain" {
		key, err := x509.MarshalPKCS8PrivateKey(w.cert.PrivateKey)
		check(w.t, err)
		o.Key = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
		o.Certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.cert.Certificate[0]})
	}
	office := peers.Mail(w.t, o)
	w.mail = office.Address
	return office
}

var errNothing = errors.New("nothing was wrong")
