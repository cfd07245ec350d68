package tunnel

import (
	"cmp"
	"context"
	"io"
	"os"
)

// AgentSocket is where the person's ssh-agent listens: the pipe of Windows' own OpenSSH unless another one is named.
func AgentSocket(getenv func(string) string) string {
	return cmp.Or(getenv("SSH_AUTH_SOCK"), `\\.\pipe\openssh-ssh-agent`)
}

func dialAgent(_ context.Context, socket string) (io.ReadWriteCloser, error) {
	return os.OpenFile(socket, os.O_RDWR, 0)
}
