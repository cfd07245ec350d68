package tunnel

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// forwarded gives a connection through the bastion the deadlines that SSH channels lack: database
// drivers rely on them, also when the bastion hangs and acknowledges nothing. The driver's end is one
// of a pipe in memory, which has them, and two copies run between the pipe and the channel until
// either ends.
func forwarded(channel net.Conn) net.Conn {
	near, far := net.Pipe()
	go func() {
		_, _ = io.Copy(far, channel)
		_ = far.Close()
	}()
	go func() {
		_, _ = io.Copy(channel, far)
		_ = far.Close()
		_ = channel.Close()
	}()
	return ending{Conn: near, channel: channel}
}

// ending is the driver's end of a forwarded connection.
type ending struct {
	net.Conn
	channel net.Conn
}

// Write writes; a connection that the other side has ended is told as the system tells it.
func (e ending) Write(b []byte) (int, error) {
	n, err := e.Conn.Write(b)
	if errors.Is(err, io.ErrClosedPipe) {
		err = syscall.EPIPE
	}
	return n, err
}

// LocalAddr is the channel's.
func (e ending) LocalAddr() net.Addr { return e.channel.LocalAddr() }

// RemoteAddr is the channel's.
func (e ending) RemoteAddr() net.Addr { return e.channel.RemoteAddr() }
