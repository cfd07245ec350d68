package oauth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"
)

// The longest texts and waits that are taken over from a server.
const (
	maxDescription = 2 << 10
	maxCode        = 128
	maxRetryAfter  = 24 * time.Hour
)

// Refusal is a complete answer that is not a token; it is returned as a *Refusal. Nothing in it is a
// secret: what was sent is blanked out of the server's words.
type Refusal struct {
	HTTPStatus  int
	Code        string        // the OAuth error (RFC 6749 section 5.2), "" when the answer names none
	Description string        // the server's own words: at most 2 KiB, printable; to be shown as text only
	Detail      string        // the answer's JSON object, without tokens, at most 2 KiB; "" when it was none
	RetryAfter  time.Duration // at most 24 h; 0 when not stated
	HTML        bool          // a web page where JSON was expected
	Malformed   bool          // a success status with neither a token nor an OAuth error
	Date        time.Time     // the server's clock; zero when not stated
}

// Error tells the status and the OAuth error, and nothing else of the answer.
func (r Refusal) Error() string {
	code := r.Code
	switch {
	case code != "":
	case r.HTML:
		code = "a web page"
	case r.Malformed:
		code = "an unreadable answer"
	default:
		code = "no OAuth error"
	}
	return fmt.Sprintf("the token endpoint refused: status %d, %s", r.HTTPStatus, code)
}

// Fault means that no complete answer arrived: the network, TLS, or a deadline; it is returned as a
// *Fault. errors.Is and errors.As reach the reason behind it.
type Fault struct {
	Err error
	// Sent says that a connection stood, so that the request may have reached the server.
	Sent bool
}

// Error names the kind of fault. The reason's own text is left out, as it may quote what came over
// the wire.
func (f Fault) Error() string {
	return "no complete answer from the token endpoint: " + faultKind(f.Err)
}

// Unwrap returns the reason.
func (f Fault) Unwrap() error { return f.Err }

func faultKind(err error) string {
	var (
		dns     *net.DNSError
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		record  tls.RecordHeaderError
		alert   tls.AlertError
		network net.Error
	)
	switch {
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "timeout"
	case errors.As(err, &dns):
		return "the name was not resolved"
	case errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &invalid), errors.As(err, &record), errors.As(err, &alert):
		return "TLS"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed early"
	}
	return "network"
}

// newRefusal reads from the head of an answer what every refusal tells.
func newRefusal(status int, header http.Header, now time.Time) *Refusal {
	r := &Refusal{HTTPStatus: status}
	if at, err := http.ParseTime(header.Get("Date")); err == nil {
		r.Date = at.UTC()
	}
	if !r.Date.IsZero() {
		now = r.Date // a wrong clock on this side must not stretch the wait
	}
	r.RetryAfter = retryAfter(header.Get("Retry-After"), now)
	return r
}

// retryAfter reads RFC 9110 section 10.2.3: seconds or a date. Garbage is no wait.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		return min(time.Duration(max(0, min(seconds, int64(maxRetryAfter/time.Second))))*time.Second, maxRetryAfter)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, min(at.Sub(now), maxRetryAfter))
	}
	return 0
}

// printable makes a server's words safe to show as text: valid UTF-8 without control and formatting
// characters (line breaks, escapes, direction overrides), one line, at most limit bytes.
func printable(s string, limit int) string {
	if len(s) > 4*limit {
		s = s[:4*limit]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			return ' '
		case r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.TrimSpace(s)
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") // the cut may have split a character
	}
	return s
}
