package diagnosis_test

import in "relink/backend/integration"

// bastion is a check of a database that stopped at its SSH bastion.
func bastion(p in.TunnelProblem, s in.Stage, change ...func(*in.Evidence)) in.Evidence {
	e := in.Evidence{ProviderID: "mysql", Method: in.MethodDatabaseLogin, Database: true, OwnHost: true, At: now, Party: in.PartyNobody,
		Host: "10.0.0.5:3306", Vault: in.VaultOK, Stage: s, Tunnel: &in.TunnelSeen{Host: "bastion.example.com:22", Problem: p}}
	for _, c := range change {
		c(&e)
	}
	return e
}

func failed(n in.NetworkFault) func(*in.Evidence) {
	return func(e *in.Evidence) { e.Network, e.Online, e.Host = n, in.OnlineYes, e.Tunnel.Host }
}
func byBastion(e *in.Evidence) { e.Party = in.PartyBastion }
func shows(e *in.Evidence) {
	e.Tunnel.Known, e.Tunnel.Shown = []string{"SHA256:old"}, "SHA256:new"
}

func bastionCases() []evidenceCase {
	return []evidenceCase{
		{"another host key", bastion(in.TunnelKeyChanged, in.StageSSHKey, shows), want{"bastion-key-changed", change, reauth, "refresh_host_keys", "D", "likely"}},
		{"no host key of an enrolled kind", bastion(in.TunnelKeyChanged, in.StageSSHKey), want{"bastion-key-changed", change, reauth, "refresh_host_keys", "D", "likely"}},
		{"a revoked host key", bastion(in.TunnelKeyRevoked, in.StageSSHKey, shows), want{"bastion-key-changed", change, reauth, "refresh_host_keys", "D", "likely"}},
		{"no host key enrolled", bastion(in.TunnelKeyMissing, in.StageSSHKey), want{"bastion-key-missing", computer, reauth, "refresh_host_keys", "D", "certain"}},
		{"damaged host keys", bastion(in.TunnelKeyUnreadable, in.StageSSHKey), want{"bastion-key-unreadable", computer, reauth, "refresh_host_keys", "D", "certain"}},
		{"the bastion refused the login", bastion(in.TunnelRefused, in.StageSSH, byBastion), want{"bastion-refused", change, reauth, "update_credentials", "DL", "likely"}},
		{"nothing to sign in with", bastion(in.TunnelLoginAbsent, in.StageSSH), want{"bastion-login-unusable", computer, reauth, "update_credentials", "D", "certain"}},
		{"no passphrase", bastion(in.TunnelPassphraseAbsent, in.StageSSH), want{"bastion-login-unusable", computer, reauth, "update_credentials", "D", "certain"}},
		{"a wrong passphrase", bastion(in.TunnelPassphraseWrong, in.StageSSH), want{"bastion-login-unusable", computer, reauth, "update_credentials", "D", "certain"}},
		{"a damaged key", bastion(in.TunnelLoginUnreadable, in.StageSSH), want{"bastion-login-unusable", computer, reauth, "update_credentials", "D", "certain"}},
		{"a key of PuTTY's", bastion(in.TunnelLoginPuTTY, in.StageSSH), want{"bastion-login-unusable", computer, reauth, "update_credentials", "D", "certain"}},
		{"no ssh-agent", bastion(in.TunnelAgentAbsent, in.StageSSH), want{"bastion-agent", computer, unknown, "check_computer", "", "certain"}},
		{"an ssh-agent without a key", bastion(in.TunnelAgentEmpty, in.StageSSH), want{"bastion-agent", computer, unknown, "check_computer", "", "certain"}},
		{"forwarding switched off", bastion(in.TunnelForbidden, in.StageForward, byBastion), want{"bastion-forbids-forwarding", change, admin, "ask_owner", "D", "certain"}},
		{"the database is down, as seen from the bastion", bastion(in.TunnelDatabaseUnreached, in.StageForward, byBastion), want{"bastion-reaches-no-database", third, retrying, "check_settings", "", "likely"}},
		{"a web server's port", bastion(in.TunnelNoSSH, in.StageSSHKey), want{"bastion-speaks-no-ssh", third, retrying, "check_settings", "", "possible"}},
		{"the bastion is down", bastion(in.TunnelNone, in.StageTCP, failed(in.NetworkRefused)), want{"bastion-down", third, retrying, "wait", "", "likely"}},
		{"the bastion's name is gone", bastion(in.TunnelNone, in.StageDNS, failed(in.NetworkDNS)), want{"bastion-down", third, retrying, "wait", "", "likely"}},
		{"the bastion hangs", bastion(in.TunnelNone, in.StageSSH, failed(in.NetworkTimeout)), want{"bastion-down", third, retrying, "wait", "", "likely"}},
		{"the bastion restarts", bastion(in.TunnelNone, in.StageForward, failed(in.NetworkReset)), want{"bastion-down", third, retrying, "wait", "", "likely"}},
		{"this computer is offline", bastion(in.TunnelNone, in.StageDNS, failed(in.NetworkDNSFailing), online(in.OnlineNo)), want{"offline", computer, unknown, "check_computer", "", "certain"}},
		{"offline, and the database's address is the bastion's own", bastion(in.TunnelNone, in.StageTCP, failed(in.NetworkTimeout), online(in.OnlineNo), func(e *in.Evidence) { e.Host = "127.0.0.1:3306" }),
			want{"offline", computer, unknown, "check_computer", "", "certain"}},
		{"the database behind it hangs", bastion(in.TunnelNone, in.StageSignIn, func(e *in.Evidence) { e.Network, e.Online = in.NetworkTimeout, in.OnlineYes }), want{"database-silent", third, retrying, "check_settings", "", "possible"}},
	}
}
