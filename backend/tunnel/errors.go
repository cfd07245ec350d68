package tunnel

import (
	"strings"
	"unicode"
)

// HostKeyProblem is what is wrong with a bastion's host key.
type HostKeyProblem string

// The problems with a host key.
const (
	HostKeyMissing    HostKeyProblem = "missing"    // none was enrolled for this host
	HostKeyChanged    HostKeyProblem = "changed"    // the bastion shows another one
	HostKeyRevoked    HostKeyProblem = "revoked"    // it shows one that was marked as revoked
	HostKeyUnreadable HostKeyProblem = "unreadable" // what was stored cannot be read
)

// HostKeyError means that the bastion did not prove to be the enrolled one. Nothing was offered to it.
type HostKeyError struct {
	Problem HostKeyProblem
	Host    string   // host:port
	Known   []string // fingerprints that were enrolled, as SHA256:…
	Shown   string   // the fingerprint that the bastion showed; "" when it was not asked, or has no key of an enrolled kind
}

// Error names problem and fingerprints.
func (e *HostKeyError) Error() string {
	text := "host key of " + e.Host + " " + string(e.Problem)
	if e.Shown != "" {
		text += ": shown " + e.Shown
	}
	if len(e.Known) > 0 {
		text += ", enrolled " + strings.Join(e.Known, " ")
	}
	return text
}

// JumpError is an error that a jump host met, on the way to the bastion.
type JumpError struct {
	Host string // host:port
	Err  error
}

// Error names the jump host.
func (e *JumpError) Error() string { return "jump host " + e.Host + ": " + e.Err.Error() }

// Unwrap is what happened there.
func (e *JumpError) Unwrap() error { return e.Err }

// SignInError means that the bastion refused the login. It does not say why: an unknown user, a key
// that is not authorized, an account that is locked and an address that is not allowed look the same.
type SignInError struct{ Words string }

// Error quotes the library's words, which name the methods that were tried.
func (e *SignInError) Error() string { return "the bastion refused the login: " + e.Words }

// ForwardError means that the bastion did not open the way to the address behind it.
type ForwardError struct {
	Prohibited bool   // it may not: AllowTcpForwarding, PermitOpen or the key's own restrictions
	Words      string // the bastion's
}

// Error quotes the bastion.
func (e *ForwardError) Error() string {
	if e.Prohibited {
		return "the bastion does not allow the forwarding: " + e.Words
	}
	return "the bastion could not connect: " + e.Words
}

// ProtocolError means that the port speaks no SSH that both sides know.
type ProtocolError struct {
	Words string
	cause error
}

// Error quotes the library.
func (e *ProtocolError) Error() string { return "no SSH connection came about: " + e.Words }

// Unwrap is the library's error.
func (e *ProtocolError) Unwrap() error { return e.cause }

// KeyProblem is what is wrong with our own private key.
type KeyProblem string

// The problems with a private key.
const (
	KeyAbsent          KeyProblem = "absent"     // neither key nor password nor agent
	KeyPassphrase      KeyProblem = "passphrase" // it is encrypted and no passphrase was given
	KeyWrongPassphrase KeyProblem = "wrong-passphrase"
	KeyUnreadable      KeyProblem = "unreadable" // no PEM, or damaged
	KeyPuTTY           KeyProblem = "putty"      // in PuTTY's own format, which puttygen exports from
	KeyNoAgent         KeyProblem = "no-agent"   // the ssh-agent does not answer
	KeyAgentEmpty      KeyProblem = "agent-empty"
)

// KeyError means that there is nothing to sign in with; nothing was sent.
type KeyError struct{ Problem KeyProblem }

// Error names the problem and quotes nothing of the key.
func (e *KeyError) Error() string { return "the private key cannot be used: " + string(e.Problem) }

// maxWords bounds what is kept of somebody else's words.
const maxWords = 300

// printable is a text as one short line without control characters.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s)
	if len(s) > maxWords {
		s = strings.ToValidUTF8(s[:maxWords], "") + "…"
	}
	return strings.TrimSpace(s)
}
