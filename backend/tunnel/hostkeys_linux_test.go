package tunnel_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"relink/backend/secret"
	"relink/backend/tunnel"
	"relink/backend/tunnel/bastiontest"
)

// stopped opens a tunnel that the host key must stop, with nothing offered to the server.
func stopped(t *testing.T, server *bastiontest.Bastion, b tunnel.Bastion) *tunnel.HostKeyError {
	t.Helper()
	err := refused(t, b)
	var problem *tunnel.HostKeyError
	if !errors.As(err, &problem) {
		t.Fatalf("%v (%T)", err, err)
	}
	if n := server.SignIns(); n != 0 {
		t.Errorf("%d attempts to sign in reached the server", n)
	}
	return problem
}

func TestH1ChangedHostKeyStopsBeforeAnythingIsOffered(t *testing.T) {
	for _, kinds := range [][]string{{"ed25519"}, {"ecdsa"}, {"rsa"}, {"ed25519", "ecdsa", "rsa"}} {
		server, b := bastion(t, bastiontest.Config{HostKeys: kinds})
		b.Login.Password = secret.New(bastiontest.Password)
		before := ssh.FingerprintSHA256(server.Key(0))
		server.Rekey(kinds...)
		server.Restart()
		problem := stopped(t, server, b)
		if problem.Problem != tunnel.HostKeyChanged || problem.Known[0] != before || problem.Shown == "" || problem.Shown == before {
			t.Errorf("%v: %+v", kinds, problem)
		}
		if problem.Host != server.Address() {
			t.Errorf("the host was %q", problem.Host)
		}
	}
}

func TestH1HostKeyOfAnotherKindIsAChangedOne(t *testing.T) {
	server, b := bastion(t, bastiontest.Config{HostKeys: []string{"ed25519"}})
	server.Rekey("ecdsa")
	server.Restart()
	if problem := stopped(t, server, b); problem.Problem != tunnel.HostKeyChanged || len(problem.Known) != 1 || problem.Shown != ssh.FingerprintSHA256(server.Key(0)) {
		t.Errorf("%+v", problem)
	}
}

func TestH2EachKeyThatIsRecordedIsEnough(t *testing.T) {
	server, b := bastion(t, bastiontest.Config{})
	for place, kind := range []string{"ed25519", "ecdsa", "rsa"} {
		b.KnownHosts = server.KnownHosts(place)
		tun, err := tunnel.Open(within(t, 20*time.Second), b, direct())
		if err != nil {
			t.Errorf("only the %s key recorded: %v", kind, err)
			continue
		}
		_ = tun.Close()
	}
}

// another is a public key that no bastion has.
func another(t *testing.T) ssh.PublicKey {
	t.Helper()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// hashed are the lines as ssh-keygen -H writes them.
func hashed(t *testing.T, lines string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("ssh-keygen", "-q", "-H", "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "127.0.0.1") {
		t.Fatal("the name was not hashed")
	}
	return string(text)
}

func TestH2FormsOfKnownHostsAreUnderstood(t *testing.T) {
	server, b := bastion(t, bastiontest.Config{})
	key := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(server.Key(0))))
	other := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(another(t))))
	name := "[127.0.0.1]:" + server.Port
	good := map[string]string{
		"hashed names":                   hashed(t, server.KnownHosts()),
		"several lines of one type":      name + " " + other + "\n" + name + " " + key,
		"several names":                  "db.example," + name + " " + key,
		"a wildcard":                     "[127.0.0.*]:" + server.Port + " " + key,
		"comments and empty lines":       "# a comment\n\n" + name + " " + key + " its comment\n",
		"another host's key is revoked":  "@revoked * " + other + "\n" + name + " " + key,
		"another host has an authority":  "@cert-authority *.example.com " + other + "\n" + name + " " + key,
		"Windows line ends":              name + " " + key + "\r\n",
		"lines that are doubled":         name + " " + key + "\n" + name + " " + key + "\n",
		"an authority without a use":     "@cert-authority " + name + " " + other + "\n" + name + " " + key,
		"a key of another host as well":  "[127.0.0.1]:1 " + other + "\n" + name + " " + key,
		"the address without its port":   "127.0.0.1 " + other + "\n" + name + " " + key,
		"a negated pattern of elsewhere": "!db.example," + name + " " + key,
	}
	for form, lines := range good {
		b.KnownHosts = lines
		tun, err := tunnel.Open(within(t, 20*time.Second), b, direct())
		if err != nil {
			t.Errorf("%s: %v", form, err)
			continue
		}
		_ = tun.Close()
	}
}

func TestH2RevokedAndUnvouchedKeysAreRefused(t *testing.T) {
	server, b := bastion(t, bastiontest.Config{HostKeys: []string{"ed25519"}})
	key := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(server.Key(0))))
	other := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(another(t))))
	name := "[127.0.0.1]:" + server.Port
	for form, c := range map[string]struct {
		lines string
		want  tunnel.HostKeyProblem
	}{
		"the key is revoked":                  {name + " " + key + "\n@revoked * " + key, tunnel.HostKeyRevoked},
		"a host without certificate":          {"@cert-authority " + name + " " + other, tunnel.HostKeyChanged},
		"the authority's key as a host's own": {"@cert-authority " + name + " " + key, tunnel.HostKeyChanged},
		"the name is negated":                 {"[127.0.0.*]:*,!" + name + " " + key, tunnel.HostKeyMissing},
		"the port is another":                 {"127.0.0.1 " + key, tunnel.HostKeyMissing},
	} {
		b.KnownHosts = c.lines
		if problem := stopped(t, server, b); problem.Problem != c.want {
			t.Errorf("%s: %+v", form, problem)
		}
	}
}

func TestH2HostCertificateIsBelievedFromItsAuthorityAlone(t *testing.T) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	authority, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	server, b := bastion(t, bastiontest.Config{HostKeys: []string{"ed25519"}})
	server.Certify(authority, "127.0.0.1")
	server.Restart()
	name := "[127.0.0.1]:" + server.Port
	by := func(key ssh.PublicKey) string {
		return "@cert-authority " + name + " " + string(ssh.MarshalAuthorizedKey(key))
	}

	b.KnownHosts = by(another(t))
	stopped(t, server, b)
	b.KnownHosts = by(authority.PublicKey()) + "@revoked * " + string(ssh.MarshalAuthorizedKey(server.Key(0)))
	if problem := stopped(t, server, b); problem.Problem != tunnel.HostKeyRevoked {
		t.Errorf("%+v", problem)
	}
	b.KnownHosts = by(authority.PublicKey())
	open(t, b)

	// A certificate for another host proves nothing, though its authority is known.
	server, b = bastion(t, bastiontest.Config{HostKeys: []string{"ed25519"}})
	server.Certify(authority, "db.example")
	server.Restart()
	b.KnownHosts = "@cert-authority [127.0.0.1]:" + server.Port + " " + string(ssh.MarshalAuthorizedKey(authority.PublicKey()))
	stopped(t, server, b)
}

func TestH3EmptyMissingUnreadableAndTruncatedHostKeysFailClosed(t *testing.T) {
	server, b := bastion(t, bastiontest.Config{})
	b.Login.Password = secret.New(bastiontest.Password)
	whole := server.KnownHosts()
	for name, c := range map[string]struct {
		lines string
		want  tunnel.HostKeyProblem
	}{
		"nothing":              {"", tunnel.HostKeyMissing},
		"white space":          {" \n\t\n", tunnel.HostKeyMissing},
		"a comment":            {"# nothing\n", tunnel.HostKeyMissing},
		"another host's":       {strings.ReplaceAll(whole, "127.0.0.1", "127.0.0.2"), tunnel.HostKeyMissing},
		"cut off in a key":     {whole[:len(whole)-40], tunnel.HostKeyUnreadable},
		"cut off in the first": {whole[:40], tunnel.HostKeyUnreadable},
		"binary":               {"\x00\x01\x02\xff\n", tunnel.HostKeyUnreadable},
		"an unknown marker":    {"@trusted " + whole, tunnel.HostKeyUnreadable},
		"one bad line":         {whole + "what is this", tunnel.HostKeyUnreadable},
	} {
		b.KnownHosts = c.lines
		if problem := stopped(t, server, b); problem.Problem != c.want {
			t.Errorf("%s: %+v", name, problem)
		}
	}
}

func TestScanFindsAllHostKeysWithoutSigningIn(t *testing.T) {
	server, b := bastion(t, bastiontest.Config{})
	b.KnownHosts = ""
	keys, err := tunnel.Scan(within(t, 30*time.Second), b, direct())
	if err != nil {
		t.Fatal(err)
	}
	if len(keys) != 3 || server.SignIns() != 0 {
		t.Fatalf("%d keys, %d attempts to sign in", len(keys), server.SignIns())
	}
	for i, key := range keys {
		if key.Fingerprint != ssh.FingerprintSHA256(server.Key(i)) {
			t.Errorf("key %d: %+v", i, key)
		}
	}
	b.KnownHosts = tunnel.KnownHosts(keys)
	open(t, b)
	enrolled, err := tunnel.Enrolled(b)
	if err != nil || len(enrolled) != 3 || enrolled[2] != keys[2] {
		t.Errorf("enrolled: %+v, %v", enrolled, err)
	}
}

func TestReplaceKeepsTheKeysOfOtherHosts(t *testing.T) {
	server, b := bastion(t, bastiontest.Config{HostKeys: []string{"ed25519"}})
	jump := "jump.example " + string(ssh.MarshalAuthorizedKey(another(t)))
	revoked := "@revoked * " + string(ssh.MarshalAuthorizedKey(another(t)))
	before := server.KnownHosts() + jump + "damaged\n" + revoked
	server.Rekey("ed25519", "ecdsa")
	server.Restart()
	keys, err := tunnel.Scan(within(t, 30*time.Second), b, direct())
	if err != nil {
		t.Fatal(err)
	}
	after := tunnel.Replace(before, b, keys)
	if want := jump + revoked + tunnel.KnownHosts(keys); after != want {
		t.Errorf("got\n%s\nwant\n%s", after, want)
	}
	b.KnownHosts = after
	open(t, b)
}
