package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/secret"
)

// maxRedirects is how many steps within one origin are followed.
const maxRedirects = 3

// http runs an HTTP probe.
func (p *Prober) http(ctx context.Context, t *Target, e *integration.Evidence) {
	address, err := p.address(t, t.Provider.Probe.HTTP.URL)
	if address != nil {
		e.Host = address.Host
	}
	if err != nil {
		refuseToSend(e, err)
		return
	}
	out, err := p.content(t)
	if err == nil && len(out.query) > 0 && address.Scheme != "https" {
		err = errors.New("a secret in an address goes over https alone")
	}
	if err == nil {
		_, err = signing(t, p.carrier(t.Provider))
	}
	if errors.Is(err, errEmptySecret) {
		withoutSecret(e)
		return
	}
	if err != nil {
		refuseToSend(e, err)
		return
	}
	seen := &trace{now: p.Now}
	ctx = httptrace.WithClientTrace(ctx, seen.hooks())
	defer func() { p.ownAddress(t, e, address, seen) }()
	for hop := 0; ; hop++ {
		answer, content, err := p.exchange(ctx, t, t.Provider.Probe.HTTP.Method, address, out)
		if err != nil && answer == nil {
			p.broken(e, seen, err)
			return
		}
		if next := sameOrigin(t, answer, address); next != nil && hop < maxRedirects && len(out.query) == 0 {
			address = next
			continue
		}
		if err != nil && answer.StatusCode < 300 {
			p.broken(e, seen, err)
			return
		}
		e.Party = integration.PartyAPI
		p.judge(t, e, answer, content, errors.Is(err, errTooLarge))
		e.Steps = seen.passed(steps(e.Stage)...)
		p.list(ctx, t, e, address, out)
		return
	}
}

// list asks for what the grant can see, where the catalog says that this takes a second request. The
// grant is proven by then: an answer that does not come makes the list a partial one, and nothing worse.
func (p *Prober) list(ctx context.Context, t *Target, e *integration.Evidence, from *url.URL, out outgoing) {
	paths := t.Provider.Probe.HTTP.Resources
	if e.Stage != integration.StageDone || paths == nil || paths.URL == "" {
		return
	}
	e.Resources, e.Partial = nil, true
	address, err := p.address(t, paths.URL)
	if err != nil || address.Host != from.Host && !t.names(address) || len(out.query) > 0 && address.Scheme != "https" {
		return
	}
	out.body = nil
	out.header.Del("Content-Type")
	answer, content, err := p.exchange(ctx, t, http.MethodGet, address, out)
	if err == nil && answer.StatusCode == http.StatusOK && wellFormed(content) {
		e.Resources, e.Partial = resources(t, content)
	}
}

// names says whether the catalog itself names the address's host, so that no answer led to it.
func (t *Target) names(u *url.URL) bool {
	probe := t.Provider.Probe.HTTP
	if len(probe.Hosts) > 0 {
		return onList(u.Hostname(), probe.Hosts)
	}
	return probe.Resources != nil && strings.HasPrefix(probe.Resources.URL, u.Scheme+"://"+u.Host+"/")
}

// onList says whether the host is on a list of hosts, where *.example.com stands for every host below example.com.
func onList(host string, list []string) bool {
	host = strings.ToLower(host)
	return slices.ContainsFunc(list, func(one string) bool {
		if domain, below := strings.CutPrefix(one, "*."); below {
			return strings.HasSuffix(host, "."+domain)
		}
		return host == one
	})
}

// refuseToSend is the evidence of a request that was never made, as it could not be made safely.
func refuseToSend(e *integration.Evidence, err error) {
	e.Stage, e.Network = integration.StageDNS, integration.NetworkDenied
	var input integration.InputError
	if errors.As(err, &input) && e.Host == "" {
		e.Host = printable(input.Args["value"], maxName)
	}
}

// broken is the evidence of an answer that did not arrive.
func (p *Prober) broken(e *integration.Evidence, seen *trace, err error) {
	byKind, fault := Network(err)
	e.Network = fault
	e.Stage, e.Steps = seen.stopped(byKind)
	var bad *tls.CertificateVerificationError
	if errors.As(err, &bad) {
		e.Certificate = certificate(bad.UnverifiedCertificates)
	}
	if fault == integration.NetworkOther && e.Stage == integration.StageTLS {
		e.Network = integration.NetworkTLSOther // crypto/tls has errors without a type
	}
	// A server that hangs up during the handshake does not speak TLS as we do.
	if e.Stage == integration.StageTLS && fault == integration.NetworkReset {
		e.Network = integration.NetworkTLSOther
	}
}

// address fills the settings and what the grant's server told into a URL. Plain http is for this
// computer alone, and a host that the server told must be one that the catalog expects.
func (p *Prober) address(t *Target, template string) (*url.URL, error) {
	filled := template
	if strings.Contains(template, "{") {
		var err error
		if filled, err = catalog.Expand(template, t.values()); err != nil {
			return nil, err
		}
	}
	u, err := url.Parse(filled)
	switch {
	case err != nil, u.Host == "", u.User != nil, u.Fragment != "":
		return nil, errors.New("the address is not complete")
	case len(t.Provider.Probe.HTTP.Hosts) > 0 && !onList(u.Hostname(), t.Provider.Probe.HTTP.Hosts):
		return u, errors.New("the address leads to a host that the provider does not have")
	case u.Scheme == "https", u.Scheme == "http" && loopbackLiteral(u.Host):
		return u, nil
	}
	return u, errors.New("the address does not begin with https")
}

// outgoing is what a request carries beside its address.
type outgoing struct {
	header http.Header
	query  map[string]secret.Text // added to the address at the moment of sending, and nowhere else
	body   []byte
}

// content fills settings and secrets into the headers and the query, and settings into the body.
// Errors never quote a value.
func (p *Prober) content(t *Target) (outgoing, error) {
	probe := t.Provider.Probe.HTTP
	method, _ := t.Provider.Method(t.Grant.Method)
	out := outgoing{header: make(http.Header, len(method.Headers)+len(probe.Headers)+3)}
	out.header["Accept"] = []string{"application/json"}
	out.header["User-Agent"] = []string{"Relink"}
	for _, templates := range []map[string]string{method.Headers, probe.Headers} {
		for name, template := range templates {
			value, err := t.carried(template)
			if errors.Is(err, errEmptySecret) {
				return out, err
			}
			if err != nil {
				return out, fmt.Errorf("header %s: %w", name, err)
			}
			name = t.path(name)
			if strings.ContainsFunc(value, unicode.IsControl) || strings.ContainsFunc(name, notInName) || name == "" {
				return out, fmt.Errorf("header %s: not a header", name)
			}
			if value != "" {
				out.header[http.CanonicalHeaderKey(name)] = []string{value}
			}
		}
	}
	var err error
	if out.query, err = t.inQuery(method); err != nil || probe.Body == "" {
		return out, err
	}
	body, err := catalog.Expand(probe.Body, t.values(), catalog.EscapeJSON)
	if out.header["Content-Type"] == nil {
		out.header["Content-Type"] = []string{"application/json"}
	}
	out.body = []byte(body)
	return out, err
}

// carried fills settings and secrets into a template; errEmptySecret when one that is needed is empty.
func (t *Target) carried(template string) (string, error) {
	lacking := false
	value, err := catalog.ExpandFunc(template, func(name string) (string, bool) {
		v, ok := t.value(name, true)
		lacking = lacking || v == "" && t.wants(name)
		return v, ok
	})
	if lacking {
		return "", errEmptySecret
	}
	return value, err
}

// inQuery are the parameters that carry the credential in the address; nil where none does.
func (t *Target) inQuery(method catalog.Method) (map[string]secret.Text, error) {
	if len(method.Query) == 0 {
		return nil, nil
	}
	query := make(map[string]secret.Text, len(method.Query))
	for name, template := range method.Query {
		value, err := t.carried(template)
		if err == nil && value == "" {
			err = errEmptySecret
		}
		if err != nil {
			return nil, err
		}
		query[name] = secret.New(value)
	}
	return query, nil
}

// to is the address with the secrets of the query in it. It is made for one request and kept nowhere.
func (o outgoing) to(address *url.URL) *url.URL {
	if len(o.query) == 0 {
		return address
	}
	with := *address
	values := url.Values{}
	for name, text := range o.query {
		values.Set(name, text.Reveal())
	}
	if with.RawQuery != "" {
		with.RawQuery += "&"
	}
	with.RawQuery += values.Encode()
	return &with
}

// notInName holds for what a header's name cannot have (RFC 9110 section 5.1; a part of what it may).
func notInName(r rune) bool {
	return r != '-' && r != '_' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
}

// errTooLarge means that an answer is longer than what is read.
var errTooLarge = errors.New("the answer is too large")

// exchange makes one request. With an answer, the error is about its body. What a transport says of a
// request with a secret in its address is told by its kind alone (Network), never by its text.
func (p *Prober) exchange(ctx context.Context, t *Target, method string, to *url.URL, out outgoing) (*http.Response, []byte, error) {
	req := (&http.Request{
		Method: method, URL: out.to(to), Host: to.Host, Header: out.header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	if req.Method == "" {
		req.Method = http.MethodGet
	}
	if body := out.body; len(body) > 0 {
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	carrier, err := signing(t, p.carrier(t.Provider))
	if err != nil {
		return nil, nil, err
	}
	answer, err := carrier.RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	content, err := read(answer)
	return answer, content, err
}

func (p *Prober) carrier(of catalog.Provider) http.RoundTripper {
	switch {
	case p.Transport != nil:
		return p.Transport
	case reachOf(of) == anyOwn:
		return p.own
	}
	return p.public
}

// read reads the body, decompressed, up to its limit.
func read(answer *http.Response) ([]byte, error) {
	if n := answer.ContentLength; n >= 0 && n <= maxBody {
		content := make([]byte, n)
		if got, err := io.ReadFull(answer.Body, content); err != nil && err != io.EOF {
			return content[:got], err
		}
		// The end of the body must be seen, or the connection is not kept alive.
		_, _ = answer.Body.Read(make([]byte, 1))
		return content, nil
	}
	content, err := io.ReadAll(io.LimitReader(answer.Body, maxBody+1))
	if len(content) > maxBody {
		return content[:maxBody], errTooLarge
	}
	return content, err
}

// sameOrigin is where a redirect of a GET leads within the same scheme, host and port; nil for any
// other answer, the redirects to elsewhere among them.
func sameOrigin(t *Target, answer *http.Response, from *url.URL) *url.URL {
	switch answer.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil
	}
	if t.Provider.Probe.HTTP.Method != http.MethodGet && t.Provider.Probe.HTTP.Method != "" {
		return nil
	}
	next, err := from.Parse(answer.Header.Get("Location"))
	if err != nil || answer.Header.Get("Location") == "" || next.Scheme != from.Scheme || next.Host != from.Host || next.User != nil {
		return nil
	}
	next.Fragment = ""
	return next
}
