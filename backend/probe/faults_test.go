package probe_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"relink/backend/diagnosis"
	"relink/backend/integration"
	"relink/backend/probe"
	"relink/build/peers"
)

// short are the limits under which faults are looked at.
var short = probe.Limits{Dial: time.Second, TLS: time.Second, SSH: time.Second, SignIn: time.Second, Whole: 2500 * time.Millisecond}

// on leads to the server through a way of Toxiproxy's.
func (s *server) on(w *peers.Faulty) *server {
	return &server{host: w.Host, port: w.Port, authority: s.authority}
}

func (s *server) address() string { return net.JoinHostPort(s.host, s.port) }

// faultCase is a fault, and what must be said of it.
type faultCase struct {
	name   string
	toxics []peers.Toxic
	stages []integration.Stage
	rules  []string
}

func toxic(kind string, attributes map[string]int) []peers.Toxic {
	return []peers.Toxic{{Type: kind, Attributes: attributes}}
}

// slowly are toxics that a check lives with.
func slowly() []faultCase {
	done := []integration.Stage{integration.StageDone}
	return []faultCase{
		{"latency", toxic("latency", map[string]int{"latency": 20, "jitter": 5}), done, []string{"works"}},
		{"slicer", toxic("slicer", map[string]int{"average_size": 64, "size_variation": 32, "delay": 100}), done, []string{"works"}},
		{"bandwidth", toxic("bandwidth", map[string]int{"rate": 64}), done, []string{"works"}},
	}
}

// deadly are toxics that end it before the server has let anybody in.
func deadly(silent string, stages ...integration.Stage) []faultCase {
	return []faultCase{
		{"latency beyond the limit", toxic("latency", map[string]int{"latency": 5000}), stages, []string{silent}},
		{"bandwidth of nearly nothing", append(toxic("bandwidth", map[string]int{"rate": 1}), toxic("latency", map[string]int{"latency": 400})...), stages, []string{silent}},
		{"timeout", toxic("timeout", map[string]int{"timeout": 0}), stages, []string{silent}},
	}
}

// check runs a probe through the case's toxics and looks at what it says and how long it takes.
func (c faultCase) check(t *testing.T, faults *peers.Faults, to *server, target func(*peers.Faulty) probe.Target) {
	t.Run(c.name, func(t *testing.T) {
		t.Parallel()
		w := faults.To(t, to.address(), c.toxics...)
		if c.toxics == nil {
			w.Disable(t)
		}
		on, p := target(w), newProber(t, within(short))
		began := time.Now()
		e := p.Run(context.Background(), on)
		c.judge(t, e, time.Since(began))
	})
}

// judge says whether the evidence is that of the case.
func (c faultCase) judge(t *testing.T, e integration.Evidence, took time.Duration) {
	t.Helper()
	f := diagnosis.Of(e)
	if !slices.Contains(c.stages, e.Stage) || !slices.Contains(c.rules, f.Rule) {
		t.Errorf("%s at %s, want %v at %v\n%+v %+v", f.Rule, e.Stage, c.rules, c.stages, e, e.Tunnel)
	}
	if f.Status == integration.StatusNeedsReauthorization || f.Latch {
		t.Errorf("%s asks for a login", f.Rule)
	}
	if last := e.Steps[len(e.Steps)-1]; last.OK != (e.Stage == integration.StageDone) {
		t.Errorf("the last step was %+v", last)
	}
	if limit := short.Whole + short.Whole/10; took > limit {
		t.Errorf("took %s, more than %s", took, limit)
	}
}

// heldServers are the kinds of databases, each with a table that can be held.
func heldServers(t *testing.T) map[string]held {
	certificate := newAuthority(t).issue(t, forDatabase)
	documents, tables := newGate(), newGate()
	mongo := shopOnMongoDB(showing(certificate), func(s *mongoServer) {
		s.before = func(command string) {
			if command == "find" {
				documents.pass()
			}
		}
	})
	tds := shopOnSQLServer(t, &certificate)
	tds.query = func(text string) ([][]string, []tdsError, bool) {
		if strings.Contains(text, "[Orders]") {
			tables.pass()
		}
		return sqlServerAnswers(text)
	}
	return map[string]held{
		"postgresql": heldPostgres(needDatabases(t, postgres)), "mysql": heldMariaDB(needDatabases(t, mariadb)),
		"mongodb": {mongo.start(t), "shop", documents.hold}, "sql-server": {tds.start(t), "shop", tables.hold},
	}
}

// TestDatabaseFaultsNameTheStepAndEndInTime puts Toxiproxy between the probe and each kind of server.
func TestDatabaseFaultsNameTheStepAndEndInTime(t *testing.T) {
	faults := peers.Toxiproxy(t)
	early := []integration.Stage{integration.StageTLS, integration.StageSignIn}
	atOnce := append([]integration.Stage{integration.StageTCP}, early...)
	cases := append(append(slowly(), deadly("database-silent", early...)...),
		// A server that speaks first may be cut off before the connection is seen to stand.
		faultCase{"reset_peer", toxic("reset_peer", nil), atOnce, []string{"database-silent", "tls-unavailable", "connection-broken"}},
		faultCase{"limit_data", toxic("limit_data", map[string]int{"bytes": 10}), early, []string{"database-silent", "tls-unavailable", "connection-broken"}},
		faultCase{"proxy disabled", nil, []integration.Stage{integration.StageTCP}, []string{"database-not-running"}})
	for provider, s := range heldServers(t) {
		for _, c := range cases {
			c.name = provider + ", " + c.name
			c.check(t, faults, s.server, func(w *peers.Faulty) probe.Target {
				return login(t, provider, s.on(w), "relink", "right", "database", s.database)
			})
		}
	}
}

// midQuery are the toxics that strike while a server is at work.
func midQuery() []faultCase {
	asking := []integration.Stage{integration.StagePermission, integration.StageRequest}
	return []faultCase{
		{"reset_peer in mid-query", toxic("reset_peer", nil), asking, []string{"connection-broken"}},
		{"limit_data in mid-query", toxic("limit_data", map[string]int{"bytes": 1}), asking, []string{"connection-broken"}},
		{"timeout in mid-query", toxic("timeout", map[string]int{"timeout": 0}), asking, []string{"no-answer-in-time"}},
	}
}

// strike runs a probe until the server is at work, lets the case's toxic strike, and looks at what
// the probe says.
func (c faultCase) strike(t *testing.T, faults *peers.Faults, to string, s held, target func(*peers.Faulty) probe.Target) {
	t.Run(c.name, func(t *testing.T) {
		hidden := c.toxics[0]
		hidden.Waits = true
		w := faults.To(t, to, hidden)
		on, p := target(w), newProber(t, within(short))
		waits, release := s.hold(t)
		began := time.Now()
		ended := make(chan integration.Evidence, 1)
		go func() { ended <- p.Run(context.Background(), on) }()
		waits()
		w.Strike(t, hidden)
		release()
		c.judge(t, <-ended, time.Since(began))
	})
}

// TestDatabaseFaultsInMidQuery lets each fault strike while the server holds its answer back.
func TestDatabaseFaultsInMidQuery(t *testing.T) {
	faults := peers.Toxiproxy(t)
	for provider, s := range heldServers(t) {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			for _, c := range midQuery() {
				c.strike(t, faults, s.address(), s, func(w *peers.Faulty) probe.Target {
					return login(t, provider, s.on(w), "relink", "right", "database", s.database)
				})
			}
		})
	}
}

// TestDatabaseBehindAFirewallStopsAtTheConnection dials a port that answers nothing.
func TestDatabaseBehindAFirewallStopsAtTheConnection(t *testing.T) {
	host, port, _ := net.SplitHostPort(blackHole(t))
	for _, provider := range []string{"postgresql", "mysql", "sql-server", "mongodb"} {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			p := newProber(t, within(short))
			began := time.Now()
			e := p.Run(context.Background(), login(t, provider, &server{host: host, port: port}, "relink", "right"))
			got := fmt.Sprintf("%s %s %s", e.Stage, e.Network, diagnosis.Of(e).Rule)
			if got != "tcp timeout no-answer-in-time" {
				t.Errorf("%s\n%+v", got, e)
			}
			if took := time.Since(began); took > short.Dial+short.Dial/10 {
				t.Errorf("took %s", took)
			}
		})
	}
}
