package probe_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"relink/backend/diagnosis"
	"relink/backend/integration"
	"relink/backend/probe"
)

// faulty is a way to a server that does what networks do.
type faulty struct {
	latency time.Duration // before each piece that the server sends
	slice   int           // the size of the pieces, 0 for as they come
	after   int           // bytes from the server until the fault; 0 for none
	reset   bool          // the fault: the connection is reset; otherwise nothing comes any more, as behind a firewall
}

// to puts the fault between the probe and a server.
func (f faulty) to(t *testing.T, s *server) *server {
	t.Helper()
	at := listening(t, func(client net.Conn) { f.carry(client, net.JoinHostPort(s.host, s.port)) })
	host, port, _ := net.SplitHostPort(at)
	return &server{host: host, port: port, authority: s.authority}
}

func (f faulty) carry(client net.Conn, to string) {
	defer client.Close()
	upstream, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer upstream.Close()
	var done sync.WaitGroup
	defer done.Wait()
	done.Go(func() { // what the client sends goes through
		buffer := make([]byte, 32<<10)
		for {
			n, err := client.Read(buffer)
			if err != nil {
				upstream.Close()
				return
			}
			if _, err := upstream.Write(buffer[:n]); err != nil {
				return
			}
		}
	})
	size := f.slice
	if size == 0 {
		size = 32 << 10
	}
	buffer := make([]byte, size)
	passed := 0
	for {
		n, err := upstream.Read(buffer)
		if err != nil {
			client.Close()
			return
		}
		if f.after > 0 && passed+n > f.after {
			if f.reset {
				_ = client.(*net.TCPConn).SetLinger(0)
				client.Close()
			}
			return // the client waits, until it gives up and closes
		}
		time.Sleep(f.latency)
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
		passed += n
	}
}

// untilTheQuery counts what a server sends on the longest of its connections, where no fault is.
func untilTheQuery(t *testing.T, on func(*server) probe.Target, s *server) int {
	t.Helper()
	var mu sync.Mutex
	sent := 0
	counter := listening(t, func(client net.Conn) {
		defer client.Close()
		upstream, err := net.Dial("tcp", net.JoinHostPort(s.host, s.port))
		if err != nil {
			return
		}
		defer upstream.Close()
		var done sync.WaitGroup
		defer done.Wait()
		done.Go(func() {
			buffer := make([]byte, 32<<10)
			for {
				n, err := client.Read(buffer)
				if err != nil {
					upstream.Close()
					return
				}
				_, _ = upstream.Write(buffer[:n])
			}
		})
		buffer, here := make([]byte, 32<<10), 0
		for {
			n, err := upstream.Read(buffer)
			if err != nil {
				client.Close()
				return
			}
			here += n
			mu.Lock()
			sent = max(sent, here)
			mu.Unlock()
			_, _ = client.Write(buffer[:n])
		}
	})
	host, port, _ := net.SplitHostPort(counter)
	e, f := run(t, newProber(t), on(&server{host: host, port: port}))
	if !f.OK() {
		t.Fatalf("without a fault: %s %+v", f.Rule, e)
	}
	mu.Lock()
	defer mu.Unlock()
	return sent
}

// short are the limits under which faults are looked at.
var short = probe.Limits{Dial: time.Second, TLS: time.Second, SignIn: time.Second, Whole: 2500 * time.Millisecond}

// TestDatabaseFaultsNameTheStepAndEndInTime puts each fault of a network between the probe and each kind
// of server.
func TestDatabaseFaultsNameTheStepAndEndInTime(t *testing.T) {
	ca := newAuthority(t)
	certificate := ca.issue(t, forDatabase)
	for provider, s := range map[string]*server{
		"postgresql": needDatabases(t, postgres), "mysql": needDatabases(t, mariadb),
		"sql-server": shopOnSQLServer(t, &certificate).start(t), "mongodb": shopOnMongoDB(showing(certificate)).start(t),
	} {
		on := func(s *server) probe.Target { return login(t, provider, s, "relink", "right") }
		all := untilTheQuery(t, on, s)
		late := all - 100 // within the last answers; signatures and the end of TLS differ by some bytes
		early := []integration.Stage{integration.StageTLS, integration.StageSignIn}
		asking := []integration.Stage{integration.StageDatabase, integration.StagePermission, integration.StageRequest, integration.StageReadOnly}
		for _, c := range []struct {
			name   string
			fault  faulty
			stages []integration.Stage
			rules  []string
		}{
			{"latency", faulty{latency: 5 * time.Millisecond}, []integration.Stage{integration.StageDone}, []string{"works"}},
			{"slicer", faulty{slice: 64}, []integration.Stage{integration.StageDone}, []string{"works"}},
			{"bandwidth of nearly nothing", faulty{latency: 200 * time.Millisecond, slice: 16}, early, []string{"database-silent"}},
			// A server that speaks first may be cut off before the connection is seen to stand.
			{"reset at once", faulty{after: 1, reset: true}, append([]integration.Stage{integration.StageTCP}, early...), []string{"database-silent", "tls-unavailable", "connection-broken"}},
			{"dropped at once", faulty{after: 1}, early, []string{"database-silent"}},
			{"reset in mid-query", faulty{after: late, reset: true}, asking, []string{"connection-broken"}},
			{"dropped in mid-query", faulty{after: late}, asking, []string{"no-answer-in-time"}},
		} {
			t.Run(provider+", "+c.name, func(t *testing.T) {
				t.Parallel()
				p := newProber(t, within(short))
				began := time.Now()
				e := p.Run(context.Background(), on(c.fault.to(t, s)))
				took := time.Since(began)
				f := diagnosis.Of(e)
				if !contains(c.stages, e.Stage) || !contains(c.rules, f.Rule) {
					t.Errorf("%s at %s, want %v at %v\n%+v", f.Rule, e.Stage, c.rules, c.stages, e)
				}
				if f.Status == integration.StatusNeedsReauthorization || f.Latch {
					t.Errorf("%s asks for a login", f.Rule)
				}
				if limit := short.Whole + short.Whole/10; took > limit {
					t.Errorf("took %s, more than %s", took, limit)
				}
			})
		}
	}
}

func contains[T comparable](all []T, one T) bool {
	for _, a := range all {
		if a == one {
			return true
		}
	}
	return false
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
