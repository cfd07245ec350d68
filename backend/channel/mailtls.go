package channel

import (
	"context"
	"crypto/tls"
	"net"
)

// dialTLS opens a connection that is encrypted from the first byte (RFC 8314 section 3.3).
func (s *Sender) dialTLS(host string) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		plain, err := s.o.Dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		safe := tls.Client(plain, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, RootCAs: s.o.Roots})
		if err := safe.HandshakeContext(ctx); err != nil {
			_ = plain.Close()
			return nil, err
		}
		return safe, nil
	}
}
