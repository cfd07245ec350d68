package probe_test

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"testing"

	"relink/backend/integration"
)

// A peer that speaks as much of MySQL's protocol as a refusal needs (dev.mysql.com, Connection Phase), for
// the numbers that MariaDB, which runs here, does not have.

// mysqlPeer is one answer.
type mysqlPeer struct {
	certificate *tls.Certificate // nil: no encryption is offered
	atOnce      bool             // the refusal stands in the greeting's place
	code        uint16
	state       string // the SQLSTATE, which a refusal in the greeting's place does not have
	words       string
}

func (m mysqlPeer) start(t *testing.T) *server {
	t.Helper()
	host, port, _ := net.SplitHostPort(listening(t, m.serve))
	return &server{host: host, port: port}
}

func (m mysqlPeer) serve(c net.Conn) {
	defer c.Close()
	refusal := binary.LittleEndian.AppendUint16([]byte{0xff}, m.code)
	if m.atOnce {
		mysqlPacket(c, 0, append(refusal, m.words...))
		return
	}
	refusal = append(append(refusal, "#"+m.state...), m.words...)
	capabilities := "\xff\xf7" // all but CLIENT_SSL
	if m.certificate != nil {
		capabilities = "\xff\xff"
	}
	mysqlPacket(c, 0, []byte("\x0a8.4.0\x00\x01\x00\x00\x00saltsalt\x00"+capabilities+"\x21\x02\x00\xff\x81\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00saltsaltsalt\x00mysql_native_password\x00"))
	if number, ok := mysqlRead(c); ok && m.certificate == nil {
		mysqlPacket(c, number+1, refusal)
	} else if ok {
		_ = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{*m.certificate}}).Handshake()
	}
}

func mysqlPacket(c net.Conn, number byte, content []byte) {
	_, _ = c.Write(append([]byte{byte(len(content)), byte(len(content) >> 8), 0, number}, content...))
}

// mysqlRead reads one packet and returns its number.
func mysqlRead(c net.Conn) (number byte, ok bool) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(c, head); err != nil {
		return 0, false
	}
	_, err := io.CopyN(io.Discard, c, int64(head[0])|int64(head[1])<<8)
	return head[3], err == nil
}

func TestMySQLSaysWhatIsWrong(t *testing.T) {
	plain := []string{"tls", "disable"}
	for _, c := range []struct {
		peer mysqlPeer
		databaseCase
	}{
		{mysqlPeer{code: 1862, state: "HY000", words: "Your password has expired. To log in you must change it using a client that supports expired passwords."},
			databaseCase{"password expired", "relink", "right", plain, signIn, "1862", "", integration.CauseExpired, "password-expired", 0}},
		{mysqlPeer{code: 3118, state: "HY000", words: "Access denied for user 'relink'@'localhost'. Account is locked."},
			databaseCase{"account locked", "relink", "right", plain, signIn, "3118", "", changed, "account-disabled", 0}},
		{mysqlPeer{code: 3955, state: "HY000", words: "Access denied for user 'relink'@'localhost'. Account is blocked for 1 day(s) (1 day(s) remaining) due to 3 consecutive failed logins."},
			databaseCase{"account locked for a while", "relink", "right", plain, signIn, "3955", "", changed, "account-disabled", 0}},
		{mysqlPeer{code: 1040, words: "Too many connections", atOnce: true},
			databaseCase{"too many connections, before the greeting", "relink", "right", plain, signIn, "1040", "", third, "connection-limit", 0}},
		{mysqlPeer{code: 1203, state: "42000", words: "User relink already has more than 'max_user_connections' active connections"},
			databaseCase{"too many connections of the user", "relink", "right", plain, signIn, "1203", "", third, "connection-limit", 0}},
		{mysqlPeer{code: 1130, words: "Host '203.0.113.7' is not allowed to connect to this MySQL server", atOnce: true},
			databaseCase{"address not allowed", "relink", "right", plain, signIn, "1130", "", computer, "address-not-allowed", 0}},
		{mysqlPeer{code: 3032, state: "HY000", words: "The server is currently in offline mode"},
			databaseCase{"in recovery, left by its group", "relink", "right", plain, signIn, "3032", "", third, "provider-trouble", 0}},
		{mysqlPeer{code: 1053, state: "08S01", words: "Server shutdown in progress"},
			databaseCase{"shutting down", "relink", "right", plain, signIn, "1053", "", third, "provider-trouble", 0}},
	} {
		c.check(t, "mysql", c.peer.start(t), nil)
	}
	ca := newAuthority(t)
	old := ca.issue(t, forDatabase, expired)
	databaseCase{"certificate expired", "relink", "right", []string{"tls", "verify-full", "host", "db.example"}, integration.StageTLS, "", integration.NetworkTLSExpired, third, "certificate-expired", 0}.
		check(t, "mysql", mysqlPeer{certificate: &old}.start(t), ca.pool)
}
