package tunnel_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"relink/backend/secret"
	"relink/backend/tunnel"
	"relink/backend/tunnel/bastiontest"
)

func direct() tunnel.Options {
	var d net.Dialer
	return tunnel.Options{Dial: d.DialContext}
}

// pair is a key pair that the app made.
func pair(t *testing.T) (private secret.Text, public string) {
	t.Helper()
	private, public, err := tunnel.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return private, public
}

// bastion starts one that lets a new key in.
func bastion(t *testing.T, c bastiontest.Config) (*bastiontest.Bastion, tunnel.Bastion) {
	t.Helper()
	private, public := pair(t)
	c.Authorized = append(c.Authorized, public)
	b := bastiontest.Start(t, c)
	return b, tunnel.Bastion{Host: b.Host, Port: b.Port, User: b.User, KnownHosts: b.KnownHosts(), Login: tunnel.Login{Key: private}}
}

// echo is a server behind the bastion that sends back what it gets.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(conn, conn); _ = conn.Close() }()
		}
	}()
	return l.Addr().String()
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func open(t *testing.T, b tunnel.Bastion) *tunnel.Tunnel {
	t.Helper()
	tun, err := tunnel.Open(within(t, 20*time.Second), b, direct())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tun.Close() })
	return tun
}

// through sends a word to the echo server and expects it back.
func through(t *testing.T, dial tunnel.DialFunc, address string) net.Conn {
	t.Helper()
	conn, err := dial(within(t, 10*time.Second), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	word := make([]byte, 5)
	if _, err := conn.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, word); err != nil || string(word) != "hello" {
		t.Fatalf("the echo was %q, %v", word, err)
	}
	return conn
}

func TestConnectionsReachTheHostBehindTheBastion(t *testing.T) {
	_, b := bastion(t, bastiontest.Config{})
	address := echo(t)
	tun := open(t, b)
	through(t, tun.DialContext, address)
	through(t, tun.DialContext, address)
}

func TestStagesAreToldInTheirOrder(t *testing.T) {
	_, b := bastion(t, bastiontest.Config{})
	o := direct()
	var seen []tunnel.Stage
	o.Watch = func(s tunnel.Stage) { seen = append(seen, s) }
	tun, err := tunnel.Open(within(t, 20*time.Second), b, o)
	if err != nil {
		t.Fatal(err)
	}
	_ = tun.Close()
	if len(seen) != 3 || seen[0] != tunnel.StageHostKey || seen[1] != tunnel.StageSignIn || seen[2] != tunnel.StageForward {
		t.Errorf("the stages were %v", seen)
	}
}

// refused opens the tunnel and returns the error, which must be there.
func refused(t *testing.T, b tunnel.Bastion) error {
	t.Helper()
	tun, err := tunnel.Open(within(t, 20*time.Second), b, direct())
	if err == nil {
		_ = tun.Close()
		t.Fatal("the tunnel was opened")
	}
	return err
}

func TestRefusedLoginsAreTold(t *testing.T) {
	server, b := bastion(t, bastiontest.Config{})
	other, _ := pair(t)
	for name, change := range map[string]func(*tunnel.Bastion){
		"a key that is not authorized": func(b *tunnel.Bastion) { b.Login.Key = other },
		"an unknown user":              func(b *tunnel.Bastion) { b.User = "nobody-knows" },
		"a password where keys alone are taken": func(b *tunnel.Bastion) {
			b.Login = tunnel.Login{Password: secret.New(bastiontest.Password)}
		},
	} {
		changed := b
		change(&changed)
		var refusal *tunnel.SignInError
		if err := refused(t, changed); !errors.As(err, &refusal) {
			t.Errorf("%s: %v (%T)", name, err, err)
		}
	}
	if server.Sessions() != 0 {
		t.Error("a session was opened")
	}
}

func TestAllowUsersThatLeavesTheUserOutIsARefusedLogin(t *testing.T) {
	_, b := bastion(t, bastiontest.Config{Options: []string{"AllowUsers somebody-else"}})
	var refusal *tunnel.SignInError
	if err := refused(t, b); !errors.As(err, &refusal) {
		t.Errorf("%v (%T)", err, err)
	}
}

func TestForbiddenForwardingIsTold(t *testing.T) {
	address := echo(t)
	for name, options := range map[string][]string{
		"AllowTcpForwarding no":    {"AllowTcpForwarding no"},
		"PermitOpen another place": {"PermitOpen 127.0.0.1:1"},
	} {
		_, b := bastion(t, bastiontest.Config{Options: options})
		_, err := open(t, b).DialContext(within(t, 10*time.Second), "tcp", address)
		var forward *tunnel.ForwardError
		if !errors.As(err, &forward) || !forward.Prohibited {
			t.Errorf("%s: %v (%T)", name, err, err)
		}
	}
}

func TestAuthorizedKeyLineLetsTheDatabaseThroughAndNothingElse(t *testing.T) {
	private, public := pair(t)
	address, other := echo(t), echo(t)
	host, port, _ := net.SplitHostPort(address)
	server := bastiontest.Start(t, bastiontest.Config{Authorized: []string{tunnel.AuthorizedKey(public, host, port)}})
	b := tunnel.Bastion{Host: server.Host, Port: server.Port, User: server.User, KnownHosts: server.KnownHosts(), Login: tunnel.Login{Key: private}}
	tun := open(t, b)
	through(t, tun.DialContext, address)
	_, err := tun.DialContext(within(t, 10*time.Second), "tcp", other)
	var forward *tunnel.ForwardError
	if !errors.As(err, &forward) || !forward.Prohibited {
		t.Errorf("another address: %v (%T)", err, err)
	}
}

func TestDatabaseThatDoesNotListenBehindTheBastionIsTold(t *testing.T) {
	_, b := bastion(t, bastiontest.Config{})
	tun := open(t, b)
	for _, address := range []string{"127.0.0.1:1", "no-such-host.invalid:3306"} {
		_, err := tun.DialContext(within(t, 10*time.Second), "tcp", address)
		var forward *tunnel.ForwardError
		if !errors.As(err, &forward) || forward.Prohibited {
			t.Errorf("%s: %v (%T)", address, err, err)
		}
	}
}

// keygen makes a key with ssh-keygen and returns both halves.
func keygen(t *testing.T, args ...string) (private secret.Text, public string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	if out, err := exec.Command("ssh-keygen", append([]string{"-q", "-f", file}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	key, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	line, err := os.ReadFile(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	return secret.New(string(key)), string(line)
}

func TestKeysOfOtherToolsSignIn(t *testing.T) {
	for name, args := range map[string][]string{
		"RSA in PEM":        {"-t", "rsa", "-b", "2048", "-m", "PEM", "-N", ""},
		"ECDSA in PKCS #8":  {"-t", "ecdsa", "-m", "PKCS8", "-N", ""},
		"with a passphrase": {"-t", "ed25519", "-N", "a phrase"},
	} {
		private, public := keygen(t, args...)
		server := bastiontest.Start(t, bastiontest.Config{HostKeys: []string{"ed25519"}, Authorized: []string{public}})
		login := tunnel.Login{Key: private}
		if name == "with a passphrase" {
			login.Passphrase = secret.New("a phrase")
		}
		open(t, tunnel.Bastion{Host: server.Host, Port: server.Port, User: server.User, KnownHosts: server.KnownHosts(), Login: login})
		// Pasted into a field of one line, it has lost its line breaks.
		login.Key = secret.New(strings.ReplaceAll(private.Reveal(), "\n", " "))
		if !strings.Contains(private.Reveal(), "DEK-Info") {
			open(t, tunnel.Bastion{Host: server.Host, Port: server.Port, User: server.User, KnownHosts: server.KnownHosts(), Login: login})
		}
	}
}

func TestKeysThatCannotBeUsedAreToldAndNothingIsSent(t *testing.T) {
	locked, _ := keygen(t, "-t", "ed25519", "-N", "a phrase")
	oldLocked, _ := keygen(t, "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "a phrase")
	server, b := bastion(t, bastiontest.Config{HostKeys: []string{"ed25519"}})
	for name, c := range map[string]struct {
		login tunnel.Login
		want  tunnel.KeyProblem
	}{
		"no passphrase":                   {tunnel.Login{Key: locked}, tunnel.KeyPassphrase},
		"no passphrase, PEM":              {tunnel.Login{Key: oldLocked}, tunnel.KeyPassphrase},
		"a wrong passphrase":              {tunnel.Login{Key: locked, Passphrase: secret.New("another")}, tunnel.KeyWrongPassphrase},
		"a wrong passphrase, PEM":         {tunnel.Login{Key: oldLocked, Passphrase: secret.New("another")}, tunnel.KeyWrongPassphrase},
		"PuTTY's format":                  {tunnel.Login{Key: secret.New("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n")}, tunnel.KeyPuTTY},
		"no key at all":                   {tunnel.Login{Key: secret.New("hello")}, tunnel.KeyUnreadable},
		"a public key":                    {tunnel.Login{Key: secret.New(string(ssh.MarshalAuthorizedKey(server.Key(0))))}, tunnel.KeyUnreadable},
		"a key that was cut off":          {tunnel.Login{Key: secret.New(b.Login.Key.Reveal()[:200])}, tunnel.KeyUnreadable},
		"nothing":                         {tunnel.Login{}, tunnel.KeyAbsent},
		"a passphrase and no key":         {tunnel.Login{Passphrase: secret.New("a phrase")}, tunnel.KeyAbsent},
		"an agent that is not there":      {tunnel.Login{Agent: filepath.Join(t.TempDir(), "none")}, tunnel.KeyNoAgent},
		"an agent that has not one key":   {tunnel.Login{Agent: startAgent(t)}, tunnel.KeyAgentEmpty},
		"an agent that answers something": {tunnel.Login{Agent: silentAgent(t)}, tunnel.KeyNoAgent},
	} {
		changed := b
		changed.Login = c.login
		var key *tunnel.KeyError
		if err := refused(t, changed); !errors.As(err, &key) || key.Problem != c.want {
			t.Errorf("%s: %v (%T), want %s", name, err, err, c.want)
		}
	}
	if server.Sessions() != 0 {
		t.Error("a session was opened")
	}
}

func TestPasswordSignsIn(t *testing.T) {
	server := bastiontest.Start(t, bastiontest.Config{Password: true})
	b := tunnel.Bastion{Host: server.Host, Port: server.Port, User: server.User, KnownHosts: server.KnownHosts()}
	b.Login.Password = secret.New(bastiontest.Password)
	through(t, open(t, b).DialContext, echo(t))
	b.Login.Password = secret.New("wrong")
	var refusal *tunnel.SignInError
	if err := refused(t, b); !errors.As(err, &refusal) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("a wrong password: %v (%T)", err, err)
	}
}

// startAgent starts an ssh-agent without keys.
func startAgent(t *testing.T) (socket string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "agent") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket = filepath.Join(dir, "s")
	running := exec.Command("ssh-agent", "-D", "-a", socket)
	if err := running.Start(); err != nil {
		t.Fatalf("%v (this test needs the Debian package openssh-client)", err)
	}
	t.Cleanup(func() { _ = running.Process.Kill(); _ = running.Wait() })
	for range 500 {
		if conn, err := net.Dial("unix", socket); err == nil {
			_ = conn.Close()
			return socket
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("ssh-agent did not start")
	return ""
}

// silentAgent hangs up on whoever asks it.
func silentAgent(t *testing.T) (socket string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "agent")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	return l.Addr().String()
}

func TestAgentSignsInWhenItIsChosen(t *testing.T) {
	private, public := pair(t)
	socket := startAgent(t)
	key, err := ssh.ParseRawPrivateKey([]byte(private.Reveal()))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := agent.NewClient(conn).Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	server := bastiontest.Start(t, bastiontest.Config{Authorized: []string{public}})
	b := tunnel.Bastion{Host: server.Host, Port: server.Port, User: server.User, KnownHosts: server.KnownHosts(), Login: tunnel.Login{Agent: socket}}
	through(t, open(t, b).DialContext, echo(t))

	b.Login = tunnel.Login{}
	t.Setenv("SSH_AUTH_SOCK", socket)
	var absent *tunnel.KeyError
	if err := refused(t, b); !errors.As(err, &absent) || absent.Problem != tunnel.KeyAbsent {
		t.Errorf("the agent was asked without being chosen: %v", err)
	}
}

func TestJumpHostLeadsToTheBastion(t *testing.T) {
	jump, j := bastion(t, bastiontest.Config{HostKeys: []string{"ecdsa"}})
	_, b := bastion(t, bastiontest.Config{HostKeys: []string{"ed25519"}})
	b.Via = &j
	through(t, open(t, b).DialContext, echo(t))
	if jump.Sessions() != 1 {
		t.Errorf("%d sessions at the jump host", jump.Sessions())
	}

	b.Via.KnownHosts = ""
	if host, ok := tunnel.Missing(refused(t, b)); !ok || host != jump.Address() {
		t.Errorf("the missing keys were said to be those of %q", host)
	}
}

func TestPortThatSpeaksNoSSHIsNoRefusal(t *testing.T) {
	_, b := bastion(t, bastiontest.Config{HostKeys: []string{"ed25519"}})
	for name, serve := range map[string]func(net.Conn){
		"hangs up":     func(c net.Conn) { _ = c.Close() },
		"a web server": func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n"); _ = c.Close() },
		"an old SSH":   func(c net.Conn) { _, _ = io.WriteString(c, "SSH-1.5-old\r\n"); _ = c.Close() },
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			if conn, err := l.Accept(); err == nil {
				serve(conn)
			}
		}()
		changed := b
		_, changed.Port, _ = net.SplitHostPort(l.Addr().String())
		changed.KnownHosts = strings.ReplaceAll(b.KnownHosts, b.Port, changed.Port)
		var refusal *tunnel.SignInError
		if err := refused(t, changed); errors.As(err, &refusal) {
			t.Errorf("%s: %v", name, err)
		}
		_ = l.Close()
	}
}

func TestBastionThatHangsIsGivenUpInTime(t *testing.T) {
	server, b := bastion(t, bastiontest.Config{HostKeys: []string{"ed25519"}})
	server.Freeze()
	began := time.Now()
	_, err := tunnel.Open(within(t, time.Second), b, direct())
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v (%T)", err, err)
	}
	if took := time.Since(began); took > 1500*time.Millisecond {
		t.Errorf("it took %v", took)
	}
}
