package bastiontest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"relink/build/peers"

	"golang.org/x/crypto/ssh"
)

// Bastion is a running server.
type Bastion struct {
	Host, Port, User string

	t       testing.TB
	config  Config
	dir     string
	signers []ssh.Signer
	server  *exec.Cmd
}

// Start starts a bastion that ends with the test. It skips the test where RELINK_NO_SSHD=1.
func Start(t testing.TB, c Config) *Bastion {
	t.Helper()
	if os.Getenv("RELINK_NO_SSHD") == "1" {
		t.Skip("RELINK_NO_SSHD=1")
	}
	if c.Password && os.Geteuid() != 0 {
		t.Skip("an account with a password needs root")
	}
	if c.HostKeys == nil {
		c.HostKeys = []string{"ed25519", "ecdsa", "rsa"}
	}
	dir, err := os.MkdirTemp("", "relink-bastion-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	b := &Bastion{Host: "127.0.0.1", Port: freePort(t), User: "bastion", t: t, config: c, dir: dir}
	if os.Geteuid() != 0 {
		me, err := user.Current()
		if err != nil {
			t.Fatal(err)
		}
		b.User = me.Username
	}
	b.must(os.Chmod(dir, 0o755), os.Mkdir(b.path("keys"), 0o755))
	b.Rekey(c.HostKeys...)
	b.Authorize(c.Authorized...)
	b.Restart()
	t.Cleanup(b.Stop)
	return b
}

func (b *Bastion) path(name string) string { return filepath.Join(b.dir, name) }

func (b *Bastion) must(errs ...error) {
	b.t.Helper()
	for _, err := range errs {
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

func freePort(t testing.TB) string {
	t.Helper()
	port, err := peers.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// Rekey gives the bastion new host keys of the given kinds, from its next start on.
func (b *Bastion) Rekey(kinds ...string) {
	b.t.Helper()
	b.signers = nil
	for _, kind := range kinds {
		var key crypto.Signer
		var err error
		switch kind {
		case "ed25519":
			_, key, err = ed25519.GenerateKey(rand.Reader)
		case "ecdsa":
			key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		case "rsa":
			key, err = rsa.GenerateKey(rand.Reader, 2048)
		}
		b.must(err)
		signer, err := ssh.NewSignerFromSigner(key)
		b.must(err)
		block, err := ssh.MarshalPrivateKey(key, kind)
		b.must(err, os.WriteFile(b.path("host"+strconv.Itoa(len(b.signers))), pem.EncodeToMemory(block), 0o600))
		b.signers = append(b.signers, signer)
	}
}

// Certify has an authority vouch for the bastion's first host key, from its next start on.
func (b *Bastion) Certify(authority ssh.Signer, principal string) {
	b.t.Helper()
	c := &ssh.Certificate{
		Key: b.signers[0].PublicKey(), CertType: ssh.HostCert, KeyId: "bastion", ValidPrincipals: []string{principal}, ValidBefore: ssh.CertTimeInfinity,
	}
	b.must(c.SignCert(rand.Reader, authority), os.WriteFile(b.path("certificate.pub"), ssh.MarshalAuthorizedKey(c), 0o644))
	b.config.Options = append(b.config.Options, "HostCertificate "+b.path("certificate.pub"))
}

// Authorize replaces the account's authorized_keys.
func (b *Bastion) Authorize(lines ...string) {
	b.t.Helper()
	b.must(os.WriteFile(b.path("keys/"+b.User), []byte(strings.Join(lines, "\n")+"\n"), 0o644))
}

// Address is host:port.
func (b *Bastion) Address() string { return net.JoinHostPort(b.Host, b.Port) }

// Key is the public half of a host key, by its place in Config.HostKeys.
func (b *Bastion) Key(i int) ssh.PublicKey { return b.signers[i].PublicKey() }

// KnownHosts are lines of known_hosts for the host keys at the given places; for all of them without one.
func (b *Bastion) KnownHosts(places ...int) string {
	var lines strings.Builder
	for i := range b.signers {
		if len(places) == 0 || has(places, i) {
			fmt.Fprintf(&lines, "[%s]:%s %s", b.Host, b.Port, ssh.MarshalAuthorizedKey(b.Key(i)))
		}
	}
	return lines.String()
}

func has(places []int, i int) bool {
	for _, p := range places {
		if p == i {
			return true
		}
	}
	return false
}

// Log is what the server said since its start.
func (b *Bastion) Log() string {
	text, _ := os.ReadFile(b.path("log"))
	return string(text)
}

// SignIns counts what clients asked for after the key exchange: each way of signing in that was tried, "none" among them.
func (b *Bastion) SignIns() int { return strings.Count(b.Log(), "userauth-request for user") }

// Sessions counts the sign-ins that went well.
func (b *Bastion) Sessions() int {
	log := b.Log()
	return strings.Count(log, "Accepted publickey for ") + strings.Count(log, "Accepted password for ")
}

// Stop ends the server and the connections that it serves.
func (b *Bastion) Stop() {
	if b.server == nil {
		return
	}
	for _, pid := range append(children(b.server.Process.Pid), b.server.Process.Pid) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	_ = b.server.Wait()
	b.server = nil
}

// Freeze makes the server and its connections hang; they are ended with the test.
func (b *Bastion) Freeze() {
	for _, pid := range append(children(b.server.Process.Pid), b.server.Process.Pid) {
		_ = syscall.Kill(pid, syscall.SIGSTOP)
	}
}

// children are the processes that descend from pid.
func children(pid int) []int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	var all []int
	for _, stat := range stats {
		text, err := os.ReadFile(stat)
		if err != nil {
			continue
		}
		// After the name in brackets: the state, and the parent.
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(fields) < 2 || fields[1] != strconv.Itoa(pid) {
			continue
		}
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
		if err == nil {
			all = append(append(all, children(child)...), child)
		}
	}
	return all
}

// Restart ends the server and starts it again, on the same port.
func (b *Bastion) Restart() {
	b.t.Helper()
	b.Stop()
	b.must(os.WriteFile(b.path("sshd_config"), []byte(b.settings()), 0o644))
	log, err := os.Create(b.path("log"))
	b.must(err)
	defer log.Close()
	b.server = b.command()
	b.server.Stderr = log
	b.must(b.server.Start())
	for range 500 {
		if conn, err := net.Dial("tcp", b.Address()); err == nil {
			_ = conn.Close()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.t.Fatalf("sshd did not start (this test needs the Debian packages openssh-server and openssh-client; RELINK_NO_SSHD=1 leaves it out): %s", b.Log())
}

// settings are the sshd_config. The first value of an option counts, so that those of the test win.
func (b *Bastion) settings() string {
	lines := append([]string{}, b.config.Options...)
	lines = append(lines,
		"Port "+b.Port, "ListenAddress "+b.Host, "PidFile none", "UsePAM no", "StrictModes no", "LogLevel DEBUG1", "UseDNS no",
		"AuthorizedKeysFile "+b.path("keys/%u"), "PasswordAuthentication "+yes(b.config.Password), "KbdInteractiveAuthentication no",
		"MaxStartups 500", "MaxSessions 500",
	)
	for i := range b.signers {
		lines = append(lines, "HostKey "+b.path("host"+strconv.Itoa(i)))
	}
	return strings.Join(lines, "\n") + "\n"
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// command starts the server: as root with files of accounts and a folder /run of its own.
func (b *Bastion) command() *exec.Cmd {
	sshd, err := exec.LookPath("sshd")
	if err != nil {
		sshd = "/usr/sbin/sshd" // it refuses to be started by a name without a folder
	}
	if os.Geteuid() != 0 {
		return exec.Command(sshd, "-D", "-e", "-f", b.path("sshd_config"))
	}
	hash := "*" // no password, and not locked
	if b.config.Password {
		hash = passwordHash
	}
	b.extend("passwd", "bastion:x:47110:47110::/nonexistent:/usr/sbin/nologin", 0o644)
	b.extend("shadow", "bastion:"+hash+":20000:0:99999:7:::", 0o600)
	script := `mount -t tmpfs none /run && mkdir -m 755 /run/sshd &&
		mount --bind "$2/passwd" /etc/passwd && mount --bind "$2/shadow" /etc/shadow && exec "$1" -D -e -f "$2/sshd_config"`
	return exec.Command("unshare", "--mount", "sh", "-c", script, "sh", sshd, b.dir)
}

// extend copies a file of accounts with one more line.
func (b *Bastion) extend(name, line string, mode os.FileMode) {
	b.t.Helper()
	text, err := os.ReadFile("/etc/" + name)
	b.must(err, os.WriteFile(b.path(name), []byte(strings.TrimRight(string(text), "\n")+"\n"+line+"\n"), mode))
}
