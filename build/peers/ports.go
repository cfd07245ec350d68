package peers

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// claims are what marks the ports that FreePort gave away.
var claims struct {
	sync.Mutex
	held []net.PacketConn
}

// FreePort is a TCP port of 127.0.0.1 for a program that cannot choose one by itself.
//
// Nobody else is given it before the program has it: it is below those that a system hands out (RFC 6335 names the
// range above 49152, Linux begins at 32768), and this process holds the UDP port of the same number for as long as
// it lives, which is where FreePort of another test sees that it is taken.
func FreePort() (string, error) {
	const first, ports = 20_000, 12_000
	var err error
	for range 100 {
		port := strconv.Itoa(first + rand.IntN(ports))
		var claim net.PacketConn
		if claim, err = net.ListenPacket("udp4", "127.0.0.1:"+port); err != nil {
			continue
		}
		var l net.Listener
		if l, err = net.Listen("tcp4", "127.0.0.1:"+port); err != nil {
			_ = claim.Close()
			continue
		}
		claims.Lock()
		claims.held = append(claims.held, claim)
		claims.Unlock()
		return port, l.Close()
	}
	return "", fmt.Errorf("find a free port: %w", err)
}
