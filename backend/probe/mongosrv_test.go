package probe_test

import (
	"context"
	"net"
	"strconv"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"relink/backend/integration"
)

// seedList is a name server that knows one mongodb+srv name.
func seedList(t *testing.T, target string, port uint16, text string) *net.Resolver {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buffer := make([]byte, 1500)
		for {
			n, from, err := socket.ReadFrom(buffer)
			if err != nil {
				return
			}
			if answer, err := seedAnswer(buffer[:n], target, port, text); err == nil {
				_, _ = socket.WriteTo(answer, from)
			}
		}
	}()
	t.Cleanup(func() { socket.Close(); <-ended })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
}

func seedAnswer(asked []byte, target string, port uint16, text string) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(asked); err != nil {
		return nil, err
	}
	m.Response, m.Additionals = true, nil
	q := m.Questions[0]
	head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1}
	switch name := q.Name.String(); {
	case q.Type == dnsmessage.TypeSRV && name == "_mongodb._tcp.shop.db.example.":
		m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.SRVResource{Port: port, Target: dnsmessage.MustNewName(target)}}}
	case q.Type == dnsmessage.TypeTXT && name == "shop.db.example." && text != "":
		m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.TXTResource{TXT: []string{text}}}}
	case q.Type == dnsmessage.TypeA && name == target:
		m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
	case q.Type == dnsmessage.TypeA || q.Type == dnsmessage.TypeAAAA && name == target:
	default:
		m.RCode = dnsmessage.RCodeNameError
	}
	return m.Pack()
}

func TestMongoDBFindsItsHostsInDNS(t *testing.T) {
	peer := shopOnMongoDB(func(s *mongoServer) { s.set = "rs0" })
	s := peer.start(t)
	peer.hosts = func() []string { return []string{net.JoinHostPort("node1.db.example", s.port)} }
	port, _ := strconv.Atoi(s.port)
	for _, c := range []struct {
		name, host, target, text, rule string
		network                        integration.NetworkFault
	}{
		{"by SRV and TXT", "shop.db.example", "node1.db.example.", "authSource=admin&replicaSet=rs0", "works", integration.NetworkNone},
		{"without TXT", "shop.db.example", "node1.db.example.", "", "works", integration.NetworkNone},
		{"a host of another domain", "shop.db.example", "node1.evil.example.", "", "address-denied", integration.NetworkDenied},
		{"no such name", "gone.db.example", "node1.db.example.", "", "own-name-unknown", integration.NetworkDNS},
	} {
		p := newProber(t, lookingUp(seedList(t, c.target, uint16(port), c.text)))
		e, f := run(t, p, login(t, "mongodb", s, "relink", "right", "tls", "disable", "host", c.host, "srv", "yes"))
		if f.Rule != c.rule || e.Network != c.network {
			t.Errorf("%s: %s %s at %s\n%+v", c.name, f.Rule, e.Network, e.Stage, e)
		}
	}
}
