package probe_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"relink/backend/probe"
)

// What the file of Amazon's roots must be.
const (
	amazonFile  = "amazon-rds-roots.der.gz"
	amazonCount = 84
	amazonSum   = "a3b047c482e513db2e35906ba8b19c9fb4362f5a2ac532b7c2d069601efa3068"
)

// TestAmazonRootsAreWhatAmazonPublishes reads the roots that come with Relink. With RELINK_RDS_BUNDLE
// it makes the file anew from a bundle of PEM; the count, the sum and the comment in amazon.go follow by hand.
func TestAmazonRootsAreWhatAmazonPublishes(t *testing.T) {
	if bundle := os.Getenv("RELINK_RDS_BUNDLE"); bundle != "" {
		writeAmazonRoots(t, bundle)
	}
	file, err := os.Open(amazonFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	packed, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	der, err := io.ReadAll(packed)
	if err != nil {
		t.Fatal(err)
	}
	all, err := x509.ParseCertificates(der)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(der); len(all) != amazonCount || hex.EncodeToString(sum[:]) != amazonSum {
		t.Errorf("%d certificates with the sum %x", len(all), sum)
	}
	soon := time.Now().AddDate(1, 0, 0)
	known := map[string]bool{}
	for _, c := range all {
		name := c.Subject.CommonName
		switch {
		case !c.IsCA || !c.BasicConstraintsValid || c.KeyUsage&x509.KeyUsageCertSign == 0:
			t.Errorf("%s: not an authority", name)
		case soon.After(c.NotAfter):
			t.Errorf("%s ends on %s", name, c.NotAfter)
		case c.CheckSignatureFrom(c) != nil:
			t.Errorf("%s: not a root", name)
		case !strings.HasPrefix(name, "Amazon RDS ") || !slices.Contains(c.Subject.Organization, "Amazon Web Services, Inc."):
			t.Errorf("%s: not of Amazon RDS", c.Subject)
		case known[string(c.Raw)]:
			t.Errorf("%s: twice", name)
		}
		known[string(c.Raw)] = true
	}
}

// writeAmazonRoots keeps the roots of Amazon RDS that will be good for a year or more.
func writeAmazonRoots(t *testing.T, bundle string) {
	t.Helper()
	rest, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	var kept []*x509.Certificate
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		name := c.Subject.CommonName
		if time.Now().AddDate(1, 0, 0).Before(c.NotAfter) && strings.HasPrefix(name, "Amazon RDS ") && !strings.Contains(name, " Beta ") {
			kept = append(kept, c)
		}
	}
	// Alike beside alike, which compresses best.
	slices.SortFunc(kept, func(a, b *x509.Certificate) int {
		return cmp.Or(cmp.Compare(a.PublicKeyAlgorithm, b.PublicKeyAlgorithm), cmp.Compare(len(a.Raw), len(b.Raw)), bytes.Compare(a.RawSubject, b.RawSubject))
	})
	kept = slices.CompactFunc(kept, (*x509.Certificate).Equal)
	var packed bytes.Buffer
	w, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	for _, c := range kept {
		_, _ = w.Write(c.Raw)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(amazonFile, packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d certificates in %d bytes", len(kept), packed.Len())
}

// TestN2AmazonRootsAreBelievedAtHostsOfAmazonAlone connects to servers whose certificates are signed by an
// authority in the place of Amazon's, and by one that the system would trust.
func TestN2AmazonRootsAreBelievedAtHostsOfAmazonAlone(t *testing.T) {
	const rds, elsewhere = "shop.abcdefghijkl.eu-west-1.rds.amazonaws.com", "shop.rds.amazonaws.com.example"
	amazon, public, own := newAuthority(t), newAuthority(t), newAuthority(t)
	named := func(a authority, change ...func(*x509.Certificate)) *server {
		change = append(change, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{rds, elsewhere} })
		certificate := a.issue(t, change...)
		return shopOnSQLServer(t, &certificate).start(t)
	}
	here := lookingUp(resolver(t, func(string) ([4]byte, dnsmessage.RCode) { return [4]byte{127, 0, 0, 1}, dnsmessage.RCodeSuccess }))
	for _, c := range []struct {
		name     string
		at       *server
		host     string
		settings []string
		rule     string
	}{
		{"a database of RDS", named(amazon), rds, nil, "works"},
		{"its name in capitals", named(amazon), strings.ToUpper(rds), nil, "works"},
		{"whose name does not count", named(amazon), "other.eu-west-1.rds.amazonaws.com", []string{"tls", "verify-ca"}, "works"},
		{"RDS Proxy, by a public authority", named(public), rds, nil, "works"},
		{"by a public authority, whose name does not count", named(public), rds, []string{"tls", "verify-ca"}, "works"},
		{"another database of RDS", named(amazon), "other.eu-west-1.rds.amazonaws.com", nil, "own-certificate-name"},
		{"expired", named(amazon, expired), rds, nil, "certificate-expired"},
		{"signed by nobody known", named(own), rds, nil, "own-certificate-issuer"},
		{"a host that is not of RDS", named(amazon), elsewhere, nil, "own-certificate-issuer"},
		{"a host that is not of RDS, whose name does not count", named(amazon), elsewhere, []string{"tls", "verify-ca"}, "own-certificate-issuer"},
		{"an authority of the settings, alone", named(own), rds, []string{"tls_ca", string(own.pem())}, "works"},
		{"Amazon's, where the settings name another", named(amazon), rds, []string{"tls_ca", string(own.pem())}, "own-certificate-issuer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProber(t, here, trusting(public.pool), func(o *probe.Options) { o.AmazonRoots = amazon.pool })
			settings := append([]string{"host", c.host, "tls", "verify-full"}, c.settings...)
			if e, f := run(t, p, login(t, "sql-server", c.at, "relink", "right", settings...)); f.Rule != c.rule {
				t.Errorf("%s, want %s: %+v", f.Rule, c.rule, e)
			}
		})
	}
}

// TestN2AmazonRootsThatComeWithRelinkAreRead connects to a host of RDS whose certificate they did not sign.
func TestN2AmazonRootsThatComeWithRelinkAreRead(t *testing.T) {
	s := needDatabases(t, postgres)
	here := lookingUp(resolver(t, func(string) ([4]byte, dnsmessage.RCode) { return [4]byte{127, 0, 0, 1}, dnsmessage.RCodeSuccess }))
	for mode, want := range map[string]string{"verify-ca": "own-certificate-issuer", "require": "works"} {
		p := newProber(t, here, trusting(x509.NewCertPool()))
		on := login(t, "amazon-rds-postgresql", s, "relink", "right", "tls", mode, "host", "shop.abcdefghijkl.eu-west-1.rds.amazonaws.com")
		if e, f := run(t, p, on); f.Rule != want {
			t.Errorf("%s: %s, want %s: %+v", mode, f.Rule, want, e)
		}
	}
}
