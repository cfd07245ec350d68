package probe_test

import (
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
	"relink/backend/probe"
	"relink/backend/secret"
	"relink/build/peers"
)

func TestDatabaseStepsAreNamedInTheirOrder(t *testing.T) {
	for provider, start := range map[string]func() (*server, error){"postgresql": postgres, "mysql": mariadb} {
		s := needDatabases(t, start)
		e, _ := run(t, newProber(t, inHouse(t)), login(t, provider, s, "relink", "right", "host", "db.example"))
		var stages []integration.Stage
		for _, step := range e.Steps {
			if !step.OK || step.Warning {
				t.Errorf("%s: %+v", provider, step)
			}
			stages = append(stages, step.Stage)
		}
		want := []integration.Stage{"dns", "tcp", "tls", "sign-in", "database", "permission", "request", "read-only"}
		if diff := cmp.Diff(want, stages); diff != "" {
			t.Errorf("%s: %s", provider, diff)
		}
		if e.Server.Version == "" || e.Server.Writable || e.Server.Replica {
			t.Errorf("%s: %+v", provider, e.Server)
		}
	}
}

func TestDatabaseWarnsOfALoginThatCouldWrite(t *testing.T) {
	for provider, start := range map[string]func() (*server, error){"postgresql": postgres, "mysql": mariadb} {
		s := needDatabases(t, start)
		e, f := run(t, newProber(t), login(t, provider, s, "writer", "right"))
		last := e.Steps[len(e.Steps)-1]
		if !f.OK() || !e.Server.Writable || last.Stage != integration.StageReadOnly || !last.OK || !last.Warning {
			t.Errorf("%s: %s %+v %+v", provider, f.Rule, e.Server, last)
		}
		if !strings.Contains(fmt.Sprint(f.Known), "observation.writable") {
			t.Errorf("%s: the finding does not tell: %v", provider, f.Known)
		}
	}
}

func TestDatabaseTellsWhenThePasswordEnds(t *testing.T) {
	for provider, start := range map[string]func() (*server, error){"postgresql": postgres, "mysql": mariadb} {
		s := needDatabases(t, start)
		e, f := run(t, newProber(t), login(t, provider, s, "soon", "right"))
		if off := e.Server.PasswordEnds.Sub(soonEnds).Abs(); off > time.Minute || f.Status != integration.StatusExpiresSoon {
			t.Errorf("%s: %s, %s, want %s", provider, f.Rule, e.Server.PasswordEnds, soonEnds)
		}
	}
}

func TestPostgreSQLWithoutAReadableTableIsAMissingPrivilege(t *testing.T) {
	s := needDatabases(t, postgres)
	e, f := run(t, newProber(t), login(t, "postgresql", s, "blind", "right"))
	if f.Rule != "privilege-missing" || e.VendorCode != "42501" || e.Stage != integration.StagePermission {
		t.Errorf("%s %s at %s", f.Rule, e.VendorCode, e.Stage)
	}
}

// TestN2OwnAuthorityAndClientCertificate connects where the server's certificate is signed by an
// authority that only the settings name, and where the server asks for a certificate of the client.
func TestN2OwnAuthorityAndClientCertificate(t *testing.T) {
	s := needDatabases(t, postgres)
	certificate, key := files(t, s.authority.issue(t))
	oneLine := strings.ReplaceAll(string(key), "\n", "") // as an input of one line leaves it
	other := newAuthority(t)
	for _, c := range []struct {
		name      string
		authority string
		cert, key string
		want      string
	}{
		{"own authority and client certificate", string(s.authority.pem()), string(certificate), string(key), "works"},
		{"key in one line", string(s.authority.pem()), string(certificate), oneLine, "works"},
		{"no client certificate", string(s.authority.pem()), "", "", "login-refused"},
		{"another authority", string(other.pem()), string(certificate), string(key), "own-certificate-issuer"},
		{"garbage for an authority", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", string(certificate), string(key), "keychain-entry-damaged"},
		{"key of another certificate", string(s.authority.pem()), string(certificate), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "keychain-entry-damaged"},
	} {
		on := login(t, "postgresql", s, "relink", "right", "database", "certified", "tls", "verify-full", "host", "db.example", "tls_ca", c.authority)
		on.Grant.Public["tls_cert"] = c.cert
		on.Secrets["tls_key"] = secret.New(c.key)
		_, f := run(t, newProber(t, inHouse(t), trusting(x509.NewCertPool())), on)
		if f.Rule != c.want {
			t.Errorf("%s: %s, want %s", c.name, f.Rule, c.want)
		}
	}
}

// standby starts a copy of the server that is in recovery, with a certificate that is out of its dates.
func standby(t *testing.T, s *server, settings string) *server {
	t.Helper()
	bin, err := postgresFolder()
	if err != nil {
		t.Fatal(err)
	}
	a, err := as("postgres")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "relink-standby")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chown(dir, a.uid, a.gid); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	if err := a.run(filepath.Join(bin, "pg_basebackup"), "-h", s.host, "-p", s.port, "-U", "postgres", "-D", data, "-R", "-c", "fast"); err != nil {
		t.Fatal(err)
	}
	certificate, key := files(t, s.authority.issue(t, forDatabase, expired))
	for name, content := range map[string][]byte{"server.crt": certificate, "server.key": key, "postgresql.conf": []byte("ssl = on\n" + settings)} {
		if err := a.write(filepath.Join(data, name), content); err != nil {
			t.Fatal(err)
		}
	}
	port, err := peers.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	options := fmt.Sprintf("-p %s -c listen_addresses=127.0.0.1 -c unix_socket_directories=%s -c fsync=off -c shared_buffers=16MB", port, dir)
	start := a.command(filepath.Join(bin, "pg_ctl"), "-D", data, "-W", "-s", "-l", filepath.Join(dir, "log"), "-o", options, "start")
	if out, err := start.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() {
		_ = a.run(filepath.Join(bin, "pg_ctl"), "-D", data, "-m", "immediate", "-s", "stop")
	})
	answeringAt(t, port)
	return &server{host: s.host, port: port, authority: s.authority}
}

// answeringAt waits until something listens at the port.
func answeringAt(t *testing.T, port string) {
	t.Helper()
	for until := time.Now().Add(30 * time.Second); ; {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(until) {
			t.Fatal(err)
		}
	}
}

func TestPostgreSQLInRecovery(t *testing.T) {
	s := needDatabases(t, postgres)
	closed := standby(t, s, "hot_standby = off\n")
	e, f := run(t, newProber(t), login(t, "postgresql", closed, "relink", "right"))
	if f.Rule != "provider-trouble" || e.VendorCode != "57P03" || e.Stage != integration.StageSignIn {
		t.Errorf("closed: %s %s at %s", f.Rule, e.VendorCode, e.Stage)
	}
	open := standby(t, s, "hot_standby = on\n")
	p := newProber(t, inHouse(t), trusting(s.authority.pool), func(o *probe.Options) { o.Limits.SignIn = 5 * time.Second })
	until := time.Now().Add(20 * time.Second)
	for {
		e, f = run(t, p, login(t, "postgresql", open, "relink", "right"))
		if f.OK() || time.Now().After(until) {
			break
		}
	}
	last := e.Steps[len(e.Steps)-1]
	if f.Rule != "works" || !e.Server.Replica || !e.Server.LagKnown || last.Stage != integration.StageReplica || !last.OK {
		t.Errorf("open: %s %+v %+v", f.Rule, e.Server, last)
	}
	e, f = run(t, p, login(t, "postgresql", open, "relink", "right", "tls", "verify-full", "host", "db.example"))
	if f.Rule != "certificate-expired" || e.Stage != integration.StageTLS {
		t.Errorf("certificate: %s at %s", f.Rule, e.Stage)
	}
}
