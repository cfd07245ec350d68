package probe_test

import (
	"bufio"
	"crypto/md5"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/FerretDB/wire"
	"github.com/FerretDB/wire/wirebson"
	"github.com/xdg-go/scram"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// A peer that speaks MongoDB's wire protocol on libraries of others, with the server's half of SCRAM
// (RFC 5802, RFC 7677). No MongoDB runs where these tests do.

// mongoServer is what the peer does.
type mongoServer struct {
	certificate *tls.Certificate // nil: no encryption
	clients     *x509.CertPool   // the authorities of the clients' certificates; nil: none is asked for
	mechanism   string           // SCRAM-SHA-256 when empty
	refuse      map[string]mongoRefusal
	cut         string // the command at which the connection is reset
	before      func(command string)
	full        bool // connections are closed at once, as a server does that has too many
	collections []string
	actions     []string      // what the login may do
	lag         time.Duration // of a secondary
	set         string        // the name of the replica set
	hosts       func() []string

	mu    sync.Mutex
	asked []string
	proof int // how often a password was offered
}

// mongoRefusal is an answer with ok: 0.
type mongoRefusal struct {
	code int32
	name string
	text string
}

var unauthorized = mongoRefusal{13, "Unauthorized", "not authorized on shop to execute command"}

func (s *mongoServer) start(t testing.TB) *server {
	t.Helper()
	host, port, _ := net.SplitHostPort(listening(t, s.serve))
	return &server{host: host, port: port}
}

func (s *mongoServer) serve(raw net.Conn) {
	defer raw.Close()
	if s.full {
		return
	}
	var conn net.Conn = raw
	c := &mongoConnection{server: s}
	if s.certificate != nil {
		config := &tls.Config{Certificates: []tls.Certificate{*s.certificate}, ClientCAs: s.clients}
		if s.clients != nil {
			config.ClientAuth = tls.VerifyClientCertIfGiven
		}
		secure := tls.Server(raw, config)
		if secure.Handshake() != nil {
			return
		}
		conn, c.shown = secure, secure.ConnectionState().PeerCertificates
	}
	in, out := bufio.NewReader(conn), bufio.NewWriter(conn)
	for {
		head, body, err := wire.ReadMessage(in)
		if err != nil {
			return
		}
		var request bson.M
		switch body := body.(type) {
		case *wire.OpMsg:
			content, err := body.DocumentRaw()
			if err != nil || bson.Unmarshal(content, &request) != nil {
				return
			}
		case *wire.OpQuery:
			if bson.Unmarshal(body.QueryRaw(), &request) != nil {
				return
			}
		}
		answer, ok := c.answer(request)
		if !ok {
			_ = raw.(*net.TCPConn).SetLinger(0)
			return
		}
		if reply(out, head, body, answer) != nil {
			return
		}
	}
}

// reply answers in the form of the question.
func reply(out *bufio.Writer, head *wire.MsgHeader, to wire.MsgBody, answer any) error {
	content, err := bson.Marshal(answer)
	if err != nil {
		return err
	}
	var body wire.MsgBody
	code := wire.OpCodeMsg
	if _, old := to.(*wire.OpQuery); old {
		code = wire.OpCodeReply
		body, err = wire.NewOpReply(wirebson.RawDocument(content))
	} else {
		body, err = wire.NewOpMsg(wirebson.RawDocument(content))
	}
	if err != nil {
		return err
	}
	packed, err := body.MarshalBinary()
	if err != nil {
		return err
	}
	err = wire.WriteMessage(out, &wire.MsgHeader{MessageLength: int32(wire.MsgHeaderLen + len(packed)), RequestID: head.RequestID + 1, ResponseTo: head.RequestID, OpCode: code}, body)
	return errors.Join(err, out.Flush())
}

// mongoConnection is one connection and who signed in on it.
type mongoConnection struct {
	server *mongoServer
	sasl   *scram.ServerConversation
	shown  []*x509.Certificate // of the client
	user   string
	source string // the database that the user is of
}

// commands are those that the peer knows.
var commands = []string{"hello", "isMaster", "ismaster", "saslStart", "saslContinue", "authenticate", "connectionStatus", "listCollections", "find", "buildInfo", "endSessions"}

func (c *mongoConnection) answer(request bson.M) (answer any, ok bool) {
	s := c.server
	at := slices.IndexFunc(commands, func(name string) bool { _, there := request[name]; return there })
	if at < 0 {
		return refusal(mongoRefusal{59, "CommandNotFound", fmt.Sprintf("no such command in %v", request)}), true
	}
	name := commands[at]
	s.mu.Lock()
	s.asked = append(s.asked, name)
	s.mu.Unlock()
	if s.before != nil {
		s.before(name)
	}
	if name == s.cut {
		return nil, false
	}
	if r, refused := s.refuse[name]; refused {
		return refusal(r), true
	}
	switch name {
	case "hello", "isMaster", "ismaster":
		return c.hello(request), true
	case "saslStart", "saslContinue":
		return c.signIn(request), true
	case "authenticate":
		return c.certified(request), true
	case "endSessions":
		return bson.M{"ok": 1}, true
	}
	if c.user == "" {
		return refusal(unauthorized), true
	}
	return c.read(name), true
}

func refusal(r mongoRefusal) bson.M {
	return bson.M{"ok": 0, "code": r.code, "codeName": r.name, "errmsg": r.text}
}

func (c *mongoConnection) hello(request bson.M) bson.M {
	now := time.Now()
	answer := bson.M{"ok": 1, "helloOk": true, "isWritablePrimary": c.server.lag == 0, "ismaster": c.server.lag == 0, "maxBsonObjectSize": 16 << 20,
		"maxMessageSizeBytes": 48 << 20, "maxWriteBatchSize": 100_000, "minWireVersion": 8, "maxWireVersion": 21, "localTime": now,
		"saslSupportedMechs": []string{c.server.mechanisms()}}
	if c.server.set != "" {
		answer["setName"], answer["hosts"], answer["me"] = c.server.set, c.server.hosts(), c.server.hosts()[0]
		answer["secondary"] = c.server.lag != 0
		answer["lastWrite"] = bson.M{"lastWriteDate": now.Add(-c.server.lag)}
	}
	if first, there := request["speculativeAuthenticate"].(bson.D); there {
		var start bson.M
		content, _ := bson.Marshal(first)
		_ = bson.Unmarshal(content, &start)
		begin := c.signIn
		if start["authenticate"] != nil {
			begin = c.certified
		}
		if begun := begin(start); begun["ok"] == 1 {
			answer["speculativeAuthenticate"] = begun
		}
	}
	return answer
}

func (s *mongoServer) mechanisms() string {
	if s.mechanism == "" {
		return "SCRAM-SHA-256"
	}
	return s.mechanism
}

// signIn is the server's half of SCRAM, for the login relink with the password right.
func (c *mongoConnection) signIn(request bson.M) bson.M {
	failed := refusal(mongoRefusal{18, "AuthenticationFailed", "Authentication failed."})
	if request["saslStart"] != nil {
		if request["mechanism"] != c.server.mechanisms() || request["db"] != nil && request["db"] != "admin" || request["$db"] != nil && request["$db"] != "admin" {
			return failed
		}
		hash, password := scram.SHA256, "right"
		if c.server.mechanisms() == "SCRAM-SHA-1" {
			hash, password = scram.SHA1, fmt.Sprintf("%x", md5.Sum([]byte("relink:mongo:right")))
		}
		client, _ := hash.NewClientUnprepped("relink", password, "")
		stored, err := client.GetStoredCredentialsWithError(scram.KeyFactors{Salt: "salt of the peer", Iters: 15_000})
		if err != nil {
			return failed
		}
		server, _ := hash.NewServer(func(user string) (scram.StoredCredentials, error) {
			if user != "relink" {
				return scram.StoredCredentials{}, errors.New("unknown")
			}
			return stored, nil
		})
		c.sasl = server.NewConversation()
	} else {
		c.server.mu.Lock()
		c.server.proof++
		c.server.mu.Unlock()
	}
	payload, _ := request["payload"].(bson.Binary)
	if c.sasl == nil || c.sasl.Done() {
		return failed
	}
	said, err := c.sasl.Step(string(payload.Data))
	if err != nil {
		return failed
	}
	if c.sasl.Valid() {
		c.user, c.source = c.sasl.Username(), "admin"
	}
	return bson.M{"ok": 1, "conversationId": 1, "done": c.sasl.Done(), "payload": bson.Binary{Data: []byte(said)}}
}

// certified signs the client in whose certificate names a user: the server goes by the subject alone.
func (c *mongoConnection) certified(request bson.M) bson.M {
	switch {
	case request["mechanism"] != "MONGODB-X509":
		return refusal(mongoRefusal{18, "AuthenticationFailed", "Authentication failed."})
	case len(c.shown) == 0:
		return refusal(mongoRefusal{18, "AuthenticationFailed", "No verified subject name available from client"})
	case c.shown[0].Subject.String() != "CN=relink,O=Shop":
		return refusal(mongoRefusal{18, "AuthenticationFailed", "There is no x.509 client certificate matching the user."})
	}
	c.user, c.source = c.shown[0].Subject.String(), "$external"
	return bson.M{"ok": 1, "dbname": "$external", "user": c.user}
}

func (c *mongoConnection) read(name string) any {
	batch := func(namespace string, documents ...any) bson.M {
		return bson.M{"ok": 1, "cursor": bson.M{"id": int64(0), "ns": namespace, "firstBatch": append([]any{}, documents...)}}
	}
	switch name {
	case "connectionStatus":
		actions := c.server.actions
		if actions == nil {
			actions = []string{"find", "listCollections"}
		}
		return bson.M{"ok": 1, "authInfo": bson.M{"authenticatedUsers": []bson.M{{"user": c.user, "db": c.source}},
			"authenticatedUserRoles": []bson.M{{"role": "read", "db": "shop"}}, "authenticatedUserPrivileges": []bson.M{{"resource": bson.M{"db": "shop", "collection": ""}, "actions": actions}}}}
	case "listCollections":
		var listed []any
		for _, n := range c.server.collections {
			listed = append(listed, bson.M{"name": n, "type": "collection"})
		}
		return batch("shop.$cmd.listCollections", listed...)
	case "find":
		return batch("shop.orders", bson.M{"_id": 1})
	}
	return bson.M{"ok": 1, "version": "8.0.4"}
}

func shopOnMongoDB(change ...func(*mongoServer)) *mongoServer {
	s := &mongoServer{collections: []string{"orders", "system.views"}}
	for _, c := range change {
		c(s)
	}
	return s
}
