package cli_test

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"relink/backend/cli"
	"relink/backend/tunnel"
	"relink/backend/tunnel/bastiontest"
)

// commands are run over one data folder, whose vault is a file.
type commands struct {
	t   *testing.T
	dir string
}

// run runs a command with the input and returns its exit code and what it said.
func (c commands) run(input string, args ...string) (code int, out, said string) {
	c.t.Helper()
	var stdout, stderr bytes.Buffer
	code = cli.Run(c.t.Context(), args, cli.Env{
		In: strings.NewReader(input), Out: &stdout, Err: &stderr, Now: time.Now, Version: "test",
		Getenv: func(name string) string {
			return map[string]string{"RELINK_DATA_DIR": filepath.Join(c.dir, "data"), "LANG": "en_US.UTF-8", "RELINK_VAULT_PASSPHRASE_FILE": filepath.Join(c.dir, "pass")}[name]
		},
	})
	return code, stdout.String(), stderr.String()
}

// expect runs a command that must end with the code.
func (c commands) expect(code int, input string, args ...string) (out, said string) {
	c.t.Helper()
	got, out, said := c.run(input, args...)
	if got != code {
		c.t.Fatalf("relink %s: exit code %d\n%s\n%s", strings.Join(args, " "), got, out, said)
	}
	return out, said
}

var fingerprint = regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}`)

// trusting are flags that name the fingerprints.
func trusting(fingerprints []string) []string {
	var flags []string
	for _, f := range fingerprints {
		flags = append(flags, "--host-key", f)
	}
	return flags
}

// house is a database behind a bastion, a command line that knows neither, and the command that adds them.
func house(t *testing.T) (c commands, b *bastiontest.Bastion, database string, add []string) {
	t.Helper()
	host, port := bastiontest.Database(t)
	private, public, err := tunnel.NewKey()
	check(t, err)
	b = bastiontest.Start(t, bastiontest.Config{Authorized: []string{public}})
	c = commands{t: t, dir: t.TempDir()}
	check(t, os.WriteFile(filepath.Join(c.dir, "pass"), []byte("a long passphrase of a test\n"), 0o600))
	check(t, os.WriteFile(filepath.Join(c.dir, "key"), []byte(private.Reveal()), 0o600))
	add = []string{"add", "postgresql", "--name", "Shop", "--secret-stdin", "--ssh-key-file", filepath.Join(c.dir, "key"), "--set", "username=postgres"}
	for name, value := range map[string]string{"host": host, "port": port, "database": "postgres", "tls": "disable", "ssh_host": b.Host, "ssh_port": b.Port, "ssh_user": b.User} {
		add = append(add, "--set", name+"="+value)
	}
	return c, b, net.JoinHostPort(host, port), add
}

func TestH1HostKeysAreEnrolledShownAndRefreshedOnTheCommandLine(t *testing.T) {
	c, b, _, add := house(t)
	_, said := c.expect(cli.ExitPerson, bastiontest.DatabasePassword, add...)
	shown := fingerprint.FindAllString(said, -1)
	if len(shown) != 3 || !strings.Contains(said, "--host-key") || b.SignIns() != 0 {
		t.Fatalf("asked: %s", said)
	}
	c.expect(cli.ExitPerson, bastiontest.DatabasePassword, append(add, trusting(shown[:2])...)...)
	out, _ := c.expect(cli.ExitOK, bastiontest.DatabasePassword, append(add, trusting(shown)...)...)
	if !strings.Contains(out, "Shop") {
		t.Errorf("added: %s", out)
	}

	out, _ = c.expect(cli.ExitOK, "", "check", "Shop", "--steps")
	for _, step := range []string{"SSH host key", "SSH sign-in", "SSH forwarding"} {
		if !regexp.MustCompile("✓ +" + step + " +[0-9]+ ms").MatchString(out) {
			t.Errorf("the steps lack %q:\n%s", step, out)
		}
	}
	out, _ = c.expect(cli.ExitOK, "", "hostkeys", "show", "Shop")
	if got := fingerprint.FindAllString(out, -1); strings.Join(got, " ") != strings.Join(shown, " ") {
		t.Errorf("enrolled: %s", out)
	}

	b.Rekey("ed25519")
	b.Restart()
	out, _ = c.expect(cli.ExitPerson, "", "check", "Shop", "--steps")
	if !regexp.MustCompile("✗ +SSH host key").MatchString(out) || !strings.Contains(out, "Refresh SSH Host Keys") {
		t.Errorf("with other keys: %s", out)
	}
	_, said = c.expect(cli.ExitPerson, "", "hostkeys", "refresh", "Shop")
	if got := fingerprint.FindAllString(said, -1); len(got) != 4 {
		t.Fatalf("old and new keys side by side: %s", said)
	}
	_, _ = c.expect(cli.ExitPerson, "", append([]string{"hostkeys", "refresh", "Shop"}, trusting(shown)...)...)
	if b.SignIns() != 0 {
		t.Errorf("%d attempts to sign in reached the bastion", b.SignIns())
	}
	now := fingerprint.FindAllString(said, -1)[3:]
	c.expect(cli.ExitOK, "", append([]string{"hostkeys", "refresh", "Shop"}, trusting(now)...)...)
	out, _ = c.expect(cli.ExitOK, "", "check", "Shop")
	if !strings.Contains(out, "Connected") {
		t.Errorf("afterwards: %s", out)
	}
	out, _ = c.expect(cli.ExitOK, "", "activity")
	if !strings.Contains(out, now[0]) || !strings.Contains(out, shown[0]) {
		t.Errorf("the audit trail: %s", out)
	}
}

func TestNetworkChecklistNamesTheServerThatIsReachedFromOutside(t *testing.T) {
	c, b, database, add := house(t)
	var known []string
	for i := range 3 {
		known = append(known, ssh.FingerprintSHA256(b.Key(i)))
	}
	c.expect(cli.ExitOK, bastiontest.DatabasePassword, append(add, trusting(known)...)...)
	out, _ := c.expect(cli.ExitOK, "", "sql-grant", "Shop")
	want := "on port " + b.Port + ", in the firewall or security group of the SSH bastion " + b.Host + ": 54.88.76.97, 34.250.211.151. The database itself, " + database + ","
	if !strings.Contains(out, want) {
		t.Errorf("%s\nlacks %q", out, want)
	}
	out, _ = c.expect(cli.ExitOK, "", "sql-grant", "Shop", "--json")
	var l struct{ Port, Bastion, Database string }
	check(t, json.Unmarshal([]byte(out), &l))
	if l.Port != b.Port || l.Bastion != b.Host || l.Database != database {
		t.Errorf("%+v", l)
	}
}
