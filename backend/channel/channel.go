// Package channel answers how a notice reaches somebody who does not sit at this computer: by e-mail,
// in a chat, or through a webhook.
//
// # Why
// The address of a chat's webhook is a password. The library that posts to all of them (shoutrrr, its kept fork,
// looked at up to v0.20) takes no context for HTTP, follows redirects unless the client that it is given does not,
// reads answers of any length, quotes the address in its errors, and returns none of what a thread needs: neither
// the first message's name nor the status or Retry-After of a refusal. So requests go over a transport of our own
// that follows nothing, and an error is a code. Mail, where the protocol is the work, is left to a library.
package channel

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"time"

	"relink/backend/integration"
	"relink/backend/secret"
)

// deadline is how long one delivery may take.
const deadline = 20 * time.Second

// Options are a Sender's surroundings. All but Now may be nil.
type Options struct {
	Dial  func(ctx context.Context, network, address string) (net.Conn, error)
	Roots *x509.CertPool // nil: the system's
	Now   func() time.Time
}

// Sender delivers messages. It may be used from several goroutines.
type Sender struct {
	o      Options
	client *http.Client
}

// NewSender returns a Sender.
func NewSender(o Options) *Sender {
	if o.Dial == nil {
		o.Dial = (&net.Dialer{Timeout: deadline}).DialContext
	}
	return &Sender{o: o, client: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: o.Dial,
			TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots},
			TLSHandshakeTimeout: deadline, ResponseHeaderTimeout: deadline, MaxResponseHeaderBytes: maxHeader,
			IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
		},
	}}
}

// Send delivers one message within 20 s, and returns what the service calls it, "" where it does not say.
// Its errors are *integration.DeliveryError.
func (s *Sender) Send(ctx context.Context, c integration.Channel, secrets secret.Fields, m integration.Message) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	switch c.Kind {
	case integration.ChannelEmail:
		return s.mail(ctx, c, secrets, m)
	case integration.ChannelSlack:
		return s.slack(ctx, c, secrets, m)
	case integration.ChannelTeams:
		return s.teams(ctx, secrets, m)
	case integration.ChannelTelegram:
		return s.telegram(ctx, c, secrets, m)
	case integration.ChannelDiscord:
		return s.discord(ctx, secrets, m)
	case integration.ChannelWebhook:
		return s.webhook(ctx, secrets, m)
	}
	return "", &integration.DeliveryError{Code: integration.DeliveryRejected}
}
