package tunnel

import (
	"bytes"
	"errors"
	"net"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// HostKey is one key of a bastion.
type HostKey struct {
	Type        string // ssh-ed25519, ssh-rsa, ecdsa-sha2-nistp256 …
	Fingerprint string // SHA256:…, as ssh-keygen -l prints it
	Line        string // of known_hosts
}

// hostKeys is what was enrolled for one host.
type hostKeys struct {
	address     string
	keys        []ssh.PublicKey
	authorities []ssh.PublicKey // whose certificates are believed for this host
	revoked     []ssh.PublicKey // by anybody's line: they are never believed
}

// readHostKeys reads lines of known_hosts for one address. What cannot be read, or is not there, is a
// *HostKeyError: nothing may be sent.
func readHostKeys(lines, address string) (hostKeys, error) {
	entries, err := parseKnownHosts(lines)
	if err != nil {
		return hostKeys{}, &HostKeyError{Problem: HostKeyUnreadable, Host: address}
	}
	k := hostKeys{address: address}
	host, port := split(address)
	for _, e := range entries {
		switch {
		case e.marker == "revoked":
			k.revoked = append(k.revoked, e.key)
		case !e.means(host, port):
		case e.marker == "cert-authority":
			k.authorities = append(k.authorities, e.key)
		default:
			k.keys = append(k.keys, e.key)
		}
	}
	if len(k.keys)+len(k.authorities) == 0 {
		return hostKeys{}, &HostKeyError{Problem: HostKeyMissing, Host: address}
	}
	return k, nil
}

// believed is check, and tells that the sign-in begins.
func (k hostKeys) believed(o Options) ssh.HostKeyCallback {
	return func(host string, remote net.Addr, key ssh.PublicKey) error {
		err := k.check(host, remote, key)
		if err == nil {
			o.enter(StageSignIn)
		}
		return err
	}
}

// noSharedKey says whether the bastion has no key of the kinds that it was asked for.
func noSharedKey(err error) bool {
	var negotiation *ssh.AlgorithmNegotiationError
	return errors.As(err, &negotiation) && strings.Contains(negotiation.Error(), "for host key")
}

// check judges the key that the bastion shows.
func (k hostKeys) check(_ string, remote net.Addr, shown ssh.PublicKey) error {
	plain := shown
	certificate, certified := shown.(*ssh.Certificate)
	if certified {
		plain = certificate.Key
	}
	switch {
	case has(k.revoked, plain), certified && has(k.revoked, certificate.SignatureKey):
		return k.problem(HostKeyRevoked, ssh.FingerprintSHA256(plain))
	case certified && has(k.authorities, certificate.SignatureKey):
		vouched := ssh.CertChecker{IsHostAuthority: func(a ssh.PublicKey, _ string) bool { return has(k.authorities, a) }}
		if vouched.CheckHostKey(k.address, remote, certificate) == nil {
			return nil
		}
	case has(k.keys, plain):
		return nil
	}
	return k.problem(HostKeyChanged, ssh.FingerprintSHA256(plain))
}

func (k hostKeys) problem(p HostKeyProblem, shown string) error {
	e := &HostKeyError{Problem: p, Host: k.address, Shown: shown}
	for _, known := range slices.Concat(k.keys, k.authorities) {
		e.Known = append(e.Known, ssh.FingerprintSHA256(known))
	}
	return e
}

func has(keys []ssh.PublicKey, key ssh.PublicKey) bool {
	return slices.ContainsFunc(keys, func(k ssh.PublicKey) bool { return bytes.Equal(k.Marshal(), key.Marshal()) })
}

// algorithms are those of the enrolled keys first: left to itself the library prefers others, and a bastion
// that has more keys than were enrolled would look like a changed one. The others follow, as in
// OpenSSH: a bastion that lost the enrolled kinds then shows what it has now, which check refuses.
func (k hostKeys) algorithms() []string {
	var names []string
	if len(k.authorities) > 0 {
		names = append(names, ssh.CertAlgoED25519v01, ssh.CertAlgoECDSA256v01, ssh.CertAlgoECDSA384v01, ssh.CertAlgoECDSA521v01,
			ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01)
	}
	kinds := scanned
	for _, key := range slices.Backward(k.keys) {
		kinds = slices.Concat([]string{key.Type()}, kinds)
	}
	for _, kind := range kinds {
		for _, name := range algorithmsOf(kind) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// algorithmsOf are the signature algorithms of a key's type, without SHA-1 (RFC 8332).
func algorithmsOf(keyType string) []string {
	if keyType == ssh.KeyAlgoRSA || keyType == ssh.KeyAlgoRSASHA512 {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{keyType}
}

// KnownHosts are the lines to store for keys that a person enrolled.
func KnownHosts(keys []HostKey) string {
	var lines strings.Builder
	for _, k := range keys {
		lines.WriteString(k.Line + "\n")
	}
	return lines.String()
}

// Enrolled are the stored keys of the bastion, for showing their fingerprints. The error is a *HostKeyError.
func Enrolled(b Bastion) ([]HostKey, error) {
	k, err := readHostKeys(b.KnownHosts, b.Address())
	if err != nil {
		return nil, err
	}
	return b.shown(slices.Concat(k.keys, k.authorities)), nil
}

func (b Bastion) shown(keys []ssh.PublicKey) []HostKey {
	all := make([]HostKey, len(keys))
	for i, key := range keys {
		all[i] = HostKey{Type: key.Type(), Fingerprint: ssh.FingerprintSHA256(key), Line: knownLine(b.Host, b.port(), key)}
	}
	return all
}

// Replace is KnownHosts with other keys for the bastion, and those of other hosts as they are.
// Lines that cannot be read are left out.
func Replace(lines string, b Bastion, keys []HostKey) string {
	var kept strings.Builder
	for line := range strings.Lines(lines) {
		entries, err := parseKnownHosts(line)
		if err != nil || slices.ContainsFunc(entries, func(e entry) bool { return e.marker != "revoked" && e.means(b.Host, b.port()) }) {
			continue
		}
		kept.WriteString(strings.TrimSpace(line) + "\n")
	}
	return kept.String() + KnownHosts(keys)
}

// Missing says whether the error is that no host key was enrolled, and for which host.
func Missing(err error) (host string, ok bool) {
	var e *HostKeyError
	if errors.As(err, &e) && e.Problem == HostKeyMissing {
		return e.Host, true
	}
	return "", false
}
