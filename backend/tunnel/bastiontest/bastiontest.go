// Package bastiontest answers how a real SSH bastion behaves: it starts OpenSSH's own server on
// loopback for tests, as net/http/httptest starts a web server.
//
// # Why
// What a bastion says, and when, is what the tunnel's promises rest on, so no stand-in is used. As
// root the server runs in a mount namespace of its own, with an account that this computer does not
// have; nothing of the system is changed. As anybody else it lets the one who runs the tests in.
package bastiontest

// Password lets the account of a bastion in, where Config.Password is set.
const Password = "bastion password"

// passwordHash is Password as shadow(5) keeps it.
const passwordHash = "$6$relink$mYmqXGvwNOrd3bqC3mBp19xjVpWkQLwuDGgw1vV1qwSSZyNkt5geG43klxU4Aq6d1BmAz3uWcKfs7A6h4QmEM0"

// Config is what differs from a bastion with three host keys that takes keys alone.
type Config struct {
	HostKeys   []string // ed25519, ecdsa, rsa; all three when nil
	Authorized []string // lines of authorized_keys
	Options    []string // lines of sshd_config
	Password   bool     // the account has Password; needs root
}
