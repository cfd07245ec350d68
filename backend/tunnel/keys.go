package tunnel

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"strings"

	"golang.org/x/crypto/ssh"

	"relink/backend/secret"
)

// keyComment is how our public key calls itself in somebody's authorized_keys.
const keyComment = "relink"

// NewKey makes an ed25519 key pair: the private half in OpenSSH's PEM format, for the vault, and the
// public half as a line of authorized_keys.
func NewKey() (private secret.Text, public string, err error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return secret.Text{}, "", fmt.Errorf("make a key pair: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(key, keyComment)
	if err != nil {
		return secret.Text{}, "", fmt.Errorf("write the private key: %w", err)
	}
	private = secret.New(string(pem.EncodeToMemory(block)))
	public, err = PublicKey(private, secret.Text{})
	return private, public, err
}

// PublicKey is the public half of a private key, as a line of authorized_keys. The error is a *KeyError.
func PublicKey(private, passphrase secret.Text) (string, error) {
	signer, err := signerOf(private, passphrase)
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(signer.PublicKey())), "\n") + " " + keyComment, nil
}

// AuthorizedKey is a line of authorized_keys that lets the key reach one address behind the bastion
// and nothing else: no shell, no other forwarding (sshd(8), AUTHORIZED_KEYS FILE FORMAT).
func AuthorizedKey(public, host, port string) string {
	return `restrict,port-forwarding,permitopen="` + net.JoinHostPort(host, port) + `",command="/bin/false" ` + public
}

// Install is a shell command that adds a line to the authorized_keys of the user who runs it on the bastion.
func Install(line string) string {
	quoted := "'" + strings.ReplaceAll(line, "'", `'\''`) + "'"
	return "mkdir -p -m 700 ~/.ssh && printf '%s\\n' " + quoted + " >> ~/.ssh/authorized_keys && chmod 600 ~/.ssh/authorized_keys"
}

// signerOf reads a private key; the library's errors are given a type, and nothing of the key is in them.
func signerOf(private, passphrase secret.Text) (ssh.Signer, error) {
	var signer ssh.Signer
	var err error
	pemText := wrapped(private.Reveal())
	if passphrase.Empty() {
		signer, err = ssh.ParsePrivateKey(pemText)
	} else {
		signer, err = ssh.ParsePrivateKeyWithPassphrase(pemText, []byte(passphrase.Reveal()))
	}
	var locked *ssh.PassphraseMissingError
	switch {
	case err == nil:
		return signer, nil
	case errors.As(err, &locked):
		return nil, &KeyError{Problem: KeyPassphrase}
	case errors.Is(err, x509.IncorrectPasswordError):
		return nil, &KeyError{Problem: KeyWrongPassphrase}
	case strings.HasPrefix(strings.TrimSpace(private.Reveal()), "PuTTY-User-Key-File"):
		return nil, &KeyError{Problem: KeyPuTTY}
	case !passphrase.Empty():
		// A passphrase for a key that has none is no harm.
		if signer, err = ssh.ParsePrivateKey(pemText); err == nil {
			return signer, nil
		}
	}
	return nil, &KeyError{Problem: KeyUnreadable}
}

// wrapped gives a key that was pasted into one line its lines back: PEM cannot be read without them.
func wrapped(text string) []byte {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r", ""))
	head, rest, ok := strings.Cut(strings.TrimPrefix(text, "-----BEGIN "), "-----")
	body, tail, ended := strings.Cut(rest, "-----END ")
	if !ok || !ended || strings.Contains(text, "\n") {
		return []byte(text + "\n")
	}
	return []byte("-----BEGIN " + head + "-----\n" + strings.ReplaceAll(strings.TrimSpace(body), " ", "\n") + "\n-----END " + tail + "\n")
}
