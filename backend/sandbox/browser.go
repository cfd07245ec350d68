package sandbox

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Consent does what a person does in a browser: opens the address, picks the account, ticks the
// scopes (nil leaves all ticked), allows or denies, and follows the redirect into the receiver on
// this computer, which must expect or await it by now. It returns when the receiver has the answer;
// the page stays open behind it, as a browser's would, until the receiver tells how it went.
func (w *World) Consent(ctx context.Context, authorizeURL, account string, allow bool, scopes []string) error {
	address, err := w.ConsentAddress(ctx, authorizeURL, account, allow, scopes)
	if err != nil {
		return err
	}
	p, err := w.open(ctx, http.MethodGet, address, nil)
	for err == nil && p.location != "" {
		p, err = w.open(ctx, http.MethodGet, p.location, nil)
	}
	if err != nil {
		return fmt.Errorf("follow the redirect: %w", err)
	}
	if p.status != http.StatusOK {
		return fmt.Errorf("follow the redirect: the receiver answered %d", p.status)
	}
	w.tabs.Go(func() {
		for err == nil && p.refresh != "" {
			p, err = w.open(w.ctx, http.MethodGet, p.refresh, nil)
		}
	})
	return nil
}

// ConsentAddress does the same up to the redirect, and returns the address that the browser would
// end on: what a person would paste.
func (w *World) ConsentAddress(ctx context.Context, authorizeURL, account string, allow bool, scopes []string) (string, error) {
	p, err := w.open(ctx, http.MethodGet, authorizeURL, nil)
	switch {
	case err != nil:
		return "", fmt.Errorf("open the consent page: %w", err)
	case p.location != "":
		return p.location, nil
	case p.status != http.StatusOK:
		return "", fmt.Errorf("open the consent page: status %d: %s", p.status, strings.TrimSpace(p.body))
	}
	if scopes == nil {
		scopes = between(p.body, `name="scope" value="`, `"`)
	}
	form := url.Values{"request": between(p.body, `name="request" value="`, `"`), "account": {account}, "scope": scopes, "decision": {"deny"}}
	if allow {
		form.Set("decision", "allow")
	}
	p, err = w.open(ctx, http.MethodPost, p.relative("/authorize"), form)
	switch {
	case err != nil:
		return "", fmt.Errorf("answer the consent page: %w", err)
	case p.location == "":
		return "", fmt.Errorf("answer the consent page: status %d: %s", p.status, strings.TrimSpace(p.body))
	}
	return p.location, nil
}

// page is what the browser got: where it is sent next, at once or by the page itself.
type page struct {
	url               *url.URL
	status            int
	body              string
	location, refresh string
}

func (p page) relative(ref string) string {
	u, err := p.url.Parse(ref)
	if err != nil {
		return ""
	}
	return u.String()
}

// open loads one page; redirects are the caller's to follow.
func (w *World) open(ctx context.Context, method, address string, form url.Values) (page, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return page{}, errors.New("the address cannot be read")
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := w.browser.RoundTrip(req)
	if err != nil {
		return page{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	p := page{url: req.URL, status: res.StatusCode, body: string(body)}
	if to := res.Header.Get("Location"); to != "" && res.StatusCode/100 == 3 {
		p.location = p.relative(to)
	}
	if to := between(p.body, `<meta http-equiv="refresh" content="0;url=`, `"`); len(to) > 0 {
		p.refresh = p.relative(to[0])
	}
	return p, err
}

// between returns the texts that stand between two marks, unescaped.
func between(s, before, after string) []string {
	var found []string
	for {
		_, rest, ok := strings.Cut(s, before)
		if !ok {
			return found
		}
		value, _, _ := strings.Cut(rest, after)
		found = append(found, html.UnescapeString(value))
		s = rest
	}
}
