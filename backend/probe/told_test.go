package probe_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"relink/backend/integration"
	"relink/backend/probe"
)

// TestDatabaseIsAskedBesideTheProofOnceAnHour counts the questions of checks in a row.
func TestDatabaseIsAskedBesideTheProofOnceAnHour(t *testing.T) {
	ca := newAuthority(t)
	certificate := ca.issue(t, forDatabase)
	peer := shopOnSQLServer(t, &certificate)
	var mu sync.Mutex
	gone := false
	peer.query = func(text string) ([][]string, []tdsError, bool) {
		mu.Lock()
		defer mu.Unlock()
		if strings.Contains(text, "SERVERPROPERTY") {
			return [][]string{{"16.0", "READ_WRITE", "1", ""}}, nil, false
		}
		if gone && strings.Contains(text, "[Orders]") {
			return nil, []tdsError{{208, 1, 16, "Invalid object name"}}, false
		}
		if gone && strings.Contains(text, "sys.objects") {
			return [][]string{{"dbo", "Refunds"}}, nil, false
		}
		return sqlServerAnswers(text)
	}
	s := peer.start(t)
	now := time.Now()
	p := newProber(t, func(o *probe.Options) { o.Now = func() time.Time { return now } })
	on := login(t, "sql-server", s, "relink", "right")
	on.Integration.ID = "int_1"
	questions := func() (n int) {
		t.Helper()
		peer.mu.Lock()
		before := len(peer.asked)
		peer.mu.Unlock()
		e, f := run(t, p, on)
		if !f.OK() || !e.Server.Writable {
			t.Fatalf("%s %+v", f.Rule, e)
		}
		peer.mu.Lock()
		defer peer.mu.Unlock()
		return len(peer.asked) - before
	}
	got := []int{questions(), questions()}
	mu.Lock()
	gone = true // the table that was found is dropped; another one is there
	mu.Unlock()
	got = append(got, questions())
	now = now.Add(time.Hour)
	got = append(got, questions())
	on.Grant.Version++ // another login
	got = append(got, questions())
	if want := "[4 2 4 4 4]"; fmt.Sprint(got) != want {
		t.Errorf("questions %v, want %s", got, want)
	}
}

// TestN4DatabasesAreNotDialledAtDeniedAddresses names one as the host, and lets a replica set name one.
func TestN4DatabasesAreNotDialledAtDeniedAddresses(t *testing.T) {
	for _, provider := range []string{"postgresql", "mysql", "sql-server", "mongodb"} {
		for _, host := range []string{"169.254.169.254", "168.63.129.16", "::ffff:169.254.169.254"} {
			e, f := run(t, newProber(t), login(t, provider, &server{host: host, port: "80"}, "relink", "right"))
			if e.Network != integration.NetworkDenied || f.Rule != "address-denied" {
				t.Errorf("%s at %s: %s %s", provider, host, e.Network, f.Rule)
			}
		}
	}
	peer := shopOnMongoDB(func(s *mongoServer) { s.set = "rs0" })
	peer.hosts = func() []string { return []string{"169.254.169.254:27017"} }
	e, f := run(t, newProber(t, within(short)), login(t, "mongodb", peer.start(t), "relink", "right", "tls", "disable", "replica_set", "rs0"))
	if e.Network != integration.NetworkDenied || f.OK() {
		t.Errorf("a member of a replica set: %s %s at %s", e.Network, f.Rule, e.Stage)
	}
}
