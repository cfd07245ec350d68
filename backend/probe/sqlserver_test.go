package probe_test

import (
	"crypto/x509"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
)

// expired makes a certificate one that is out of its dates.
func expired(c *x509.Certificate) {
	c.NotBefore, c.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour)
}

func TestSQLServerSaysWhatIsWrong(t *testing.T) {
	ca := newAuthority(t)
	certificate, old := ca.issue(t, forDatabase), ca.issue(t, forDatabase, expired)
	s := shopOnSQLServer(t, &certificate).start(t)
	bare, late := shopOnSQLServer(t, nil).start(t), shopOnSQLServer(t, &old).start(t)
	_, mutePort, _ := net.SplitHostPort(listening(t, silent))
	web := answering(t, json(200, `{}`)).Listener.Addr().String()
	_, webPort, _ := net.SplitHostPort(web)
	for _, c := range []databaseCase{
		{"works", "relink", "right", []string{"table", "dbo.Orders"}, sure, "", "", ok, "works", 0},
		{"works without a named table", "relink", "right", nil, sure, "", "", ok, "works", 0},
		{"works with a verified authority", "relink", "right", []string{"tls", "verify-ca"}, sure, "", "", ok, "works", 0},
		{"works with a verified name", "relink", "right", []string{"tls", "verify-full", "host", "db.example"}, sure, "", "", ok, "works", 0},
		{"wrong password", "relink", "wrong-password", nil, signIn, "18456", "", changed, "login-refused", 0},
		{"unknown login", "nobody", "right", nil, signIn, "18456", "", changed, "login-refused", 0},
		{"password expired", "expired", "right", nil, signIn, "18487", "", integration.CauseExpired, "password-expired", 0},
		{"password to be changed", "change", "right", nil, signIn, "18488", "", integration.CauseExpired, "password-expired", 0},
		{"login locked out", "locked", "right", nil, signIn, "18486", "", changed, "account-disabled", 0},
		{"login disabled, by the state", "state7", "right", nil, signIn, "18456", "", changed, "account-disabled", 0},
		{"database gone, by the state", "state38", "right", nil, inDatabase, "18456", "", changed, "database-missing", 0},
		{"database gone", "relink", "right", []string{"database", "gone"}, inDatabase, "4060", "", changed, "database-missing", 0},
		{"firewall of Azure", "azure", "right", nil, signIn, "40615", "", computer, "address-not-allowed", 0},
		{"no connection left", "full", "right", nil, signIn, "17809", "", third, "connection-limit", 0},
		{"not available for now", "paused", "right", nil, signIn, "40613", "", third, "provider-trouble", 0},
		{"database in recovery", "recovering", "right", nil, signIn, "922", "", third, "provider-trouble", 0},
		{"server in upgrade", "upgrading", "right", nil, signIn, "18401", "", third, "provider-trouble", 0},
		{"no privilege on the table", "relink", "right", []string{"table", "dbo.payroll"}, permitted, "229", "", changed, "privilege-missing", 0},
		{"table missing", "relink", "right", []string{"table", "dbo.refunds"}, permitted, "208", "", changed, "table-missing", 0},
		{"reset in mid-query", "relink", "right", []string{"table", "dbo.cut"}, permitted, "", integration.NetworkReset, third, "connection-broken", 0},
		{"certificate of another name", "relink", "right", []string{"tls", "verify-full"}, integration.StageTLS, "", integration.NetworkTLSName, third, "own-certificate-name", 0},
		{"no encryption offered", "relink", "right", []string{"port", bare.port}, integration.StageTLS, "", integration.NetworkTLSOther, third, "tls-unavailable", 0},
		{"certificate expired", "relink", "right", []string{"port", late.port, "tls", "verify-full", "host", "db.example"}, integration.StageTLS, "", integration.NetworkTLSExpired, third, "certificate-expired", 0},
		{"name unknown", "relink", "right", []string{"host", "gone.example"}, integration.StageDNS, "", integration.NetworkDNS, third, "own-name-unknown", 0},
		{"server down", "relink", "right", []string{"port", "1"}, integration.StageTCP, "", integration.NetworkRefused, third, "database-not-running", 0},
		{"a silent port", "relink", "right", []string{"port", mutePort}, integration.StageTLS, "", integration.NetworkTimeout, third, "database-silent", 0},
		{"a web server's port", "relink", "right", []string{"port", webPort}, integration.StageTLS, "", integration.NetworkTimeout, third, "database-silent", 0},
	} {
		c.check(t, "sql-server", s, ca.pool)
	}
	databaseCase{"self-signed, to be verified", "relink", "right", []string{"tls", "verify-full", "host", "db.example"}, integration.StageTLS, "", integration.NetworkTLSIssuer, computer, "own-certificate-issuer", 0}.
		check(t, "sql-server", s, x509.NewCertPool())
}

// TestSQLServerPasswordIsNeverSentInTheOpen looks at what a server without encryption gets to see.
func TestSQLServerPasswordIsNeverSentInTheOpen(t *testing.T) {
	bare := shopOnSQLServer(t, nil)
	s := bare.start(t)
	for _, mode := range []string{"disable", "prefer", "require", "verify-full"} {
		run(t, newProber(t), login(t, "sql-server", s, "relink", "right", "tls", mode))
	}
	bare.mu.Lock()
	defer bare.mu.Unlock()
	if len(bare.logins) > 0 {
		t.Errorf("%d logins came without encryption", len(bare.logins))
	}
}

func TestSQLServerIsAskedOnceAndOnlyForReading(t *testing.T) {
	ca := newAuthority(t)
	certificate := ca.issue(t, forDatabase)
	peer := shopOnSQLServer(t, &certificate)
	e, _ := run(t, newProber(t), login(t, "sql-server", peer.start(t), "relink", "right"))
	peer.mu.Lock()
	defer peer.mu.Unlock()
	if diff := cmp.Diff([]tdsLogin{{"relink", "right", "shop", "relink"}}, peer.logins, cmp.AllowUnexported(tdsLogin{})); diff != "" {
		t.Error(diff)
	}
	for _, text := range peer.asked {
		if !strings.HasPrefix(text, "SELECT ") || strings.Contains(text, ";") {
			t.Errorf("asked %q", text)
		}
	}
	if diff := cmp.Diff(integration.Account{ID: "relink", Name: "relink"}, e.Account); diff != "" {
		t.Error(diff)
	}
	var stages []integration.Stage
	for _, step := range e.Steps {
		if !step.OK || step.Warning {
			t.Errorf("step %+v", step)
		}
		stages = append(stages, step.Stage)
	}
	want := []integration.Stage{"tcp", "tls", "sign-in", "database", "permission", "request", "read-only"}
	if diff := cmp.Diff(want, stages); diff != "" {
		t.Error(diff)
	}
}

func TestSQLServerTellsOfWritingTheEndOfThePasswordAndLag(t *testing.T) {
	ca := newAuthority(t)
	certificate := ca.issue(t, forDatabase)
	state := []string{"16.0.4165.4", "READ_WRITE", "1", "5"}
	peer := shopOnSQLServer(t, &certificate)
	peer.query = func(text string) ([][]string, []tdsError, bool) {
		switch {
		case strings.Contains(text, "SERVERPROPERTY"):
			return [][]string{state}, nil, false
		case strings.Contains(text, "dm_hadr"):
			return [][]string{{"95"}}, nil, false
		}
		return sqlServerAnswers(text)
	}
	s := peer.start(t)
	e, f := run(t, newProber(t), login(t, "sql-server", s, "relink", "right"))
	y, m, d := time.Now().UTC().Date()
	want := integration.ServerState{Version: "16.0.4165.4", Writable: true, PasswordEnds: time.Date(y, m, d+5, 23, 59, 59, 0, time.UTC)}
	if diff := cmp.Diff(want, e.Server); diff != "" || f.Rule != "expires-soon" {
		t.Errorf("%s %s", f.Rule, diff)
	}
	if last := e.Steps[len(e.Steps)-1]; last.Stage != integration.StageReadOnly || !last.OK || !last.Warning {
		t.Errorf("last step %+v", last)
	}
	state = []string{"16.0.4165.4", "READ_ONLY", "1", "-1"}
	e, f = run(t, newProber(t), login(t, "sql-server", s, "relink", "right"))
	want = integration.ServerState{Version: "16.0.4165.4", Replica: true, LagKnown: true, Lag: 95 * time.Second}
	if diff := cmp.Diff(want, e.Server); diff != "" || f.Rule != "works" {
		t.Errorf("%s %s", f.Rule, diff)
	}
	if last := e.Steps[len(e.Steps)-1]; last.Stage != integration.StageReplica || !last.Warning {
		t.Errorf("last step %+v", last)
	}
}
