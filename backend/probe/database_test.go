package probe_test

import (
	"context"
	"crypto/x509"
	"database/sql"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"

	"relink/backend/catalog"
	"relink/backend/diagnosis"
	"relink/backend/integration"
	"relink/backend/probe"
	"relink/backend/secret"
)

// beforeTests takes the place of a test where there is none yet.
type beforeTests struct {
	testing.TB
	err error
}

func (f *beforeTests) Helper()           {}
func (f *beforeTests) Fatal(args ...any) { f.err = fmt.Errorf("%v", args) }

// forDatabase makes a certificate one for db.example alone.
func forDatabase(c *x509.Certificate) {
	c.IPAddresses, c.DNSNames = nil, []string{"db.example"}
}

// inHouse looks db.example up as this computer.
func inHouse(t *testing.T) func(*probe.Options) {
	return lookingUp(resolver(t, func(name string) ([4]byte, dnsmessage.RCode) {
		if name == "db.example." {
			return [4]byte{127, 0, 0, 1}, dnsmessage.RCodeSuccess
		}
		return [4]byte{}, dnsmessage.RCodeNameError
	}))
}

// login is a target of the catalog's own provider at a server.
func login(t testing.TB, provider string, s *server, user, password string, settings ...string) probe.Target {
	t.Helper()
	all, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	p, ok := all.Provider(provider)
	if !ok {
		t.Fatalf("the catalog has no %s", provider)
	}
	values := map[string]string{"host": s.host, "port": s.port, "database": "shop", "tls": "require"}
	for i := 0; i+1 < len(settings); i += 2 {
		values[settings[i]] = settings[i+1]
	}
	return probe.Target{Provider: p, Integration: integration.Integration{Settings: values},
		Grant:   integration.Grant{Method: integration.MethodDatabaseLogin, Public: map[string]string{"username": user}},
		Secrets: secret.Fields{"password": secret.New(password)}}
}

// databaseCase is one state of the world, and what must be said of it.
type databaseCase struct {
	name           string
	user, password string
	settings       []string
	stage          integration.Stage
	code           string
	fault          integration.NetworkFault
	cause          integration.Cause
	rule           string
	refusedBefore  int // for codes that the catalog calls unconfirmed
}

func (c databaseCase) check(t *testing.T, provider string, s *server, trusted *x509.CertPool) {
	t.Run(c.name, func(t *testing.T) {
		t.Parallel()
		p := newProber(t, inHouse(t), trusting(trusted), func(o *probe.Options) { o.Limits.SignIn = 3 * time.Second })
		began := time.Now()
		e := p.Run(context.Background(), login(t, provider, s, c.user, c.password, c.settings...))
		e.Facts.RefusedInARow = c.refusedBefore
		f := diagnosis.Of(e)
		got := fmt.Sprintf("stage %s, code %s, fault %s, cause %s, rule %s", e.Stage, e.VendorCode, e.Network, f.Cause, f.Rule)
		want := fmt.Sprintf("stage %s, code %s, fault %s, cause %s, rule %s", c.stage, c.code, c.fault, c.cause, c.rule)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n%+v", diff, e)
		}
		if c.code != "" && (e.Party != integration.PartyDatabase || e.Excerpt == "") {
			t.Errorf("party %s, excerpt %q", e.Party, e.Excerpt)
		}
		if strings.Contains(fmt.Sprintf("%+v", e), c.password) {
			t.Error("the evidence holds the password")
		}
		if last := e.Steps[len(e.Steps)-1]; last.OK != (e.Stage == integration.StageDone) {
			t.Errorf("steps %+v", e.Steps)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

const (
	ok         = integration.CauseNone
	changed    = integration.CauseAccountChange
	third      = integration.CauseThirdParty
	computer   = integration.CauseThisComputer
	sure       = integration.StageDone
	signIn     = integration.StageSignIn
	inDatabase = integration.StageDatabase
	permitted  = integration.StagePermission
)

func TestPostgreSQLSaysWhatIsWrong(t *testing.T) {
	s := needDatabases(t, postgres)
	maria := needDatabases(t, mariadb)
	web := answering(t, json(200, `{}`)).Listener.Addr().String()
	_, webPort, _ := net.SplitHostPort(web)
	_, mutePort, _ := net.SplitHostPort(listening(t, silent))
	for _, c := range []databaseCase{
		{"works", "relink", "right", []string{"table", "public.orders"}, sure, "", "", ok, "works", 0},
		{"works with an empty table of an odd name", "relink", "right", []string{"table", "Empty Table"}, sure, "", "", ok, "works", 0},
		{"works in the open", "relink", "right", []string{"tls", "disable"}, sure, "", "", ok, "works", 0},
		{"works encrypted where it can be", "relink", "right", []string{"tls", "prefer"}, sure, "", "", ok, "works", 0},
		{"works with a verified authority", "relink", "right", []string{"tls", "verify-ca"}, sure, "", "", ok, "works", 0},
		{"works with a verified name", "relink", "right", []string{"tls", "verify-full", "host", "db.example"}, sure, "", "", ok, "works", 0},
		{"works where TLS is required", "relink", "right", []string{"database", "tlsonly"}, sure, "", "", ok, "works", 0},
		{"wrong password", "relink", "wrong-password", nil, signIn, "28P01", "", changed, "login-refused", 0},
		{"wrong password, encryption preferred", "relink", "wrong-password", []string{"tls", "prefer"}, signIn, "28P01", "", changed, "login-refused", 0},
		{"unknown user", "nobody", "right", nil, signIn, "28P01", "", changed, "login-refused", 0},
		{"password expired looks like a wrong one", "old", "right", nil, signIn, "28P01", "", changed, "login-refused", 0},
		{"database missing", "relink", "right", []string{"database", "gone"}, inDatabase, "3D000", "", changed, "database-missing", 0},
		{"no privilege on the table", "relink", "right", []string{"table", "payroll"}, permitted, "42501", "", changed, "privilege-missing", 0},
		{"no privilege on the database", "relink", "right", []string{"database", "closed"}, inDatabase, "42501", "", changed, "privilege-missing", 0},
		{"table missing", "relink", "right", []string{"table", "refunds"}, permitted, "42P01", "", changed, "table-missing", 0},
		{"NOLOGIN", "sleeper", "right", nil, signIn, "28000", "", changed, "account-disabled", 2},
		{"connection limit", "busy", "right", nil, signIn, "53300", "", third, "connection-limit", 0},
		{"address not allowed", "stranger", "right", nil, signIn, "28000", "", computer, "address-not-allowed", 0},
		{"TLS required, sent in the open", "relink", "right", []string{"database", "tlsonly", "tls", "disable"}, signIn, "28000", "", changed, "tls-required", 0},
		{"certificate of another name", "relink", "right", []string{"tls", "verify-full"}, integration.StageTLS, "", integration.NetworkTLSName, third, "own-certificate-name", 0},
		{"name unknown", "relink", "right", []string{"host", "gone.example"}, integration.StageDNS, "", integration.NetworkDNS, third, "own-name-unknown", 0},
		{"server down", "relink", "right", []string{"port", "1"}, integration.StageTCP, "", integration.NetworkRefused, third, "database-not-running", 0},
		{"MariaDB's port", "relink", "right", []string{"port", maria.port, "tls", "disable"}, signIn, "", "", third, "database-silent", 0},
		{"MariaDB's port, TLS required", "relink", "right", []string{"port", maria.port}, integration.StageTLS, "", integration.NetworkTLSOther, third, "tls-unavailable", 0},
		{"a web server's port", "relink", "right", []string{"port", webPort, "tls", "prefer"}, integration.StageTLS, "", integration.NetworkTimeout, third, "database-silent", 0},
		{"a silent port", "relink", "right", []string{"port", mutePort, "tls", "disable"}, signIn, "", integration.NetworkTimeout, third, "database-silent", 0},
	} {
		c.check(t, "postgresql", s, s.authority.pool)
	}
	for _, c := range []databaseCase{
		{"self-signed, to be verified", "relink", "right", []string{"tls", "verify-full", "host", "db.example"}, integration.StageTLS, "", integration.NetworkTLSIssuer, computer, "own-certificate-issuer", 0},
		{"self-signed, authority to be verified", "relink", "right", []string{"tls", "verify-ca"}, integration.StageTLS, "", integration.NetworkTLSIssuer, computer, "own-certificate-issuer", 0},
	} {
		c.check(t, "postgresql", s, x509.NewCertPool())
	}
}

func TestMariaDBSaysWhatIsWrong(t *testing.T) {
	s := needDatabases(t, mariadb)
	other := needDatabases(t, postgres)
	_, mutePort, _ := net.SplitHostPort(listening(t, silent))
	holdConnection(t, s, "busy")
	for _, c := range []databaseCase{
		{"works", "relink", "right", []string{"table", "orders"}, sure, "", "", ok, "works", 0},
		{"works with an empty table of an odd name", "relink", "right", []string{"table", "shop.Empty Table"}, sure, "", "", ok, "works", 0},
		{"works in the open", "relink", "right", []string{"tls", "disable"}, sure, "", "", ok, "works", 0},
		{"works encrypted where it can be", "relink", "right", []string{"tls", "prefer"}, sure, "", "", ok, "works", 0},
		{"works with a verified name", "relink", "right", []string{"tls", "verify-full", "host", "db.example"}, sure, "", "", ok, "works", 0},
		{"wrong password", "relink", "wrong-password", nil, signIn, "1045", "", changed, "login-refused", 0},
		{"unknown user", "nobody", "right", nil, signIn, "1045", "", changed, "login-refused", 0},
		{"TLS required, sent in the open, looks like a wrong password", "tlsonly", "right", []string{"tls", "disable"}, signIn, "1045", "", changed, "login-refused", 0},
		{"works where TLS is required", "tlsonly", "right", nil, sure, "", "", ok, "works", 0},
		{"database missing", "reader", "right", []string{"database", "gone"}, inDatabase, "1049", "", changed, "database-missing", 0},
		{"database not granted", "relink", "right", []string{"database", "gone"}, inDatabase, "1044", "", changed, "privilege-missing", 0},
		{"no privilege on the table", "relink", "right", []string{"table", "payroll"}, permitted, "1142", "", changed, "privilege-missing", 0},
		{"table missing", "reader", "right", []string{"table", "refunds"}, permitted, "1146", "", changed, "table-missing", 0},
		{"account locked", "locked", "right", nil, signIn, "4151", "", changed, "account-disabled", 0},
		{"connection limit", "busy", "right", nil, signIn, "1226", "", third, "connection-limit", 0},
		{"certificate of another name", "relink", "right", []string{"tls", "verify-full"}, integration.StageTLS, "", integration.NetworkTLSName, third, "own-certificate-name", 0},
		{"server down", "relink", "right", []string{"port", "1"}, integration.StageTCP, "", integration.NetworkRefused, third, "database-not-running", 0},
		{"PostgreSQL's port", "relink", "right", []string{"port", other.port, "tls", "disable"}, signIn, "", integration.NetworkTimeout, third, "database-silent", 0},
		{"a silent port", "relink", "right", []string{"port", mutePort}, integration.StageTLS, "", integration.NetworkTimeout, third, "database-silent", 0},
	} {
		c.check(t, "mysql", s, s.authority.pool)
	}
	databaseCase{"self-signed, to be verified", "relink", "right", []string{"tls", "verify-full", "host", "db.example"}, integration.StageTLS, "", integration.NetworkTLSIssuer, computer, "own-certificate-issuer", 0}.
		check(t, "mysql", s, x509.NewCertPool())
}

func TestMariaDBNamesAnExpiredPassword(t *testing.T) {
	s := needDatabases(t, mariadb)
	e, f := run(t, newProber(t), login(t, "mysql", s, "old", "right"))
	if f.Rule != "password-expired" || f.Cause != integration.CauseExpired || e.VendorCode != "1820" {
		t.Errorf("%s %s %s: %s", e.VendorCode, e.Stage, f.Rule, e.Excerpt)
	}
}

// holdConnection keeps one connection of a user open while the test runs.
func holdConnection(t *testing.T, s *server, user string) {
	t.Helper()
	db, err := sql.Open("mysql", user+":right@tcp("+net.JoinHostPort(s.host, s.port)+")/shop")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
}

func TestDatabaseProbeTellsAccountAndDatabase(t *testing.T) {
	for provider, c := range map[string]struct {
		start   func() (*server, error)
		account string
	}{"postgresql": {postgres, "relink"}, "mysql": {mariadb, "relink@%"}} {
		s := needDatabases(t, c.start)
		e, _ := run(t, newProber(t), login(t, provider, s, "relink", "right"))
		if diff := cmp.Diff(integration.Account{ID: c.account, Name: c.account}, e.Account); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]integration.Resource{{ID: "shop", Name: "shop"}}, e.Resources); diff != "" {
			t.Error(diff)
		}
		if !passed(e, integration.StageTCP, integration.StageTLS, integration.StageSignIn, integration.StageRequest) {
			t.Errorf("%s: steps %+v", provider, e.Steps)
		}
		if e.Host != net.JoinHostPort(s.host, s.port) || e.Party != integration.PartyDatabase {
			t.Errorf("%s by %s", e.Host, e.Party)
		}
	}
}

func TestDatabaseProbeLeavesNoConnection(t *testing.T) {
	s := needDatabases(t, postgres)
	p := newProber(t)
	for range 5 {
		run(t, p, login(t, "postgresql", s, "relink", "right"))
	}
	// A role whose connections are all gone can be limited to one and still sign in.
	if err := s.admin("ALTER ROLE relink CONNECTION LIMIT 1"); err != nil {
		t.Fatal(err)
	}
	defer s.admin("ALTER ROLE relink CONNECTION LIMIT -1")
	until := time.Now().Add(5 * time.Second)
	for {
		_, f := run(t, p, login(t, "postgresql", s, "relink", "right"))
		if f.OK() {
			return
		}
		if time.Now().After(until) {
			t.Fatal(f.Rule)
		}
	}
}

// TestH6ServerCannotReadOurFiles plays a MySQL server that answers the query by asking for a file.
func TestH6ServerCannotReadOurFiles(t *testing.T) {
	sent := make(chan []byte, 1)
	at := listening(t, func(c net.Conn) { sent <- thief(c, "/etc/passwd") })
	host, port, _ := net.SplitHostPort(at)
	on := login(t, "mysql", &server{host: host, port: port}, "relink", "right", "tls", "disable")
	e, f := run(t, newProber(t), on)
	if e.Stage == integration.StageDone || f.Status == integration.StatusNeedsReauthorization {
		t.Errorf("%s: %+v", f.Rule, e)
	}
	select {
	case got := <-sent:
		if strings.Contains(string(got), "root:") {
			t.Error("the file was sent")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the server was not asked")
	}
}

// thief speaks as much of MySQL's protocol as it takes to be asked, and returns what came after.
func thief(c net.Conn, file string) []byte {
	defer c.Close()
	packet := func(number byte, content string) {
		_, _ = c.Write(append([]byte{byte(len(content)), byte(len(content) >> 8), 0, number}, content...))
	}
	ask := func() []byte {
		head := make([]byte, 4)
		if _, err := io.ReadFull(c, head); err != nil {
			return nil
		}
		content := make([]byte, int(head[0])|int(head[1])<<8)
		_, _ = io.ReadFull(c, content)
		return content
	}
	packet(0, "\x0a8.0.0\x00\x01\x00\x00\x00saltsalt\x00\xff\xf7\x21\x02\x00\xff\x81\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00saltsaltsalt\x00mysql_native_password\x00")
	ask()
	packet(2, "\x00\x00\x00\x02\x00\x00\x00")
	ask()
	packet(1, "\xfb"+file)
	return ask()
}
