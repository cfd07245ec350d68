package probe

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"relink/backend/catalog"
	"relink/backend/integration"
)

// maxStatusPage is how much of a status page is read; Google's lists a year of incidents.
const maxStatusPage = 8 << 20

// Health asks the provider's own status page, without any credential. What cannot be fetched or read
// is integration.HealthUnknown: a page that fails says nothing about the service.
func (p *Prober) Health(ctx context.Context, page catalog.StatusPage) integration.Health {
	h := integration.Health{State: integration.HealthUnknown, At: p.Now()}
	ctx, cancel := context.WithTimeout(ctx, p.Limits.Header)
	defer cancel()
	body, err := p.statusPage(ctx, page.URL)
	if err != nil {
		return h
	}
	return healthIn(page, body, h.At)
}

// statusPage fetches a public page. It may lead to another https address, as nothing secret is sent.
func (p *Prober) statusPage(ctx context.Context, address string) ([]byte, error) {
	for range maxRedirects + 1 {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && !(u.Scheme == "http" && loopbackLiteral(u.Host)) {
			return nil, errors.New("the address of the status page is not https")
		}
		answer, err := p.lookup(u).RoundTrip((&http.Request{
			Method: http.MethodGet, URL: u, Host: u.Host,
			Header: http.Header{"User-Agent": {"Relink"}, "Accept": {"application/json, application/rss+xml, application/atom+xml"}},
		}).WithContext(ctx))
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(io.LimitReader(answer.Body, maxStatusPage))
		answer.Body.Close()
		next := answer.Header.Get("Location")
		switch {
		case err != nil:
			return nil, err
		case answer.StatusCode == http.StatusOK:
			return body, nil
		case answer.StatusCode/100 != 3 || next == "":
			return nil, errors.New("the status page is not there")
		}
		to, err := u.Parse(next)
		if err != nil {
			return nil, err
		}
		address = to.String()
	}
	return nil, errors.New("the status page leads nowhere")
}

// lookup is the transport for an address without a credential.
func (p *Prober) lookup(u *url.URL) http.RoundTripper {
	switch {
	case p.Transport != nil:
		return p.Transport
	case loopbackLiteral(u.Host):
		return p.own
	}
	return p.public
}

// recentNews is how long an item of a feed that tells no end counts as going on.
const recentNews = 24 * time.Hour
