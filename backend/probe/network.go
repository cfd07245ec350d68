package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"relink/backend/integration"
)

// Network names the fault behind an error of a connection, and the stage at which such a fault
// happens. An error that it does not know is NetworkOther at the request.
func Network(err error) (integration.Stage, integration.NetworkFault) {
	if err == nil {
		return "", integration.NetworkNone
	}
	var denied DeniedError
	switch {
	case errors.As(err, &denied):
		return integration.StageTCP, integration.NetworkDenied
	case errors.Is(err, errProxy), operation(err, "proxyconnect"), operation(err, "socks connect"):
		return integration.StageTCP, integration.NetworkProxy
	}
	for _, classify := range []func(error) (integration.Stage, integration.NetworkFault){lookupFault, tlsFault, systemFault} {
		if stage, fault := classify(err); fault != integration.NetworkNone {
			return stage, fault
		}
	}
	return integration.StageRequest, integration.NetworkOther
}

func lookupFault(err error) (integration.Stage, integration.NetworkFault) {
	var dns *net.DNSError
	switch {
	case !errors.As(err, &dns):
		return "", integration.NetworkNone
	case dns.IsNotFound:
		return integration.StageDNS, integration.NetworkDNS
	}
	return integration.StageDNS, integration.NetworkDNSFailing
}

func tlsFault(err error) (integration.Stage, integration.NetworkFault) {
	var (
		invalid x509.CertificateInvalidError
		name    x509.HostnameError
		issuer  x509.UnknownAuthorityError
		roots   x509.SystemRootsError
		verify  *tls.CertificateVerificationError
		record  tls.RecordHeaderError
		alert   tls.AlertError
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return integration.StageTLS, integration.NetworkTLSExpired
	case errors.As(err, &name):
		return integration.StageTLS, integration.NetworkTLSName
	case errors.As(err, &issuer), errors.As(err, &roots), errors.As(err, &invalid):
		return integration.StageTLS, integration.NetworkTLSIssuer
	case errors.As(err, &verify), errors.As(err, &record), errors.As(err, &alert),
		operation(err, "remote error"), operation(err, "local error"), plainTLS(err):
		return integration.StageTLS, integration.NetworkTLSOther
	}
	return "", integration.NetworkNone
}

// plainTLS recognizes the errors of crypto/tls that have no type of their own, such as a protocol
// version that is too old; their text is all there is to go by.
func plainTLS(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		if strings.HasPrefix(err.Error(), "tls: ") {
			return true
		}
	}
	return false
}

func systemFault(err error) (integration.Stage, integration.NetworkFault) {
	stage := integration.StageRequest
	if operation(err, "dial") {
		stage = integration.StageTCP
	}
	var slow net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return integration.StageTCP, integration.NetworkRefused
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.ENETDOWN), errors.Is(err, syscall.EHOSTDOWN):
		return integration.StageTCP, integration.NetworkUnreachable
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		return stage, integration.NetworkTimeout
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNABORTED), errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return stage, integration.NetworkReset
	}
	return "", integration.NetworkNone
}

// operation says whether a net.OpError of that kind is in the chain.
func operation(err error, kind string) bool {
	for {
		var op *net.OpError
		if !errors.As(err, &op) {
			return false
		}
		if op.Op == kind {
			return true
		}
		err = op.Err
	}
}

// certificate tells who signed a server's certificate and until when it is good.
func certificate(chain []*x509.Certificate) integration.Certificate {
	if len(chain) == 0 {
		return integration.Certificate{}
	}
	by := chain[0].Issuer
	name := by.CommonName
	if len(by.Organization) > 0 {
		name = by.Organization[0]
	}
	return integration.Certificate{Issuer: printable(name, maxName), Until: chain[0].NotAfter.UTC()}
}
