package tunnel

import (
	"context"
	"errors"
	"net"

	"golang.org/x/crypto/ssh"
)

// errSeen ends a handshake once the host key was shown.
var errSeen = errors.New("the host key was seen")

// scanned are the algorithms that are asked for in turn, one connection each.
var scanned = []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoRSASHA512}

// Scan asks a bastion for all of its host keys, without signing in there. Whoever enrolls them must have
// compared the fingerprints with what the bastion's owner says. Behind a jump host it signs in to that
// one, whose keys must be enrolled. The error is the dial's own, a *ProtocolError, or Open's of the jump host.
func Scan(ctx context.Context, b Bastion, o Options) ([]HostKey, error) {
	dial := o.Dial
	if b.Via != nil {
		via, err := Open(ctx, *b.Via, o)
		if err != nil {
			return nil, &JumpError{Host: b.Via.Address(), Err: err}
		}
		defer via.Close()
		dial = via.DialContext
	}
	var found []ssh.PublicKey
	for _, algorithm := range scanned {
		key, err := scanOne(ctx, dial, b.Address(), algorithm)
		if err != nil {
			return nil, err
		}
		if key != nil {
			found = append(found, key)
		}
	}
	if len(found) == 0 {
		return nil, &ProtocolError{Words: "the bastion has no host key of a known kind"}
	}
	return b.shown(found), nil
}

// scanOne is the key of one algorithm, nil where the bastion has none. It has no way to sign in.
func scanOne(ctx context.Context, dial DialFunc, address, algorithm string) (ssh.PublicKey, error) {
	var shown ssh.PublicKey
	_, err := handshake(ctx, dial, address, &ssh.ClientConfig{
		User: "relink", ClientVersion: clientVersion, HostKeyAlgorithms: []string{algorithm},
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error { shown = key; return errSeen },
	})
	switch {
	case shown != nil:
		return shown, nil
	case noSharedKey(err):
		return nil, nil // another kind of key
	}
	return nil, explained(err)
}
