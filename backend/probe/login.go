package probe

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"regexp"
	"strings"
)

// login is what a database probe connects with.
type login struct {
	host, port, user, password, database string
	tls                                  tlsMode
	roots                                *x509.CertPool   // of the settings; nil are those of the probe
	certificate                          *tls.Certificate // of the client
	authSource, replicaSet               string           // of MongoDB
	srv                                  bool             // of MongoDB: the host is a name of SRV records
	x509                                 bool             // of MongoDB: the client certificate signs in
}

// tlsMode is how a connection to a database is encrypted; the names are PostgreSQL's.
type tlsMode string

const (
	tlsDisable    tlsMode = "disable"
	tlsPrefer     tlsMode = "prefer"      // encrypted where the server offers it
	tlsRequire    tlsMode = "require"     // encrypted, whoever the server is
	tlsVerifyCA   tlsMode = "verify-ca"   // by a certificate of a known authority
	tlsVerifyFull tlsMode = "verify-full" // and for this very host
)

// errPEM means that a certificate or key cannot be read.
var errPEM = errors.New("no certificate in the form of PEM (RFC 7468)")

func loginOf(t *Target, d driver) (login, error) {
	get := func(name string, secrets bool) string {
		v, _ := t.value(name, secrets)
		return v
	}
	l := login{host: strings.Trim(get("host", false), "[]"), port: get("port", false), user: get("username", false),
		password: get("password", true), database: get("database", false), tls: tlsMode(get("tls", false)),
		authSource: get("auth_source", false), replicaSet: get("replica_set", false), srv: get("srv", false) == "yes"}
	if l.port == "" {
		l.port = d.port()
	}
	if l.tls == "" {
		l.tls = tlsPrefer
	}
	if authorities := get("tls_ca", false); authorities != "" {
		// Trusted alone, as by libpq's sslrootcert: without a check of the name, every certificate of
		// a public authority would do as well.
		l.roots = x509.NewCertPool()
		if !l.roots.AppendCertsFromPEM(block(authorities)) {
			return l, errPEM
		}
	}
	certificate, key := get("tls_cert", false), get("tls_key", true)
	if l.x509 = get("auth_mechanism", false) == mongoX509; l.x509 {
		certificate, key = get("x509_cert", false), get("x509_key", true)
	}
	if certificate != "" || l.x509 {
		pair, err := tls.X509KeyPair(block(certificate), block(key))
		if err != nil {
			return l, errPEM // the error of crypto/tls may quote the key's block
		}
		l.certificate = &pair
	}
	return l, nil
}

// armour is one block of PEM.
var armour = regexp.MustCompile(`(-----BEGIN [A-Z0-9 ]+-----)([^-]*)(-----END [A-Z0-9 ]+-----)`)

// block writes PEM as it was before an input of one line, or a file of settings, took its line ends away.
func block(text string) []byte {
	return []byte(armour.ReplaceAllString(strings.ReplaceAll(text, `\n`, "\n"), "$1\n$2\n$3\n"))
}

// encryptions are the TLS settings to try in turn; nil is none.
func (p *Prober) encryptions(l login) []*tls.Config {
	roots := p.Roots
	if l.roots != nil {
		roots = l.roots
	}
	amazon := l.roots == nil && OnAmazonRDS(l.host)
	base := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: l.host, RootCAs: roots}
	if l.certificate != nil { // shown whatever authorities the server lists: it will say what it does not like
		base.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return l.certificate, nil }
	}
	switch l.tls {
	case tlsDisable:
		return []*tls.Config{nil}
	case tlsVerifyFull:
		if amazon {
			base.InsecureSkipVerify = true // the chain and the name are verified below
			base.VerifyConnection = func(state tls.ConnectionState) error { return p.verifiedOnAmazon(state, l.host) }
		}
		return []*tls.Config{base}
	case tlsVerifyCA:
		base.InsecureSkipVerify = true // the chain is verified below; only the name is not
		if amazon {
			base.VerifyConnection = func(state tls.ConnectionState) error { return p.verifiedOnAmazon(state, "") }
			return []*tls.Config{base}
		}
		base.VerifyConnection = func(state tls.ConnectionState) error { return knownAuthority(state, roots) }
		return []*tls.Config{base}
	case tlsRequire:
		base.InsecureSkipVerify = true // the person chose encryption without proof of identity
		return []*tls.Config{base}
	}
	base.InsecureSkipVerify = true // likewise: "prefer" accepts no encryption at all
	return []*tls.Config{base, nil}
}

// knownAuthority verifies the certificate's chain, whatever its name.
func knownAuthority(state tls.ConnectionState, roots *x509.CertPool) error {
	return verified(state, x509.VerifyOptions{Roots: roots})
}

// verified verifies what the server showed.
func verified(state tls.ConnectionState, by x509.VerifyOptions) error {
	if len(state.PeerCertificates) == 0 {
		return x509.UnknownAuthorityError{}
	}
	by.Intermediates = x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		by.Intermediates.AddCert(c)
	}
	_, err := state.PeerCertificates[0].Verify(by)
	return err
}
