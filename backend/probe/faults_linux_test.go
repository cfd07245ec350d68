package probe_test

import (
	"net"
	"strings"
	"testing"

	"relink/backend/integration"
	"relink/backend/probe"
	"relink/backend/tunnel/bastiontest"
	"relink/build/peers"
)

// TestBastionFaultsNameTheStepAndEndInTime puts Toxiproxy between the probe and a bastion.
func TestBastionFaultsNameTheStepAndEndInTime(t *testing.T) {
	faults := peers.Toxiproxy(t)
	s := heldMariaDB(needDatabases(t, mariadb))
	b, direct := behind(t, bastiontest.Config{HostKeys: []string{"ed25519"}}, login(t, "mysql", s.server, "relink", "right", "database", "held"))
	through := func(w *peers.Faulty) probe.Target {
		on := login(t, "mysql", s.server, "relink", "right", "database", "held", "ssh_host", w.Host, "ssh_port", w.Port, "ssh_user", b.User)
		on.Integration.HostKeys = strings.ReplaceAll(b.KnownHosts(), "]:"+b.Port+" ", "]:"+w.Port+" ")
		on.Secrets["ssh_key"] = direct.Secrets["ssh_key"]
		return on
	}
	bastion := []integration.Stage{integration.StageSSHKey, integration.StageSSH}
	cases := append(append(slowly(), deadly("bastion-down", bastion...)...),
		faultCase{"reset_peer", toxic("reset_peer", nil), append([]integration.Stage{integration.StageTCP}, bastion...), []string{"bastion-down"}},
		faultCase{"limit_data", toxic("limit_data", map[string]int{"bytes": 10}), bastion, []string{"bastion-down"}},
		faultCase{"proxy disabled", nil, []integration.Stage{integration.StageTCP}, []string{"bastion-down"}})
	for _, c := range midQuery() {
		c.strike(t, faults, net.JoinHostPort(b.Host, b.Port), s, through)
	}
	for _, c := range cases {
		c.check(t, faults, &server{host: b.Host, port: b.Port}, through)
	}
}
