package peers

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// Internet is the world behind a proxy: every https address that a program asks the proxy for leads to
// a handler of the test, which has a certificate for whatever host that is. A program needs nothing but
// what its user may set as well: HTTPS_PROXY and SSL_CERT_FILE.
type Internet struct {
	Proxy string // http://127.0.0.1:PORT, for HTTPS_PROXY
	Roots string // a PEM file, for SSL_CERT_FILE

	arrived chan net.Conn
	closed  chan struct{}
	end     func()
	root    *x509.Certificate
	key     *ecdsa.PrivateKey
	certs   sync.Map // by host
	mu      sync.Mutex
	hosts   map[string]http.Handler
	asked   []string // METHOD host/path
}

// NewInternet stands until the test ends. Hosts that nobody plays answer 404.
func NewInternet(t testing.TB) *Internet {
	t.Helper()
	n, err := OpenInternet(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.End)
	return n
}

// OpenInternet stands until End; the file of its root certificate lies in folder.
func OpenInternet(folder string) (*Internet, error) {
	n := &Internet{arrived: make(chan net.Conn), closed: make(chan struct{}), hosts: map[string]http.Handler{}}
	if err := n.found(folder); err != nil {
		return nil, err
	}
	quiet := log.New(io.Discard, "", 0)
	inside := &http.Server{Handler: http.HandlerFunc(n.answer), ErrorLog: quiet, TLSConfig: &tls.Config{GetCertificate: n.Certificate}}
	go func() { _ = inside.ServeTLS(n, "", "") }()
	front := httptest.NewServer(http.HandlerFunc(n.connect))
	n.Proxy = front.URL
	n.end = sync.OnceFunc(func() {
		close(n.closed)
		_ = inside.Close()
		front.Close()
	})
	return n, nil
}

// End ends it.
func (n *Internet) End() { n.end() }

// Play lets a handler answer for a host from now on.
func (n *Internet) Play(host string, handler http.Handler) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[host] = handler
}

// Asked returns what was asked for since the last call, as "GET host/path".
func (n *Internet) Asked() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	asked := n.asked
	n.asked = nil
	return asked
}

func (n *Internet) answer(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	handler := n.hosts[r.Host]
	n.asked = append(n.asked, r.Method+" "+r.Host+r.URL.Path)
	n.mu.Unlock()
	if handler == nil {
		http.NotFound(w, r)
		return
	}
	handler.ServeHTTP(w, r)
}

// connect opens the way of RFC 9110 section 9.3.6.
func (n *Internet) connect(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
	select {
	case n.arrived <- led{conn, buffered.Reader}:
	case <-n.closed:
		_ = conn.Close()
	}
}

// led is a connection whose first bytes may have been read already.
type led struct {
	net.Conn
	early *bufio.Reader
}

// Read begins with what was read already.
func (l led) Read(b []byte) (int, error) { return l.early.Read(b) }

// Accept hands out what came through the proxy.
func (n *Internet) Accept() (net.Conn, error) {
	select {
	case c := <-n.arrived:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close does nothing: End closes.
func (n *Internet) Close() error { return nil }

// Addr is of this computer.
func (n *Internet) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// found makes the authority that signs the hosts' certificates.
func (n *Internet) found(folder string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	n.key = key
	n.root = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Relink's tests"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, n.root, n.root, key.Public(), key)
	if err != nil {
		return err
	}
	n.Roots = filepath.Join(folder, "roots.pem")
	return os.WriteFile(n.Roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
}

// PEM is the host's certificate and its key, for a server that reads them from files.
func (n *Internet) PEM(host string) (certificate, key []byte, err error) {
	made, err := n.Certificate(&tls.ClientHelloInfo{ServerName: host})
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(made.PrivateKey)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made.Certificate[0]}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// Certificate is that of the host which is asked for, signed by the root.
func (n *Internet) Certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if known, ok := n.certs.Load(hello.ServerName); ok {
		return known.(*tls.Certificate), nil
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: hello.ServerName}, DNSNames: []string{hello.ServerName},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, n.root, n.key.Public(), n.key)
	if err != nil {
		return nil, err
	}
	made := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: n.key}
	n.certs.Store(hello.ServerName, made)
	return made, nil
}
