package channel

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"

	"relink/backend/integration"
	"relink/backend/secret"
)

// The two ways of encrypting SMTP (RFC 8314). There is no third one.
const (
	securityTLS      = "tls"
	securityStartTLS = "starttls"
)

// mail hands a message to the SMTP server. Later messages name the first one in In-Reply-To and
// References (RFC 5322 section 3.6.4), so that mail programs show one conversation.
func (s *Sender) mail(ctx context.Context, c integration.Channel, secrets secret.Fields, m integration.Message) (string, error) {
	letter, id, err := compose(c, m)
	if err != nil {
		return "", &integration.DeliveryError{Code: integration.DeliveryRejected}
	}
	client, err := s.mailClient(c, secrets)
	if err != nil {
		return "", &integration.DeliveryError{Code: integration.DeliveryRefused}
	}
	if err := client.DialWithContext(ctx); err != nil {
		return "", unsent(err)
	}
	err = client.Send(letter)
	_ = client.Close() // what was taken is taken, whatever the farewell says
	if err != nil && !letter.IsDelivered() {
		return "", unsent(err)
	}
	return id, nil
}

func (s *Sender) mailClient(c integration.Channel, secrets secret.Fields) (*mail.Client, error) {
	host := c.Settings["host"]
	port, err := strconv.Atoi(c.Settings["port"])
	if err != nil {
		return nil, err
	}
	options := []mail.Option{
		mail.WithPort(port), mail.WithTimeout(deadline), mail.WithDialContextFunc(s.o.Dial), mail.WithHELO("localhost"),
		mail.WithTLSPolicy(mail.TLSMandatory),
		mail.WithTLSConfig(&tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, RootCAs: s.o.Roots}),
	}
	if c.Settings["security"] == securityTLS {
		// The connection is encrypted before the first word, and the library sees that it is.
		options = append(options, mail.WithDialContextFunc(s.dialTLS(host)), mail.WithTLSPolicy(mail.TLSOpportunistic))
	}
	if user := c.Settings["username"]; user != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(user), mail.WithPassword(secrets["password"].Reveal()))
	}
	return mail.NewClient(host, options...)
}

// compose writes the letter and returns it with its Message-ID, which stays the same when it is sent again.
func compose(c integration.Channel, m integration.Message) (*mail.Msg, string, error) {
	letter := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := letter.From(c.Settings["from"]); err != nil {
		return nil, "", err
	}
	if err := letter.To(receivers(c.Settings["to"])...); err != nil {
		return nil, "", err
	}
	domain := "relink.invalid"
	if _, after, ok := strings.Cut(strings.Trim(c.Settings["from"], "<> "), "@"); ok {
		domain = after
	}
	id := m.ID + "@" + domain
	letter.SetMessageIDWithValue(id)
	letter.SetDateWithValue(m.At)
	subject, text := m.Title, m.Text
	if m.Reference != "" {
		// Some mail programs join letters only when the subject is the same, too.
		subject, text = "Re: "+m.First, m.Title+"\n\n"+m.Text
		letter.SetGenHeader(mail.HeaderInReplyTo, "<"+m.Reference+">")
		letter.SetGenHeader(mail.HeaderReferences, "<"+m.Reference+">")
	}
	letter.Subject(subject)
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	letter.SetBodyString(mail.TypeTextPlain, text+"\n")
	return letter, id, nil
}

func receivers(list string) []string {
	var all []string
	for one := range strings.SplitSeq(list, ",") {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}

// unsent sorts what kept a letter from being taken.
func unsent(err error) error {
	var send *mail.SendError
	var reply *textproto.Error
	status := 0
	switch {
	case errors.As(err, &reply):
		status = reply.Code
	case errors.As(err, &send):
		status = send.ErrorCode()
	}
	switch {
	case status == 530, status == 534, status == 535, status == 538: // RFC 4954 section 6
		return &integration.DeliveryError{Code: integration.DeliveryRefused, Status: status}
	case status/100 == 4:
		return &integration.DeliveryError{Code: integration.DeliveryBusy, Status: status}
	case status/100 == 5:
		return &integration.DeliveryError{Code: integration.DeliveryRejected, Status: status}
	}
	var network net.Error
	if errors.Is(err, mail.ErrNoActiveConnection) || errors.Is(err, io.EOF) || errors.As(err, &network) || send != nil {
		return unreached(err)
	}
	// What is left is a server that spoke, and with which no encryption came about.
	return &integration.DeliveryError{Code: integration.DeliveryUntrusted}
}
