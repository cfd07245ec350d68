package probe_test

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"relink/backend/integration"
)

// settles probes until the rule is the wanted one: a server takes its new settings in its own time.
func settles(t *testing.T, s *server, mode, rule string) {
	t.Helper()
	var last string
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); {
		_, f := run(t, newProber(t), login(t, "postgresql", s, "relink", "right", "tls", mode))
		if last = f.Rule; last == rule {
			return
		}
	}
	t.Fatalf("tls %s: %s, want %s", mode, last, rule)
}

func TestEncryptionThatIsOnlyPreferredMayBeAbsent(t *testing.T) {
	s := needDatabases(t, postgres)
	if err := s.admin("ALTER SYSTEM SET ssl = off", "SELECT pg_reload_conf()"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.admin("ALTER SYSTEM RESET ssl", "SELECT pg_reload_conf()"); err != nil {
			t.Error(err)
		}
		settles(t, s, "require", "works")
	})
	settles(t, s, "require", "tls-unavailable")
	settles(t, s, "verify-full", "tls-unavailable")
	settles(t, s, "prefer", "works")
}

// TestH6PasswordIsNotSentInTheClear plays a PostgreSQL server that asks for the password as it is,
// over a connection that is not encrypted.
func TestH6PasswordIsNotSentInTheClear(t *testing.T) {
	const password = "CNRY-password-0123456789abcdef"
	heard := make(chan string, 1)
	at := listening(t, func(c net.Conn) {
		defer c.Close()
		var size uint32
		if binary.Read(c, binary.BigEndian, &size) != nil || size < 4 || size > 4096 {
			return
		}
		_, _ = io.ReadFull(c, make([]byte, size-4))
		_, _ = c.Write([]byte{'R', 0, 0, 0, 8, 0, 0, 0, 3}) // AuthenticationCleartextPassword
		rest, _ := io.ReadAll(c)
		heard <- string(rest)
	})
	host, port, _ := net.SplitHostPort(at)
	on := login(t, "postgresql", &server{host: host, port: port}, "relink", password, "tls", "disable")
	if e, f := run(t, newProber(t), on); e.Stage == integration.StageDone || f.Status == integration.StatusNeedsReauthorization {
		t.Errorf("%s: %+v", f.Rule, e)
	}
	hears(t, heard, password)
}

func TestH6MySQLPasswordIsNotSentInTheClear(t *testing.T) {
	const password = "CNRY-password-0123456789abcdef"
	heard := make(chan string, 1)
	at := listening(t, func(c net.Conn) {
		defer c.Close()
		greeting := "\x0a8.0.0\x00\x01\x00\x00\x00saltsalt\x00\xff\xf7\x21\x02\x00\xff\x81\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00saltsaltsalt\x00mysql_clear_password\x00"
		_, _ = c.Write(append([]byte{byte(len(greeting)), 0, 0, 0}, greeting...))
		rest, _ := io.ReadAll(c)
		heard <- string(rest)
	})
	host, port, _ := net.SplitHostPort(at)
	p := newProber(t, within(limits))
	if e, f := run(t, p, login(t, "mysql", &server{host: host, port: port}, "relink", password, "tls", "disable")); e.Stage == integration.StageDone || f.Status == integration.StatusNeedsReauthorization {
		t.Errorf("%s: %+v", f.Rule, e)
	}
	hears(t, heard, password)
}

// hears waits for what a server was sent, and fails when the password is in it.
func hears(t *testing.T, heard <-chan string, password string) {
	t.Helper()
	select {
	case got := <-heard:
		if strings.Contains(got, password) {
			t.Error("the password crossed the network")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("nobody connected")
	}
}
