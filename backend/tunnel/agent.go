package tunnel

import (
	"context"
	"io"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// agentKeys asks the ssh-agent for its keys when the bastion wants one, and not before. The
// connection to the agent is closed by close, once the sign-in is over.
func agentKeys(ctx context.Context, socket string) (method ssh.AuthMethod, close func()) {
	var conn io.ReadWriteCloser
	method = ssh.PublicKeysCallback(func() ([]ssh.Signer, error) {
		var err error
		if conn, err = dialAgent(ctx, socket); err != nil {
			return nil, &KeyError{Problem: KeyNoAgent}
		}
		signers, err := agent.NewClient(conn).Signers()
		switch {
		case err != nil:
			return nil, &KeyError{Problem: KeyNoAgent}
		case len(signers) == 0:
			return nil, &KeyError{Problem: KeyAgentEmpty}
		}
		return signers, nil
	})
	return method, func() {
		if conn != nil {
			_ = conn.Close()
		}
	}
}
