package probe_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"
)

// A peer that speaks as much of TDS 7.4 (MS-TDS) as a login and a few queries need: PRELOGIN with
// TLS inside, LOGIN7, SQL batches. No SQL Server runs where these tests do; what it would say is
// each test's to tell.

// tdsError is an ERROR token.
type tdsError struct {
	number       int32
	state, class byte
	words        string
}

// tdsServer is what the peer does.
type tdsServer struct {
	certificate *tls.Certificate // nil: no encryption is offered
	login       func(tdsLogin) []tdsError
	query       func(text string) (rows [][]string, failure []tdsError, cut bool)

	mu     sync.Mutex
	logins []tdsLogin
	asked  []string
}

// tdsLogin is what a LOGIN7 packet held.
type tdsLogin struct{ user, password, database, app string }

func (s *tdsServer) start(t testing.TB) *server {
	t.Helper()
	host, port, _ := net.SplitHostPort(listening(t, s.serve))
	return &server{host: host, port: port}
}

func (s *tdsServer) serve(raw net.Conn) {
	defer raw.Close()
	w := &tdsWrapped{Conn: raw}
	var conn net.Conn = raw
	for {
		kind, content, err := tdsRead(conn)
		if err != nil {
			return
		}
		switch kind {
		case 0x12: // PRELOGIN
			encryption := byte(2) // not supported
			if s.certificate != nil {
				encryption = 1
			}
			tdsSend(conn, append([]byte{0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0x10, 0, 0, 0}, encryption))
			if s.certificate == nil {
				continue
			}
			secure := tls.Server(w, &tls.Config{Certificates: []tls.Certificate{*s.certificate}, MaxVersion: tls.VersionTLS12})
			if secure.Handshake() != nil {
				return
			}
			w.plain = true
			conn = secure
		case 0x10: // LOGIN7
			l := tdsLoginOf(content)
			s.mu.Lock()
			s.logins = append(s.logins, l)
			s.mu.Unlock()
			if failure := s.login(l); len(failure) > 0 {
				tdsSend(conn, append(tdsErrors(failure), tdsDone(2)...))
				return
			}
			tdsSend(conn, append(tdsAck(), tdsDone(0)...))
		case 0x01: // SQL batch
			text := tdsText(content[binary.LittleEndian.Uint32(content):])
			s.mu.Lock()
			s.asked = append(s.asked, text)
			s.mu.Unlock()
			rows, failure, cut := s.query(text)
			switch {
			case cut:
				_ = raw.(*net.TCPConn).SetLinger(0)
				return
			case len(failure) > 0:
				tdsSend(conn, append(tdsErrors(failure), tdsDone(2)...))
			default:
				tdsSend(conn, append(tdsTable(rows), tdsDone(0x10)...))
			}
		default:
			tdsSend(conn, tdsDone(0x20))
		}
	}
}

// tdsWrapped carries a TLS handshake in TDS packets until it is over.
type tdsWrapped struct {
	net.Conn
	plain bool
	rest  []byte
}

func (w *tdsWrapped) Read(b []byte) (int, error) {
	if w.plain {
		return w.Conn.Read(b)
	}
	if len(w.rest) == 0 {
		_, content, err := tdsRead(w.Conn)
		if err != nil {
			return 0, err
		}
		w.rest = content
	}
	n := copy(b, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}

func (w *tdsWrapped) Write(b []byte) (int, error) {
	if w.plain {
		return w.Conn.Write(b)
	}
	head := []byte{0x12, 1, 0, 0, 0, 0, 1, 0}
	binary.BigEndian.PutUint16(head[2:], uint16(len(b)+8))
	_, err := w.Conn.Write(append(head, b...))
	return len(b), err
}

func tdsRead(c io.Reader) (kind byte, content []byte, err error) {
	for {
		head := make([]byte, 8)
		if _, err := io.ReadFull(c, head); err != nil {
			return 0, nil, err
		}
		size := int(binary.BigEndian.Uint16(head[2:])) - 8
		if size < 0 {
			return 0, nil, fmt.Errorf("a packet of %d bytes", size)
		}
		part := make([]byte, size)
		if _, err := io.ReadFull(c, part); err != nil {
			return 0, nil, err
		}
		content = append(content, part...)
		if head[1]&1 == 1 {
			return head[0], content, nil
		}
	}
}

func tdsSend(c io.Writer, content []byte) {
	head := []byte{4, 1, 0, 0, 0, 0, 1, 0}
	binary.BigEndian.PutUint16(head[2:], uint16(len(content)+8))
	_, _ = c.Write(append(head, content...))
}

// tdsLoginOf reads the variable part of LOGIN7, whose password is scrambled (MS-TDS 2.2.6.4).
func tdsLoginOf(p []byte) tdsLogin {
	field := func(at int) []byte {
		start, length := int(binary.LittleEndian.Uint16(p[at:])), int(binary.LittleEndian.Uint16(p[at+2:]))
		return p[start : start+2*length]
	}
	password := bytes.Clone(field(44))
	for i, b := range password {
		b ^= 0xA5
		password[i] = b<<4 | b>>4
	}
	return tdsLogin{user: tdsText(field(40)), password: tdsText(password), database: tdsText(field(68)), app: tdsText(field(48))}
}

func tdsText(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

func tdsBytes(s string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return b
}

func tdsToken(kind byte, content []byte) []byte {
	return append(binary.LittleEndian.AppendUint16([]byte{kind}, uint16(len(content))), content...)
}

func tdsErrors(all []tdsError) []byte {
	var tokens []byte
	for _, e := range all {
		b := binary.LittleEndian.AppendUint32(nil, uint32(e.number))
		b = append(b, e.state, e.class)
		b = append(binary.LittleEndian.AppendUint16(b, uint16(len(utf16.Encode([]rune(e.words))))), tdsBytes(e.words)...)
		b = append(append(b, 4), tdsBytes("peer")...)
		b = binary.LittleEndian.AppendUint32(append(b, 0), 1)
		tokens = append(tokens, tdsToken(0xAA, b)...)
	}
	return tokens
}

func tdsAck() []byte {
	b := append([]byte{1, 0x74, 0, 0, 4, 4}, tdsBytes("peer")...)
	return tdsToken(0xAD, append(b, 16, 0, 0x10, 0))
}

func tdsDone(status uint16) []byte {
	b := make([]byte, 13)
	b[0] = 0xFD
	binary.LittleEndian.PutUint16(b[1:], status)
	return b
}

// tdsTable is a result of NVARCHAR columns; an empty text is NULL.
func tdsTable(rows [][]string) []byte {
	columns := 1
	if len(rows) > 0 {
		columns = len(rows[0])
	}
	b := binary.LittleEndian.AppendUint16([]byte{0x81}, uint16(columns))
	for range columns {
		b = append(b, 0, 0, 0, 0, 9, 0, 0xE7, 0x40, 0x1F, 9, 4, 0xD0, 0, 0x34, 0)
	}
	for _, row := range rows {
		b = append(b, 0xD1)
		for _, cell := range row {
			if cell == "" {
				b = append(b, 0xFF, 0xFF)
				continue
			}
			text := tdsBytes(cell)
			b = append(binary.LittleEndian.AppendUint16(b, uint16(len(text))), text...)
		}
	}
	return b
}

// shopOnSQLServer answers as a healthy server would, for the login relink with the password right.
func shopOnSQLServer(t testing.TB, certificate *tls.Certificate) *tdsServer {
	t.Helper()
	return &tdsServer{certificate: certificate,
		login: func(l tdsLogin) []tdsError {
			refused := tdsError{18456, 1, 14, "Login failed for user '" + l.user + "'."}
			known := map[string][]tdsError{
				"expired":    {{18487, 1, 14, "Login failed for user 'expired'.  Reason: The password of the account has expired."}},
				"change":     {{18488, 1, 14, "Login failed for user 'change'.  Reason: The password of the account must be changed."}},
				"locked":     {{18486, 1, 14, "Login failed for user 'locked' because the account is currently locked out. The system administrator can unlock it."}},
				"state7":     {{18456, 7, 14, "Login failed for user 'state7'."}},
				"state38":    {{18456, 38, 14, "Login failed for user 'state38'."}},
				"full":       {{17809, 1, 20, "Could not connect because the maximum number of '1' user connections has already been reached."}},
				"azure":      {{40615, 1, 14, "Cannot open server 'shop' requested by the login. Client with IP address '203.0.113.7' is not allowed to access the server."}},
				"paused":     {{40613, 1, 17, "Database 'shop' on server 'shop' is not currently available."}},
				"recovering": {{922, 1, 14, "Database 'shop' is being recovered. Waiting until recovery is finished."}},
				"upgrading":  {{18401, 1, 14, "Login failed for user 'upgrading'. Reason: Server is in script upgrade mode. Only administrator can connect at this time."}},
				"relink":     nil, "payroll": nil, "cut": nil, "writer": nil, "soon": nil, "mute": nil,
			}
			failure, found := known[l.user]
			switch {
			case !found || l.password != "right":
				return []tdsError{refused}
			case l.database == "gone":
				return []tdsError{{4060, 1, 11, `Cannot open database "gone" requested by the login. The login failed.`}, refused}
			}
			return failure
		},
		query: sqlServerAnswers,
	}
}

// sqlServerAnswers fits no particular login: tests that need another one wrap it.
func sqlServerAnswers(text string) (rows [][]string, failure []tdsError, cut bool) {
	switch {
	case strings.HasPrefix(text, "SELECT SUSER_SNAME()"):
		return [][]string{{"relink", "shop"}}, nil, false
	case strings.Contains(text, "sys.objects"):
		return [][]string{{"dbo", "Orders"}}, nil, false
	case strings.Contains(text, "SERVERPROPERTY"):
		return [][]string{{"16.0.4165.4", "READ_WRITE", "0", ""}}, nil, false
	case strings.Contains(text, "[payroll]"):
		return nil, []tdsError{{229, 5, 14, "The SELECT permission was denied on the object 'payroll', database 'shop', schema 'dbo'."}}, false
	case strings.Contains(text, "[refunds]"):
		return nil, []tdsError{{208, 1, 16, "Invalid object name 'dbo.refunds'."}}, false
	case strings.Contains(text, "[cut]"):
		return nil, nil, true
	case strings.HasPrefix(text, "SELECT TOP 1 1 FROM ["):
		return [][]string{{"1"}}, nil, false
	}
	return nil, []tdsError{{102, 1, 15, "Incorrect syntax: " + text}}, false
}
