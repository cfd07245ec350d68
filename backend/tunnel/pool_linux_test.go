package tunnel_test

import (
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"relink/backend/secret"
	"relink/backend/tunnel"
	"relink/backend/tunnel/bastiontest"
)

func pool(t *testing.T, l tunnel.PoolLimits) *tunnel.Pool {
	t.Helper()
	p := tunnel.NewPool(direct(), l)
	t.Cleanup(p.Close)
	return p
}

func use(t *testing.T, p *tunnel.Pool, b tunnel.Bastion) (tunnel.DialFunc, func()) {
	t.Helper()
	dial, release, err := p.Use(within(t, 20*time.Second), b, nil)
	if err != nil {
		t.Fatal(err)
	}
	return dial, release
}

// eventually waits for something that happens by itself.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 500 {
		if holds() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("never: %s", what)
}

func TestTwoHundredUsersOfTwentyBastionsHoldTwentyTunnels(t *testing.T) {
	private, public := pair(t)
	twoHundred(t, nil, private, public)
}

func TestTwoHundredUsersOfTwentyBastionsBehindAJumpHostHoldOneTunnelMore(t *testing.T) {
	private, public := pair(t)
	twoHundred(t, bastiontest.Start(t, bastiontest.Config{HostKeys: []string{"ecdsa"}, Authorized: []string{public}}), private, public)
}

// twoHundred users go through 20 bastions at once, which a jump host may stand before.
func twoHundred(t *testing.T, jump *bastiontest.Bastion, private secret.Text, public string) {
	t.Helper()
	address := echo(t)
	servers := make([]*bastiontest.Bastion, 20)
	tunnels, known := int64(len(servers)), ""
	for i := range servers {
		servers[i] = bastiontest.Start(t, bastiontest.Config{HostKeys: []string{"ed25519"}, Authorized: []string{public}})
	}
	if jump != nil {
		tunnels, known = tunnels+1, jump.KnownHosts()
	}
	p := pool(t, tunnel.PoolLimits{})
	var users, most atomic.Int64
	var wait sync.WaitGroup
	together := make(chan struct{})
	for i := range 200 {
		server := servers[i%len(servers)]
		wait.Go(func() {
			b := tunnel.Bastion{Host: server.Host, Port: server.Port, User: server.User, KnownHosts: server.KnownHosts() + known, Login: tunnel.Login{Key: private}}
			if jump != nil {
				b.Via = &tunnel.Bastion{Host: jump.Host, Port: jump.Port, User: jump.User, KnownHosts: b.KnownHosts, Login: b.Login}
			}
			dial, release, err := p.Use(within(t, 60*time.Second), b, nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer release()
			through(t, dial, address)
			if users.Add(1) == 200 {
				most.Store(int64(p.Open()))
				close(together)
			}
			select {
			case <-together:
			case <-time.After(60 * time.Second):
				t.Error("not all users came together")
			}
		})
	}
	wait.Wait()
	if most.Load() != tunnels {
		t.Errorf("%d tunnels", most.Load())
	}
	if jump != nil {
		servers = append(servers, jump)
	}
	for _, server := range servers {
		if server.Sessions() != 1 {
			t.Errorf("%d sessions at one bastion", server.Sessions())
		}
	}
}

func TestRestartOfTheBastionOpensTheTunnelAnew(t *testing.T) {
	server, b := bastion(t, bastiontest.Config{HostKeys: []string{"ed25519"}})
	p := pool(t, tunnel.PoolLimits{})
	address := echo(t)
	dial, release := use(t, p, b)
	conn := through(t, dial, address)
	server.Restart()
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection within the old tunnel: %v", err)
	}
	if _, err := dial(within(t, 5*time.Second), "tcp", address); !errors.Is(err, tunnel.ErrGone) {
		t.Errorf("the old tunnel: %v", err)
	}
	again, released := use(t, p, b)
	through(t, again, address)
	release()
	released()
	if server.Sessions() != 1 || p.Open() != 1 {
		t.Errorf("%d sessions since the restart, %d tunnels", server.Sessions(), p.Open())
	}
}

func TestUnusedAndOldTunnelsAreClosed(t *testing.T) {
	server, b := bastion(t, bastiontest.Config{HostKeys: []string{"ed25519"}})
	p := pool(t, tunnel.PoolLimits{Idle: 50 * time.Millisecond})
	_, release := use(t, p, b)
	release()
	eventually(t, "the unused tunnel is closed", func() bool { return p.Open() == 0 })

	old := pool(t, tunnel.PoolLimits{Life: 50 * time.Millisecond})
	dial, release := use(t, old, b)
	eventually(t, "the old tunnel is forgotten", func() bool { return old.Open() == 0 })
	through(t, dial, echo(t)) // whoever has it may finish
	release()
	_, release = use(t, old, b)
	release()
	if server.Sessions() != 3 {
		t.Errorf("%d sessions", server.Sessions())
	}
}

func TestRefusalIsSharedByThoseWhoWaitAndForgottenAfterwards(t *testing.T) {
	server, b := bastion(t, bastiontest.Config{HostKeys: []string{"ed25519"}})
	server.Authorize("# nobody")
	p := pool(t, tunnel.PoolLimits{})
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() {
			var refusal *tunnel.SignInError
			if _, _, err := p.Use(within(t, 20*time.Second), b, nil); !errors.As(err, &refusal) {
				t.Errorf("%v (%T)", err, err)
			}
		})
	}
	wait.Wait()
	if p.Open() != 0 {
		t.Errorf("%d tunnels are remembered", p.Open())
	}
	public, err := tunnel.PublicKey(b.Login.Key, b.Login.Passphrase)
	if err != nil {
		t.Fatal(err)
	}
	server.Authorize(public)
	_, release := use(t, p, b)
	release()
}

func TestTunnelOfAJumpHostLivesAsLongAsThoseThroughIt(t *testing.T) {
	private, public := pair(t)
	config := bastiontest.Config{HostKeys: []string{"ed25519"}, Authorized: []string{public}}
	jump, server := bastiontest.Start(t, config), bastiontest.Start(t, config)
	b := tunnel.Bastion{Host: server.Host, Port: server.Port, User: server.User, KnownHosts: server.KnownHosts() + jump.KnownHosts(), Login: tunnel.Login{Key: private}}
	b.Via = &tunnel.Bastion{Host: jump.Host, Port: jump.Port, User: jump.User, KnownHosts: b.KnownHosts, Login: b.Login}
	address := echo(t)
	p := pool(t, tunnel.PoolLimits{Idle: 200 * time.Millisecond})

	dial, release := use(t, p, b)
	through(t, dial, address)
	_, other := use(t, p, *b.Via)
	other()
	time.Sleep(400 * time.Millisecond) // longer than what is idle lives
	through(t, dial, address)
	release()
	eventually(t, "both tunnels end", func() bool { return p.Open() == 0 })

	jump.Restart()
	dial, release = use(t, p, b)
	defer release()
	through(t, dial, address)
	if p.Open() != 2 || jump.Sessions() != 1 || server.Sessions() != 2 {
		t.Errorf("%d tunnels, %d sessions at the jump host since it was restarted, %d at the bastion", p.Open(), jump.Sessions(), server.Sessions())
	}
	jump.Restart()
	eventually(t, "a restart of the jump host opens both anew", func() bool {
		dial, release, err := p.Use(within(t, 20*time.Second), b, nil)
		if err != nil {
			return false
		}
		defer release()
		conn, err := dial(within(t, 20*time.Second), "tcp", address)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
}

func TestOtherHostKeysAreAnotherTunnel(t *testing.T) {
	server, b := bastion(t, bastiontest.Config{HostKeys: []string{"ed25519"}})
	p := pool(t, tunnel.PoolLimits{})
	_, release := use(t, p, b)
	defer release()
	b.KnownHosts = "[127.0.0.1]:" + b.Port + " " + string(ssh.MarshalAuthorizedKey(another(t)))
	var problem *tunnel.HostKeyError
	if _, _, err := p.Use(within(t, 20*time.Second), b, nil); !errors.As(err, &problem) {
		t.Errorf("a tunnel that was opened with other keys was taken: %v", err)
	}
	if server.Sessions() != 1 {
		t.Errorf("%d sessions", server.Sessions())
	}
}

func TestKeepAliveGivesUpABastionThatHangs(t *testing.T) {
	server, b := bastion(t, bastiontest.Config{HostKeys: []string{"ed25519"}})
	o := direct()
	o.KeepAlive = 100 * time.Millisecond
	tun, err := tunnel.Open(within(t, 20*time.Second), b, o)
	if err != nil {
		t.Fatal(err)
	}
	defer tun.Close()
	select {
	case <-tun.Done():
		t.Fatal("a bastion that answers was given up")
	case <-time.After(500 * time.Millisecond):
	}
	server.Freeze()
	select {
	case <-tun.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("a bastion that hangs was not given up")
	}
}

func TestDeadlinesEndForwardedConnectionsOfABastionThatHangs(t *testing.T) {
	server, b := bastion(t, bastiontest.Config{HostKeys: []string{"ed25519"}})
	tun := open(t, b)
	address := echo(t)
	quiet := through(t, tun.DialContext, address)
	_ = quiet.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if _, err := quiet.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a quiet server: %v", err)
	}
	_ = quiet.SetReadDeadline(time.Time{})
	if _, err := quiet.Write([]byte("more")); err != nil {
		t.Errorf("after the deadline was lifted: %v", err)
	}

	conn := through(t, tun.DialContext, address)
	server.Freeze()
	_ = conn.SetDeadline(time.Now().Add(200 * time.Millisecond))
	began := time.Now()
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("reading from a bastion that hangs: %v", err)
	}
	var err error
	for range 1000 {
		if _, err = conn.Write(make([]byte, 64<<10)); err != nil {
			break
		}
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("writing to a bastion that hangs: %v", err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestH4PrivateKeyIsInNoFileArgumentOrEnvironment(t *testing.T) {
	_, b := bastion(t, bastiontest.Config{HostKeys: []string{"ed25519"}})
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("HOME", dir)
	dial, release := use(t, pool(t, tunnel.PoolLimits{}), b)
	defer release()
	through(t, dial, echo(t))
	middle := strings.Split(b.Login.Key.Reveal(), "\n")[3]
	for _, file := range []string{"/proc/self/cmdline", "/proc/self/environ"} {
		text, err := os.ReadFile(file)
		if err != nil || strings.Contains(string(text), middle) {
			t.Errorf("%s holds the key, or cannot be read: %v", file, err)
		}
	}
	for _, child := range descendants(t) {
		for _, name := range []string{"cmdline", "environ"} {
			if text, err := os.ReadFile("/proc/" + child + "/" + name); err == nil && strings.Contains(string(text), middle) {
				t.Errorf("process %s has the key among its %s", child, name)
			}
		}
	}
	inFiles(t, dir, middle)
}

func TestH5NothingListensWhileATunnelIsInUse(t *testing.T) {
	_, b := bastion(t, bastiontest.Config{HostKeys: []string{"ed25519"}})
	address := echo(t)
	before := listening(t)
	tun := open(t, b)
	through(t, tun.DialContext, address)
	if after := listening(t); after != before {
		t.Errorf("listening before:\n%s\nand while the tunnel is open:\n%s", before, after)
	}
}
