package probe

import (
	"context"
	"errors"
	"net"
	"net/http/httptrace"
	"net/netip"
	"strings"

	"relink/backend/integration"
	"relink/backend/secret"
	"relink/backend/tunnel"
)

// Bastions are the SSH servers on the way to the target's database, in the order in which they are
// passed: a jump host, if there is one, and the bastion. It is empty where the database is dialled directly.
func (p *Prober) Bastions(t Target) []tunnel.Bastion {
	if !t.Provider.Database() || !t.Provider.Probe.SQL.Tunnel {
		return nil
	}
	get := func(name string) string {
		v, _ := t.value(name, false)
		return v
	}
	b := tunnel.Bastion{
		Host: strings.Trim(get("ssh_host"), "[]"), Port: get("ssh_port"), User: get("ssh_user"),
		KnownHosts: t.Integration.HostKeys, Login: p.bastionLogin(&t, get("ssh_login")),
	}
	if b.Host == "" {
		return nil
	}
	user, address, ok := strings.Cut(get("ssh_jump"), "@")
	if !ok {
		return []tunnel.Bastion{b}
	}
	jump := tunnel.Bastion{User: user, Host: strings.Trim(address, "[]"), KnownHosts: b.KnownHosts, Login: b.Login}
	if host, port, err := net.SplitHostPort(address); err == nil {
		jump.Host, jump.Port = host, port
	}
	b.Via = &jump
	return []tunnel.Bastion{jump, b}
}

// bastionLogin offers what was chosen and nothing else.
func (p *Prober) bastionLogin(t *Target, way string) tunnel.Login {
	get := func(name string) secret.Text { return t.Secrets[name] }
	switch way {
	case "agent":
		return tunnel.Login{Agent: p.Agent, Password: get("ssh_password")}
	case "password":
		return tunnel.Login{Password: get("ssh_password")}
	}
	return tunnel.Login{Key: get("ssh_key"), Passphrase: get("ssh_passphrase"), Password: get("ssh_password")}
}

// lead opens the way to the database: straight, or through the bastion. release must be called once
// the database's connection is closed.
func (p *Prober) lead(ctx context.Context, t *Target, e *integration.Evidence, seen *trace) (dial tunnel.DialFunc, release func(), err error) {
	hosts := p.Bastions(*t)
	if len(hosts) == 0 {
		return dialer(p.Options, anyOwn).DialContext, func() {}, nil
	}
	bastion := hosts[len(hosts)-1]
	e.Tunnel = &integration.TunnelSeen{Host: bastion.Address()}
	ctx, cancel := context.WithTimeout(httptrace.WithClientTrace(ctx, seen.hooks()), p.Limits.SSH)
	defer cancel()
	through, release, err := p.tunnels.Use(ctx, bastion, func(s tunnel.Stage) { seen.enter(tunnelStages[s], true) })
	if err != nil {
		return nil, nil, err
	}
	seen.keep()
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		seen.enter(integration.StageForward, true)
		if behindDenied(address) {
			return nil, DeniedError{Address: address}
		}
		return through(ctx, network, address)
	}, release, nil
}

// tunnelStages are a check's names for the stages of a tunnel.
var tunnelStages = map[tunnel.Stage]integration.Stage{
	tunnel.StageHostKey: integration.StageSSHKey, tunnel.StageSignIn: integration.StageSSH, tunnel.StageForward: integration.StageForward,
}

// behindDenied says whether a bastion must not be asked for an address: it looks names up itself, so
// that numbers are all that can be judged here.
func behindDenied(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return true
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return denied(a, anyOwn)
	}
	return looksNumeric(host)
}

// Scan asks one of the target's bastions for all of its host keys, without signing in there. The
// evidence has reached StageDone when they are there.
func (p *Prober) Scan(ctx context.Context, t Target, b tunnel.Bastion) ([]tunnel.HostKey, integration.Evidence) {
	e := blank(&t)
	e.At, e.Host, e.Tunnel = p.Now(), b.Address(), &integration.TunnelSeen{Host: b.Address()}
	ctx, cancel := context.WithTimeout(ctx, p.Limits.Whole)
	defer cancel()
	seen := &trace{now: p.Now}
	keys, err := tunnel.Scan(httptrace.WithClientTrace(ctx, seen.hooks()), b, tunnel.Options{
		Dial: dialer(p.Options, anyOwn).DialContext, Watch: func(s tunnel.Stage) { seen.enter(tunnelStages[s], true) },
	})
	if err != nil {
		stoppedInTunnel(&e, seen, err)
		return nil, e
	}
	e.Stage = integration.StageDone
	return keys, e
}

// problems are a check's names for what is wrong at a bastion.
var (
	hostKeyProblems = map[tunnel.HostKeyProblem]integration.TunnelProblem{
		tunnel.HostKeyMissing: integration.TunnelKeyMissing, tunnel.HostKeyChanged: integration.TunnelKeyChanged,
		tunnel.HostKeyRevoked: integration.TunnelKeyRevoked, tunnel.HostKeyUnreadable: integration.TunnelKeyUnreadable,
	}
	loginProblems = map[tunnel.KeyProblem]integration.TunnelProblem{
		tunnel.KeyAbsent: integration.TunnelLoginAbsent, tunnel.KeyPassphrase: integration.TunnelPassphraseAbsent,
		tunnel.KeyWrongPassphrase: integration.TunnelPassphraseWrong, tunnel.KeyUnreadable: integration.TunnelLoginUnreadable,
		tunnel.KeyPuTTY: integration.TunnelLoginPuTTY, tunnel.KeyNoAgent: integration.TunnelAgentAbsent, tunnel.KeyAgentEmpty: integration.TunnelAgentEmpty,
	}
)

// stoppedInTunnel fills in the evidence of a probe that a bastion stopped, and says whether one did.
func stoppedInTunnel(e *integration.Evidence, seen *trace, err error) bool {
	if e.Tunnel == nil {
		return false
	}
	var (
		jump     *tunnel.JumpError
		host     *tunnel.HostKeyError
		login    *tunnel.SignInError
		key      *tunnel.KeyError
		forward  *tunnel.ForwardError
		protocol *tunnel.ProtocolError
	)
	if errors.As(err, &jump) {
		e.Tunnel.Host = jump.Host
	}
	at := integration.StageSSHKey
	switch {
	case errors.As(err, &host):
		e.Tunnel.Host, e.Tunnel.Problem, e.Tunnel.Known, e.Tunnel.Shown = host.Host, hostKeyProblems[host.Problem], host.Known, host.Shown
	case errors.As(err, &key):
		at, e.Tunnel.Problem = integration.StageSSH, loginProblems[key.Problem]
	case errors.As(err, &login):
		e.Party, e.Tunnel.Problem, e.Excerpt = integration.PartyBastion, integration.TunnelRefused, printable(login.Words, maxExcerpt)
	case errors.As(err, &protocol):
		e.Tunnel.Problem, e.Excerpt = integration.TunnelNoSSH, printable(protocol.Words, maxExcerpt)
	case errors.As(err, &forward):
		e.Party, e.Tunnel.Problem, e.Excerpt = integration.PartyBastion, integration.TunnelDatabaseUnreached, printable(forward.Words, maxExcerpt)
		if forward.Prohibited {
			e.Tunnel.Problem = integration.TunnelForbidden
		}
		_, e.Steps = seen.stopped(integration.StageForward)
		e.Stage = integration.StageForward
		return true
	case errors.Is(err, tunnel.ErrGone):
		e.Network = integration.NetworkReset
	default:
		switch seen.at() {
		case "", integration.StageDNS, integration.StageTCP, integration.StageSSHKey, integration.StageSSH, integration.StageForward:
		default:
			return false // beyond the bastion
		}
		at, e.Network = Network(err)
	}
	e.Stage, e.Steps = seen.stopped(at)
	e.Host = e.Tunnel.Host
	return true
}
