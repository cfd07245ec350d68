//go:build linux

package proof_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/crypto/ssh"

	"relink/backend/tunnel/bastiontest"
	"relink/build/canary"
	"relink/build/desktop"
)

const (
	databasePassword = "CNRY-database-password-0123456789abcdef"
	keyPassphrase    = "CNRY-passphrase-of-the-key-0123456789abcdef"
)

// What opens a bastion and the database behind it: the private key, its passphrase and the password are
// entered, used, refused, kept through a change of the host's keys, and in memory when the program crashes.
func TestS1SecretsOfATunnelAreSeenNowhere(t *testing.T) {
	t.Parallel()
	if !desktop.Own(t, desktop.Options{Keyring: true}) {
		return
	}
	w := newWorld(t)
	host, port := bastiontest.Database(t)
	setPassword(t, net.JoinHostPort(host, port))
	file, public := w.lockedKey()
	b := bastiontest.Start(t, bastiontest.Config{HostKeys: []string{"ed25519"}, Authorized: []string{public}})
	defer w.lookOn()()

	add := []string{"--verbose", "add", "postgresql", "--name", "Shop", "--set", "host=" + host, "--set", "port=" + port, "--set", "database=postgres", "--set", "tls=disable", "--set", "username=postgres",
		"--set", "ssh_host=" + b.Host, "--set", "ssh_port=" + b.Port, "--set", "ssh_user=" + b.User, "--ssh-key-file", file, "--host-key", ssh.FingerprintSHA256(b.Key(0)), "--secret-stdin"}
	if r := w.run(nil, "password="+databasePassword+"\nssh_passphrase="+keyPassphrase+"-wrong\n", add...); r.code == 0 {
		t.Fatalf("a wrong passphrase was taken\n%s", r.out)
	}
	if r := w.run(nil, "password="+databasePassword+"\nssh_passphrase="+keyPassphrase+"\n", add...); r.code != 0 {
		t.Fatalf("add: exit code %d\n%s", r.code, r.out)
	}
	w.note("password that is refused", databasePassword+"-wrong")
	if r := w.run(nil, "password="+databasePassword+"-wrong\n", "--verbose", "reconnect", "Shop", "--secret-stdin"); r.code == 0 {
		t.Errorf("a wrong password was taken\n%s", r.out)
	}
	b.Rekey("ed25519")
	b.Restart()
	if r := w.run(nil, "", "--verbose", "check", "Shop", "--steps"); r.code == 0 {
		t.Errorf("a changed host key was believed\n%s", r.out)
	}
	for _, args := range [][]string{{"hostkeys", "refresh", "Shop", "--host-key", ssh.FingerprintSHA256(b.Key(0))}, {"check", "Shop", "--steps"}, {"hostkeys", "show", "Shop"},
		{"show", "Shop"}, {"list", "--json"}, {"sql-grant", "Shop", "--rotate"}, {"doctor"}, {"status", "--json"}} {
		if r := w.run(nil, "", append([]string{"--verbose"}, args...)...); r.code != 0 && args[0] != "doctor" { // which asks the internet
			t.Errorf("%s: exit code %d\n%s", args, r.code, r.out)
		}
	}
	win := w.openWindow("--verbose")
	win.order("check")
	if rows := win.rows(); len(rows) != 1 || rows[0].Status != "connected" {
		t.Errorf("the window shows %+v", rows)
	}
	w.crash(win)
	w.wantNoSecret()
	w.wantCleanProcesses("add postgresql")
}

// setPassword gives the database's user a password that can be told from other texts.
func setPassword(t *testing.T, address string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, "postgres://postgres:"+bastiontest.DatabasePassword+"@"+address+"/postgres?sslmode=disable")
	check(t, err)
	_, err = conn.Exec(ctx, "ALTER ROLE postgres PASSWORD '"+databasePassword+"'")
	check(t, err)
	check(t, conn.Close(ctx))
}

// lockedKey writes a private key with a passphrase into a file outside of the folder, and notes all that
// is secret about it: each line of the file, and the key that is inside.
func (w *world) lockedKey() (file, public string) {
	w.t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	check(w.t, err)
	block, err := ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(keyPassphrase))
	check(w.t, err)
	text := string(pem.EncodeToMemory(block))
	file = filepath.Join(w.t.TempDir(), "key")
	check(w.t, os.WriteFile(file, []byte(text), 0o600))
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for _, line := range lines[2 : len(lines)-1] { // the first one tells the format alone
		w.note("line of the private key", line)
	}
	w.note("private key itself", string(key.Seed()))
	w.note("passphrase", keyPassphrase)
	w.note("database password", databasePassword)
	signer, err := ssh.NewSignerFromSigner(key)
	check(w.t, err)
	return file, string(ssh.MarshalAuthorizedKey(signer.PublicKey()))
}

// lookOn looks at the running processes again and again, until end is called.
func (w *world) lookOn() (end func()) {
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.NewTicker(20 * time.Millisecond); ; w.look() {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	return func() { close(stop); <-ended }
}

// wantCleanProcesses wants no secret in the arguments and the environment of the processes that were seen,
// one of which must have run with the words.
func (w *world) wantCleanProcesses(words string) {
	w.t.Helper()
	w.mu.Lock()
	seen := map[process]bool{}
	for _, p := range w.seen {
		seen[p] = true
	}
	w.mu.Unlock()
	found := false
	for p := range seen {
		found = found || strings.Contains(strings.ReplaceAll(p.argv, "\x00", " "), words)
		w.wantClean("a process's arguments", []byte(p.argv))
		w.wantClean("a process's environment", []byte(p.environ))
	}
	if !found {
		w.t.Errorf("of %d processes none ran with %q", len(seen), words)
	}
	if canary.Find([]byte("x "+databasePassword), databasePassword) == "" {
		w.t.Error("the canary finds nothing")
	}
}
