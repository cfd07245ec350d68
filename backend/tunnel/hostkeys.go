package tunnel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// HostKey is one key of a bastion.
type HostKey struct {
	Type        string // ssh-ed25519, ssh-rsa, ecdsa-sha2-nistp256 …
	Fingerprint string // SHA256:…, as ssh-keygen -l prints it
	Line        string // of known_hosts
}

// hostKeys are the enrolled keys of one host.
type hostKeys struct {
	address  string
	callback ssh.HostKeyCallback
	known    []knownhosts.KnownKey
	signed   bool // a certificate authority vouches for it
}

// readHostKeys reads lines of known_hosts for one address. What cannot be read, or is not there, is a
// *HostKeyError: nothing may be sent.
func readHostKeys(lines, address string) (hostKeys, error) {
	if strings.TrimSpace(lines) == "" {
		return hostKeys{}, &HostKeyError{Problem: HostKeyMissing, Host: address}
	}
	callback, err := parseKnownHosts(lines)
	if err != nil {
		return hostKeys{}, &HostKeyError{Problem: HostKeyUnreadable, Host: address}
	}
	keys := hostKeys{address: address, callback: callback, signed: strings.Contains(lines, "@cert-authority")}
	// A key that nobody has makes the library list those that it knows.
	var missing *knownhosts.KeyError
	if errors.As(callback(address, &net.TCPAddr{}, nobody{}), &missing) {
		keys.known = missing.Want
	}
	if len(keys.known) == 0 && !keys.signed {
		return hostKeys{}, &HostKeyError{Problem: HostKeyMissing, Host: address}
	}
	return keys, nil
}

// parseKnownHosts hands the lines to the library, which reads files alone. They hold no secret.
func parseKnownHosts(lines string) (ssh.HostKeyCallback, error) {
	file, err := os.CreateTemp("", "known-hosts-*")
	if err != nil {
		return nil, fmt.Errorf("read the host keys: %w", err)
	}
	defer os.Remove(file.Name())
	_, err = file.WriteString(strings.TrimRight(lines, "\n") + "\n")
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("read the host keys: %w", err)
	}
	return knownhosts.New(file.Name())
}

// check judges the key that the bastion shows.
func (k hostKeys) check(host string, remote net.Addr, key ssh.PublicKey) error {
	err := k.callback(k.address, remote, key)
	if err == nil {
		return nil
	}
	problem := &HostKeyError{Problem: HostKeyChanged, Host: k.address, Shown: ssh.FingerprintSHA256(key)}
	for _, known := range k.known {
		problem.Known = append(problem.Known, ssh.FingerprintSHA256(known.Key))
	}
	var revoked *knownhosts.RevokedError
	if errors.As(err, &revoked) {
		problem.Problem = HostKeyRevoked
	}
	return problem
}

// algorithms are those of the enrolled keys. Left to itself the library prefers others, and a bastion
// that has more keys than were enrolled would look like a changed one.
func (k hostKeys) algorithms() []string {
	var names []string
	if k.signed {
		names = append(names, ssh.CertAlgoED25519v01, ssh.CertAlgoECDSA256v01, ssh.CertAlgoECDSA384v01, ssh.CertAlgoECDSA521v01,
			ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01)
	}
	for _, known := range k.known {
		for _, name := range algorithmsOf(known.Key.Type()) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// algorithmsOf are the signature algorithms of a key's type, without SHA-1 (RFC 8332).
func algorithmsOf(keyType string) []string {
	if keyType == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{keyType}
}

// nobody is a key that no host has.
type nobody struct{}

func (nobody) Type() string                        { return "nobody" }
func (nobody) Marshal() []byte                     { return []byte("nobody") }
func (nobody) Verify([]byte, *ssh.Signature) error { return errors.New("nobody's key") }

// errSeen ends a handshake once the host key was shown.
var errSeen = errors.New("the host key was seen")

// scanned are the algorithms that are asked for in turn, one connection each.
var scanned = []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoRSASHA512}

// Scan asks a bastion for all of its host keys, without signing in. Whoever enrolls them must have
// compared the fingerprints with what the bastion's owner says. The error is the dial's own or a
// *ProtocolError.
func Scan(ctx context.Context, b Bastion, o Options) ([]HostKey, error) {
	dial := o.Dial
	if b.Via != nil {
		via, err := Open(ctx, *b.Via, o)
		if err != nil {
			return nil, fmt.Errorf("jump host %s: %w", b.Via.Address(), err)
		}
		defer via.Close()
		dial = via.DialContext
	}
	var found []HostKey
	for _, algorithm := range scanned {
		key, err := scanOne(ctx, dial, b.Address(), algorithm)
		if err != nil {
			return nil, err
		}
		if key != nil {
			line := knownhosts.Line([]string{b.Address()}, key)
			found = append(found, HostKey{Type: key.Type(), Fingerprint: ssh.FingerprintSHA256(key), Line: line})
		}
	}
	if len(found) == 0 {
		return nil, &ProtocolError{Words: "the bastion has no host key of a known kind"}
	}
	return found, nil
}

// scanOne is the key of one algorithm, nil where the bastion has none.
func scanOne(ctx context.Context, dial DialFunc, address, algorithm string) (ssh.PublicKey, error) {
	var shown ssh.PublicKey
	_, err := handshake(ctx, dial, address, &ssh.ClientConfig{
		User: "relink", ClientVersion: "SSH-2.0-Relink", HostKeyAlgorithms: []string{algorithm},
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error { shown = key; return errSeen },
	})
	var protocol *ProtocolError
	switch {
	case shown != nil:
		return shown, nil
	case errors.As(err, &protocol) && strings.Contains(protocol.Words, "host key"):
		return nil, nil // no common algorithm for host key: another kind of key
	}
	return nil, err
}

// KnownHosts are the lines to store for keys that a person enrolled.
func KnownHosts(keys []HostKey) string {
	lines := make([]string, len(keys))
	for i, k := range keys {
		lines[i] = k.Line
	}
	return strings.Join(lines, "\n") + "\n"
}

// Enrolled are the stored keys of the bastion, for showing their fingerprints. The error is a *HostKeyError.
func Enrolled(b Bastion) ([]HostKey, error) {
	keys, err := readHostKeys(b.KnownHosts, b.Address())
	if err != nil {
		return nil, err
	}
	all := make([]HostKey, len(keys.known))
	for i, k := range keys.known {
		all[i] = HostKey{Type: k.Key.Type(), Fingerprint: ssh.FingerprintSHA256(k.Key), Line: knownhosts.Line([]string{b.Address()}, k.Key)}
	}
	return all, nil
}
