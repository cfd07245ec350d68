package probe_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
	"relink/backend/probe"
	"relink/backend/secret"
	"relink/backend/tunnel"
	"relink/backend/tunnel/bastiontest"
)

// behind puts a bastion before a database: one that lets a new key in.
func behind(t testing.TB, c bastiontest.Config, target probe.Target) (*bastiontest.Bastion, probe.Target) {
	t.Helper()
	private, public, err := tunnel.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	if c.Authorized == nil {
		c.Authorized = []string{public}
	}
	b := bastiontest.Start(t, c)
	target.Integration.Settings["ssh_host"], target.Integration.Settings["ssh_port"], target.Integration.Settings["ssh_user"] = b.Host, b.Port, b.User
	target.Integration.HostKeys = b.KnownHosts()
	target.Secrets["ssh_key"] = private
	return b, target
}

// stages are the steps that went well, and the one that did not with a cross.
func stages(e integration.Evidence) string {
	var all []string
	for _, s := range e.Steps {
		name := string(s.Stage)
		if !s.OK {
			name += "×"
		}
		if len(all) == 0 || all[len(all)-1] != name {
			all = append(all, name)
		}
	}
	return strings.Join(all, " ")
}

func TestDatabasesAreCheckedThroughTheBastion(t *testing.T) {
	for provider, start := range map[string]func() (*server, error){"mysql": mariadb, "postgresql": postgres} {
		s := needDatabases(t, start)
		b, target := behind(t, bastiontest.Config{}, login(t, provider, s, "relink", "right"))
		p := newProber(t)
		for range 2 {
			e, finding := run(t, p, target)
			if e.Stage != integration.StageDone || !finding.OK() {
				t.Fatalf("%s: stopped at %s: %+v\n%s", provider, e.Stage, e, b.Log())
			}
			if got := stages(e); !strings.Contains(got, "ssh-key ssh forward tls sign-in") {
				t.Errorf("%s: the steps were %s", provider, got)
			}
		}
		if b.Sessions() != 1 {
			t.Errorf("%s: %d sessions for two checks", provider, b.Sessions())
		}
	}
}

func TestEncryptionMayBeLeftOutInsideTheTunnel(t *testing.T) {
	s := needDatabases(t, postgres)
	_, target := behind(t, bastiontest.Config{}, login(t, "postgresql", s, "relink", "right", "tls", "disable"))
	if e, _ := run(t, newProber(t), target); e.Stage != integration.StageDone || strings.Contains(stages(e), "tls") {
		t.Errorf("without encryption: %s, stopped at %s", stages(e), e.Stage)
	}
}

// bastionCase is one state of a bastion before a database that would answer directly.
type bastionCase struct {
	name    string
	config  bastiontest.Config
	world   func(*bastiontest.Bastion, *probe.Target)
	stage   integration.Stage
	problem integration.TunnelProblem
	rule    string
}

func TestBastionIsTestedAloneEvenWhereTheDatabaseAnswersDirectly(t *testing.T) {
	s := needDatabases(t, mariadb)
	for _, c := range bastionCases() {
		t.Run(c.name, func(t *testing.T) {
			target := login(t, "mysql", s, "relink", "right")
			if e, _ := run(t, newProber(t), target); e.Stage != integration.StageDone {
				t.Fatalf("without the bastion the check stopped at %s", e.Stage)
			}
			b, target := behind(t, c.config, target)
			if c.world != nil {
				c.world(b, &target)
			}
			began := time.Now()
			e, finding := run(t, newProber(t), target)
			if e.Stage != c.stage || e.Tunnel == nil || e.Tunnel.Problem != c.problem || finding.Rule != c.rule {
				t.Errorf("stopped at %s (%s) with %+v, rule %s", e.Stage, stages(e), e.Tunnel, finding.Rule)
			}
			if last := e.Steps[len(e.Steps)-1]; last.OK || last.Stage != c.stage {
				t.Errorf("the last step was %+v", last)
			}
			if took := time.Since(began); took > 22*time.Second {
				t.Errorf("it took %v", took)
			}
			if c.stage == integration.StageSSHKey && b.SignIns() != 0 {
				t.Errorf("%d attempts to sign in reached the bastion", b.SignIns())
			}
		})
	}
}

func bastionCases() []bastionCase {
	rekeyed := func(b *bastiontest.Bastion, _ *probe.Target) { b.Rekey("ed25519"); b.Restart() }
	secrets := func(name, value string) func(*bastiontest.Bastion, *probe.Target) {
		return func(_ *bastiontest.Bastion, t *probe.Target) { t.Secrets[name] = secret.New(value) }
	}
	return []bastionCase{
		{"H1 another host key", bastiontest.Config{}, rekeyed, integration.StageSSHKey, integration.TunnelKeyChanged, "bastion-key-changed"},
		{"H3 no host key enrolled", bastiontest.Config{}, func(_ *bastiontest.Bastion, t *probe.Target) { t.Integration.HostKeys = "" },
			integration.StageSSHKey, integration.TunnelKeyMissing, "bastion-key-missing"},
		{"H3 damaged host keys", bastiontest.Config{}, func(_ *bastiontest.Bastion, t *probe.Target) { t.Integration.HostKeys = t.Integration.HostKeys[:60] },
			integration.StageSSHKey, integration.TunnelKeyUnreadable, "bastion-key-unreadable"},
		{"the key is not authorized", bastiontest.Config{Authorized: []string{"# nobody"}}, nil, integration.StageSSH, integration.TunnelRefused, "bastion-refused"},
		{"AllowUsers leaves the user out", bastiontest.Config{Options: []string{"AllowUsers somebody-else"}}, nil, integration.StageSSH, integration.TunnelRefused, "bastion-refused"},
		{"a key of PuTTY's", bastiontest.Config{}, secrets("ssh_key", "PuTTY-User-Key-File-3: ssh-ed25519\n"), integration.StageSSH, integration.TunnelLoginPuTTY, "bastion-login-unusable"},
		{"nothing to sign in with", bastiontest.Config{}, func(_ *bastiontest.Bastion, t *probe.Target) { delete(t.Secrets, "ssh_key") },
			integration.StageSSH, integration.TunnelLoginAbsent, "bastion-login-unusable"},
		{"the agent is chosen and there is none", bastiontest.Config{}, func(_ *bastiontest.Bastion, t *probe.Target) { t.Integration.Settings["ssh_login"] = "agent" },
			integration.StageSSH, integration.TunnelLoginAbsent, "bastion-login-unusable"},
		{"forwarding is switched off", bastiontest.Config{Options: []string{"AllowTcpForwarding no"}}, nil, integration.StageForward, integration.TunnelForbidden, "bastion-forbids-forwarding"},
		{"the database does not listen", bastiontest.Config{}, func(_ *bastiontest.Bastion, t *probe.Target) { t.Integration.Settings["port"] = "1" },
			integration.StageForward, integration.TunnelDatabaseUnreached, "bastion-reaches-no-database"},
		{"the bastion is down", bastiontest.Config{}, func(b *bastiontest.Bastion, _ *probe.Target) { b.Stop() }, integration.StageTCP, integration.TunnelNone, "bastion-down"},
		{"the bastion's name is gone", bastiontest.Config{}, func(b *bastiontest.Bastion, t *probe.Target) {
			t.Integration.HostKeys = strings.ReplaceAll(t.Integration.HostKeys, b.Host, "bastion.invalid")
			t.Integration.Settings["ssh_host"] = "bastion.invalid"
		}, integration.StageDNS, integration.TunnelNone, "bastion-down"},
	}
}

func TestDatabaseRefusesThroughTheBastionAsItDoesDirectly(t *testing.T) {
	s := needDatabases(t, mariadb)
	_, target := behind(t, bastiontest.Config{}, login(t, "mysql", s, "relink", "wrong"))
	e, finding := run(t, newProber(t), target)
	if e.Stage != integration.StageSignIn || finding.Rule != "login-refused" || e.Host != net.JoinHostPort(s.host, s.port) {
		t.Errorf("stopped at %s: %s, host %s", e.Stage, finding.Rule, e.Host)
	}
}

func TestBastionIsAskedForNoDeniedAddress(t *testing.T) {
	s := needDatabases(t, mariadb)
	for _, host := range []string{"169.254.169.254", "0.0.0.0", "2852039166", "0xa9.0xfe.0xa9.0xfe"} {
		_, target := behind(t, bastiontest.Config{HostKeys: []string{"ed25519"}}, login(t, "mysql", s, "relink", "right", "host", host))
		if e, finding := run(t, newProber(t), target); e.Network != integration.NetworkDenied || finding.Rule != "address-denied" {
			t.Errorf("%s: %s at %s, rule %s", host, e.Network, e.Stage, finding.Rule)
		}
	}
}

func TestBastionBehindAJumpHost(t *testing.T) {
	s := needDatabases(t, mariadb)
	b, target := behind(t, bastiontest.Config{HostKeys: []string{"ed25519"}}, login(t, "mysql", s, "relink", "right"))
	public, err := tunnel.PublicKey(target.Secrets["ssh_key"], secret.Text{})
	if err != nil {
		t.Fatal(err)
	}
	jump := bastiontest.Start(t, bastiontest.Config{HostKeys: []string{"ecdsa"}, Authorized: []string{public}})
	target.Integration.Settings["ssh_jump"] = jump.User + "@" + jump.Address()
	p := newProber(t)

	e, finding := run(t, p, target)
	if finding.Rule != "bastion-key-missing" || e.Tunnel.Host != jump.Address() {
		t.Errorf("without the jump host's keys: %s, %+v", finding.Rule, e.Tunnel)
	}
	target.Integration.HostKeys += jump.KnownHosts()
	if e, _ = run(t, p, target); e.Stage != integration.StageDone || jump.Sessions() != 1 || b.Sessions() != 1 {
		t.Errorf("stopped at %s (%s) with %+v", e.Stage, stages(e), e.Tunnel)
	}
	names := []string{}
	for _, on := range p.Bastions(target) {
		names = append(names, on.Address())
	}
	if diff := cmp.Diff([]string{jump.Address(), b.Address()}, names); diff != "" {
		t.Error(diff)
	}
}

func TestScanReportsWhyABastionShowedNoKeys(t *testing.T) {
	s := needDatabases(t, mariadb)
	b, target := behind(t, bastiontest.Config{}, login(t, "mysql", s, "relink", "right"))
	p := newProber(t)
	keys, e := p.Scan(t.Context(), target, p.Bastions(target)[0])
	if e.Stage != integration.StageDone || len(keys) != 3 {
		t.Fatalf("%d keys, stopped at %s", len(keys), e.Stage)
	}
	b.Stop()
	if _, e = p.Scan(t.Context(), target, p.Bastions(target)[0]); e.Stage != integration.StageTCP || e.Network != integration.NetworkRefused || e.Host != b.Address() {
		t.Errorf("stopped at %s with %s at %s", e.Stage, e.Network, e.Host)
	}
}

func TestBastionThatHangsEndsWithinItsLimit(t *testing.T) {
	s := needDatabases(t, mariadb)
	b, target := behind(t, bastiontest.Config{HostKeys: []string{"ed25519"}}, login(t, "mysql", s, "relink", "right"))
	b.Freeze()
	l := generous
	l.SSH = time.Second
	began := time.Now()
	e, finding := run(t, newProber(t, within(l)), target)
	if e.Network != integration.NetworkTimeout || finding.Rule != "bastion-down" {
		t.Errorf("%s at %s, rule %s", e.Network, e.Stage, finding.Rule)
	}
	if took := time.Since(began); took > 1100*time.Millisecond {
		t.Errorf("it took %v", took)
	}
}

func TestOnlyTheChosenWayToSignInIsOfferedToTheBastion(t *testing.T) {
	s := needDatabases(t, mariadb)
	b, target := behind(t, bastiontest.Config{HostKeys: []string{"ed25519"}, Password: true}, login(t, "mysql", s, "relink", "right"))
	target.Secrets["ssh_password"] = secret.New(bastiontest.Password)
	target.Integration.Settings["ssh_login"] = "password"
	if e, _ := run(t, newProber(t), target); e.Stage != integration.StageDone {
		t.Fatalf("stopped at %s with %+v", e.Stage, e.Tunnel)
	}
	if log := b.Log(); strings.Contains(log, "method publickey") || !strings.Contains(log, "Accepted password for") {
		t.Errorf("a key was offered too:\n%s", log)
	}
}

func TestH4EvidenceOfABastionHoldsNoSecret(t *testing.T) {
	s := needDatabases(t, mariadb)
	_, target := behind(t, bastiontest.Config{HostKeys: []string{"ed25519"}, Authorized: []string{"# nobody"}}, login(t, "mysql", s, "relink", "right"))
	target.Secrets["ssh_password"], target.Secrets["ssh_passphrase"] = secret.New(canary+"-1"), secret.New(canary+"-2")
	e, finding := run(t, newProber(t), target)
	if finding.Rule != "bastion-refused" {
		t.Fatalf("rule %s", finding.Rule)
	}
	text := fmt.Sprintf("%+v %+v %+v", e, *e.Tunnel, finding)
	middle := strings.Split(target.Secrets["ssh_key"].Reveal(), "\n")[3]
	if strings.Contains(text, canary) || strings.Contains(text, middle) {
		t.Errorf("the evidence holds a secret: %s", text)
	}
}
