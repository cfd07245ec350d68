package probe_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
)

func refusing(command string, r mongoRefusal) func(*mongoServer) {
	return func(s *mongoServer) { s.refuse = map[string]mongoRefusal{command: r} }
}

func showing(c tls.Certificate) func(*mongoServer) {
	return func(s *mongoServer) { s.certificate = &c }
}

func TestMongoDBSaysWhatIsWrong(t *testing.T) {
	ca := newAuthority(t)
	good, old := showing(ca.issue(t, forDatabase)), showing(ca.issue(t, forDatabase, expired))
	start := func(change ...func(*mongoServer)) *server { return shopOnMongoDB(change...).start(t) }
	plain := []string{"tls", "disable"}
	mute := &server{host: "127.0.0.1"}
	_, mute.port, _ = net.SplitHostPort(listening(t, silent))
	for _, c := range []struct {
		at *server
		databaseCase
	}{
		{start(good), databaseCase{"works", "relink", "right", []string{"table", "orders"}, sure, "", "", ok, "works", 0}},
		{start(good), databaseCase{"works with a verified name", "relink", "right", []string{"tls", "verify-full", "host", "db.example"}, sure, "", "", ok, "works", 0}},
		{start(good), databaseCase{"works with a verified authority", "relink", "right", []string{"tls", "verify-ca"}, sure, "", "", ok, "works", 0}},
		{start(), databaseCase{"works in the open", "relink", "right", plain, sure, "", "", ok, "works", 0}},
		{start(func(s *mongoServer) { s.mechanism = "SCRAM-SHA-1" }), databaseCase{"works with SCRAM-SHA-1", "relink", "right", plain, sure, "", "", ok, "works", 0}},
		{start(good), databaseCase{"wrong password", "relink", "wrong-password", nil, signIn, "18", "", changed, "login-refused", 0}},
		{start(), databaseCase{"unknown user", "nobody", "right", plain, signIn, "18", "", changed, "login-refused", 0}},
		{start(), databaseCase{"wrong authentication database", "relink", "right", append([]string{"auth_source", "shop"}, plain...), signIn, "18", "", changed, "login-refused", 0}},
		{start(refusing("saslContinue", mongoRefusal{8000, "AtlasError", "bad auth : Authentication failed."})), databaseCase{"bad auth at Atlas", "relink", "right", plain, signIn, "8000", "", changed, "login-refused", 0}},
		{start(refusing("saslContinue", mongoRefusal{11, "UserNotFound", "Could not find user"})), databaseCase{"user deleted", "relink", "right", plain, signIn, "11", "", changed, "login-refused", 0}},
		{start(refusing("saslContinue", mongoRefusal{334, "MechanismUnavailable", "unavailable"})), databaseCase{"way of signing in switched off", "relink", "right", plain, signIn, "334", "", changed, "account-disabled", 2}},
		{start(refusing("saslContinue", mongoRefusal{214, "AuthenticationRestrictionUnmet", "restriction"})), databaseCase{"address not allowed", "relink", "right", plain, signIn, "214", "", computer, "address-not-allowed", 0}},
		{start(func(s *mongoServer) { s.collections = nil }), databaseCase{"no such database", "relink", "right", plain, permitted, "not-listed", "", changed, "table-missing", 0}},
		{start(), databaseCase{"no such collection", "relink", "right", append([]string{"table", "refunds"}, plain...), permitted, "not-listed", "", changed, "table-missing", 0}},
		{start(refusing("listCollections", unauthorized)), databaseCase{"no privilege on the database", "relink", "right", plain, permitted, "13", "", changed, "privilege-missing", 0}},
		{start(refusing("find", unauthorized)), databaseCase{"no privilege on the collection", "relink", "right", append([]string{"table", "orders"}, plain...), permitted, "13", "", changed, "privilege-missing", 0}},
		{start(refusing("find", mongoRefusal{8000, "AtlasError", "(Unauthorized) not allowed to do action [find] on [shop.orders]"})), databaseCase{"no privilege at Atlas", "relink", "right", plain, permitted, "8000", "", changed, "privilege-missing", 0}},
		{start(func(s *mongoServer) { s.full = true }), databaseCase{"too many connections, told by none", "relink", "right", plain, signIn, "", integration.NetworkReset, third, "database-silent", 0}},
		{start(refusing("find", mongoRefusal{91, "ShutdownInProgress", "shutting down"})), databaseCase{"shutting down", "relink", "right", plain, permitted, "91", "", third, "provider-trouble", 0}},
		{start(refusing("listCollections", mongoRefusal{13436, "NotPrimaryOrSecondary", "node is in recovering state"})), databaseCase{"recovering", "relink", "right", plain, permitted, "13436", "", third, "provider-trouble", 0}},
		{start(func(s *mongoServer) { s.cut = "find" }), databaseCase{"reset in mid-query", "relink", "right", plain, permitted, "", integration.NetworkReset, third, "connection-broken", 0}},
		{start(good), databaseCase{"certificate of another name", "relink", "right", []string{"tls", "verify-full"}, integration.StageTLS, "", integration.NetworkTLSName, third, "own-certificate-name", 0}},
		{start(old), databaseCase{"certificate expired", "relink", "right", []string{"tls", "verify-full", "host", "db.example"}, integration.StageTLS, "", integration.NetworkTLSExpired, third, "certificate-expired", 0}},
		{start(), databaseCase{"no encryption offered", "relink", "right", nil, integration.StageTLS, "", integration.NetworkTLSOther, third, "tls-unavailable", 0}},
		{start(), databaseCase{"server down", "relink", "right", []string{"port", "1"}, integration.StageTCP, "", integration.NetworkRefused, third, "database-not-running", 0}},
		{start(), databaseCase{"name unknown", "relink", "right", []string{"host", "gone.example"}, integration.StageDNS, "", integration.NetworkDNS, third, "own-name-unknown", 0}},
		{mute, databaseCase{"a silent port", "relink", "right", plain, signIn, "", integration.NetworkTimeout, third, "database-silent", 0}},
		{mute, databaseCase{"a silent port, TLS required", "relink", "right", nil, integration.StageTLS, "", integration.NetworkTimeout, third, "database-silent", 0}},
	} {
		c.check(t, "mongodb", c.at, ca.pool)
	}
	databaseCase{"self-signed, to be verified", "relink", "right", []string{"tls", "verify-full", "host", "db.example"}, integration.StageTLS, "", integration.NetworkTLSIssuer, computer, "own-certificate-issuer", 0}.
		check(t, "mongodb", start(good), x509.NewCertPool())
}

func TestMongoDBIsOfferedThePasswordOnce(t *testing.T) {
	peer := shopOnMongoDB()
	s := peer.start(t)
	run(t, newProber(t), login(t, "mongodb", s, "relink", "wrong-password", "tls", "disable"))
	peer.mu.Lock()
	defer peer.mu.Unlock()
	if peer.proof != 1 {
		t.Errorf("the password was offered %d times", peer.proof)
	}
	for _, name := range peer.asked {
		if !slices.Contains([]string{"hello", "isMaster", "ismaster", "saslStart", "saslContinue", "endSessions"}, name) {
			t.Errorf("asked %s without a login", name)
		}
	}
}

func TestMongoDBTellsTheAccountAndNamesItsSteps(t *testing.T) {
	e, f := run(t, newProber(t), login(t, "mongodb", shopOnMongoDB().start(t), "relink", "right", "tls", "disable"))
	if diff := cmp.Diff(integration.Account{ID: "relink@admin", Name: "relink@admin"}, e.Account); diff != "" || !f.OK() {
		t.Errorf("%s %s", f.Rule, diff)
	}
	if diff := cmp.Diff([]integration.Resource{{ID: "shop", Name: "shop"}}, e.Resources); diff != "" {
		t.Error(diff)
	}
	var stages []integration.Stage
	for _, step := range e.Steps {
		stages = append(stages, step.Stage)
	}
	if diff := cmp.Diff([]integration.Stage{"tcp", "sign-in", "database", "permission", "request", "read-only"}, stages); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(integration.ServerState{Version: "8.0.4"}, e.Server); diff != "" {
		t.Error(diff)
	}
}

func TestMongoDBTellsOfWritingAndOfAReplicaThatLags(t *testing.T) {
	peer := shopOnMongoDB(func(s *mongoServer) {
		s.actions, s.lag, s.set = []string{"find", "insert"}, 5*time.Minute, "rs0"
	})
	s := peer.start(t)
	peer.hosts = func() []string { return []string{net.JoinHostPort(s.host, s.port)} }
	for _, set := range []string{"", "rs0"} {
		e, f := run(t, newProber(t), login(t, "mongodb", s, "relink", "right", "tls", "disable", "replica_set", set))
		if !f.OK() || !e.Server.Writable || !e.Server.Replica || !e.Server.LagKnown || e.Server.Lag.Round(time.Minute) != 5*time.Minute {
			t.Fatalf("%q: %s %+v", set, f.Rule, e.Server)
		}
		if last := e.Steps[len(e.Steps)-1]; last.Stage != integration.StageReplica || !last.Warning {
			t.Errorf("last step %+v", last)
		}
		if !e.Steps[len(e.Steps)-2].Warning {
			t.Error("no warning that the login could write")
		}
	}
}
