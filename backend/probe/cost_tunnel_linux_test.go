package probe_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/probe"
	"relink/backend/secret"
	"relink/backend/tunnel"
	"relink/backend/tunnel/bastiontest"
)

// forwarding runs ssh -L until its local port takes connections, and returns that port.
func forwarding(b *testing.B, bastion *bastiontest.Bastion, key, known, host, port string) (local string, end func()) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	_, local, _ = net.SplitHostPort(l.Addr().String())
	_ = l.Close()
	ssh := exec.Command("ssh", "-F", "none", "-N", "-L", "127.0.0.1:"+local+":"+net.JoinHostPort(host, port), "-p", bastion.Port, "-i", key,
		"-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "StrictHostKeyChecking=yes", "-o", "UserKnownHostsFile="+known, "-o", "GlobalKnownHostsFile=none", bastion.User+"@"+bastion.Host)
	if err := ssh.Start(); err != nil {
		b.Fatal(err)
	}
	for {
		if conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", local)); err == nil {
			_ = conn.Close()
			return local, func() { _ = ssh.Process.Kill(); _ = ssh.Wait() }
		}
		time.Sleep(time.Millisecond)
	}
}

// BenchmarkTunnelAgainstSSHAndTheBareDriver compares a whole check through a bastion, whose tunnel it
// opens, with ssh -L and the bare driver's connection and one query, in turns. The goal is 1.3 times.
func BenchmarkTunnelAgainstSSHAndTheBareDriver(b *testing.B) {
	host, port := bastiontest.Database(b)
	private, public, err := tunnel.NewKey()
	if err != nil {
		b.Fatal(err)
	}
	bastion := bastiontest.Start(b, bastiontest.Config{HostKeys: []string{"ed25519"}, Authorized: []string{public}})
	dir := b.TempDir()
	key, known := filepath.Join(dir, "key"), filepath.Join(dir, "known_hosts")
	for file, text := range map[string]string{key: private.Reveal(), known: bastion.KnownHosts()} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	all, err := catalog.Load("")
	if err != nil {
		b.Fatal(err)
	}
	provider, _ := all.Provider("postgresql")
	on := probe.Target{Provider: provider,
		Integration: integration.Integration{HostKeys: bastion.KnownHosts(), Settings: map[string]string{"host": host, "port": port, "database": "postgres", "tls": "disable",
			"ssh_host": bastion.Host, "ssh_port": bastion.Port, "ssh_user": bastion.User}},
		Grant:   integration.Grant{Method: integration.MethodDatabaseLogin, Public: map[string]string{"username": "postgres"}},
		Secrets: secret.Fields{"password": secret.New(bastiontest.DatabasePassword), "ssh_key": private}}

	checked := func() time.Duration {
		began := time.Now()
		p := newProber(b)
		e := p.Run(context.Background(), on)
		took := time.Since(began)
		p.Close()
		if e.Stage != integration.StageDone {
			b.Fatalf("%+v", e)
		}
		return took
	}
	bare := func() time.Duration {
		began := time.Now()
		local, end := forwarding(b, bastion, key, known, host, port)
		defer end()
		config, err := pgx.ParseConfig("host=127.0.0.1 user=postgres dbname=postgres sslmode=disable password=" + bastiontest.DatabasePassword)
		if err != nil {
			b.Fatal(err)
		}
		at, _ := strconv.ParseUint(local, 10, 16)
		config.Port = uint16(at)
		conn, err := pgx.ConnectConfig(context.Background(), config)
		if err != nil {
			b.Fatal(err)
		}
		var who, database string
		if err := conn.QueryRow(context.Background(), "SELECT current_user, current_database()").Scan(&who, &database); err != nil {
			b.Fatal(err)
		}
		_ = conn.Close(context.Background())
		return time.Since(began)
	}
	bare()
	checked()
	var floors []time.Duration
	var ratios []float64
	for b.Loop() {
		f, c := bare(), checked()
		floors, ratios = append(floors, f), append(ratios, float64(c)/float64(f))
	}
	slices.Sort(floors)
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "time-ratio")
	b.ReportMetric(float64(floors[len(floors)/2])/float64(time.Millisecond), "floor-ms")
}

// BenchmarkTwoHundredChecksThroughTwentyBastions runs 200 checks at once, whose databases stand behind 20
// bastions, and these behind one jump host. The goal is one connection for each of the 21.
func BenchmarkTwoHundredChecksThroughTwentyBastions(b *testing.B) {
	const count, each = 20, 10
	s := needDatabases(b, mariadb)
	jump, first := behind(b, bastiontest.Config{HostKeys: []string{"ed25519"}}, login(b, "mysql", s, "relink", "right"))
	key := first.Secrets["ssh_key"]
	public, err := tunnel.PublicKey(key, secret.Text{})
	if err != nil {
		b.Fatal(err)
	}
	bastions, targets := []*bastiontest.Bastion{jump}, []probe.Target{}
	for range count {
		bastion, on := behind(b, bastiontest.Config{HostKeys: []string{"ed25519"}, Authorized: []string{public}}, login(b, "mysql", s, "relink", "right"))
		on.Secrets["ssh_key"] = key
		on.Integration.Settings["ssh_jump"] = jump.User + "@" + jump.Address()
		on.Integration.HostKeys += jump.KnownHosts()
		bastions, targets = append(bastions, bastion), append(targets, on)
	}
	sessions := func() (all int) {
		for _, bastion := range bastions {
			all += bastion.Sessions()
		}
		return all
	}
	before, runs := sessions(), 0
	for b.Loop() {
		p := newProber(b)
		var checks sync.WaitGroup
		for i := range count * each {
			checks.Go(func() {
				if e := p.Run(context.Background(), targets[i%count]); e.Stage != integration.StageDone {
					b.Errorf("%+v", e)
				}
			})
		}
		checks.Wait()
		p.Close()
		runs++
	}
	b.ReportMetric(float64(sessions()-before)/float64(runs*len(bastions)), "connections-per-bastion")
}
