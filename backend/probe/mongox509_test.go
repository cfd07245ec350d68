package probe_test

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"strings"
	"testing"
	"time"

	"relink/backend/integration"
	"relink/backend/probe"
	"relink/backend/secret"
)

// of makes a certificate a client's, with that common name.
func of(name string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.Subject, c.IPAddresses = pkix.Name{CommonName: name, Organization: []string{"Shop"}}, nil
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
}

// certifiedLogin is a login by a client certificate, without user and password.
func certifiedLogin(t *testing.T, s *server, c *tls.Certificate, settings ...string) probe.Target {
	t.Helper()
	on := login(t, "mongodb", s, "", "", append([]string{"auth_mechanism", "MONGODB-X509"}, settings...)...)
	on.Secrets = secret.Fields{}
	if c != nil {
		certificate, key := files(t, *c)
		on.Grant.Public = map[string]string{"x509_cert": string(certificate)}
		on.Secrets["x509_key"] = secret.New(string(key))
	}
	return on
}

func TestMongoDBSignsInByClientCertificate(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	server := ca.issue(t, forDatabase)
	right, stranger, old, foreign := ca.issue(t, of("relink")), ca.issue(t, of("nobody")), ca.issue(t, of("relink"), expired), other.issue(t, of("relink"))
	asking := func(s *mongoServer) { s.certificate, s.clients = &server, ca.pool }
	deaf := func(s *mongoServer) { s.certificate = &server } // asks for no certificate
	for _, c := range []struct {
		name        string
		peer        func(*mongoServer)
		certificate *tls.Certificate
		settings    []string
		stage       integration.Stage
		code        string
		rule        string
	}{
		{"the right certificate", asking, &right, nil, sure, "", "works"},
		{"the right certificate, and the server's name verified", asking, &right, []string{"tls", "verify-full", "host", "db.example"}, sure, "", "works"},
		{"of somebody unknown", asking, &stranger, nil, signIn, "18", "login-refused"},
		{"expired", asking, &old, nil, signIn, "certificate-refused", "login-refused"},
		{"of an authority that the server does not know", asking, &foreign, nil, signIn, "certificate-refused", "login-refused"},
		{"that the server does not ask for", deaf, &right, nil, signIn, "18", "login-refused"},
		{"without encryption", func(*mongoServer) {}, &right, []string{"tls", "disable"}, signIn, "18", "login-refused"},
		{"missing from the keychain", asking, nil, nil, integration.StageKeychain, "", "keychain-entry-damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProber(t, inHouse(t), trusting(ca.pool), func(o *probe.Options) { o.Limits.SignIn = 3 * time.Second })
			e, f := run(t, p, certifiedLogin(t, shopOnMongoDB(c.peer).start(t), c.certificate, c.settings...))
			if e.Stage != c.stage || e.VendorCode != c.code || f.Rule != c.rule {
				t.Errorf("%s %s at %s: %+v", f.Rule, e.VendorCode, e.Stage, e)
			}
			if f.OK() && e.Account.ID != "CN=relink,O=Shop@$external" {
				t.Errorf("signed in as %s", e.Account.ID)
			}
		})
	}
}

func TestMongoDBClientCertificateNamesTheUser(t *testing.T) {
	c := newAuthority(t).issue(t, of("relink"))
	on := certifiedLogin(t, &server{host: "db.example"}, &c)
	user, named := probe.DatabaseUser(on.Provider, on.Integration, on.Grant)
	if user != "CN=relink,O=Shop" || named {
		t.Errorf("%s, %v", user, named)
	}
	create := strings.Join(probe.LeastLoginOf(on.Provider, on.Integration, user, integration.Evidence{}).Create, "\n")
	if want := `db.getSiblingDB("$external").createUser({ user: "CN=relink,O=Shop", roles: [{ role: "read", db: "shop" }] })`; create != want {
		t.Errorf("%s, want %s", create, want)
	}
}
