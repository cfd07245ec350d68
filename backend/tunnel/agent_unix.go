//go:build !windows

package tunnel

import (
	"context"
	"io"
	"net"
)

// AgentSocket is where the person's ssh-agent listens, "" where none is known.
func AgentSocket(getenv func(string) string) string { return getenv("SSH_AUTH_SOCK") }

func dialAgent(ctx context.Context, socket string) (io.ReadWriteCloser, error) {
	var d net.Dialer
	return d.DialContext(ctx, "unix", socket)
}
