package oauth

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// newTransport returns a transport with a deadline for each phase. Cookies, redirects and Referer
// do not exist at this level.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2:      true,
		// A kept connection that the server closes while a one-time token is on its way leaves in doubt
		// whether it arrived. A new one for each request costs a handshake an hour.
		DisableKeepAlives: true,
	}
}
