package oauth

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// relayPage is build/relay/index.html, which an agency puts on its own https address.
//
//go:embed relay.html
var relayPage string

// ErrRelay means that what stands at an address is not the relay page of this version of Relink, or
// that it could not do its work there.
var ErrRelay = errors.New("the page at this address is not the relay page")

// relayMark begins the state of a relayed request. The page knows it too.
const relayMark = "relink1."

var (
	relayedPath = regexp.MustCompile(`^/callback/([A-Za-z0-9_-]{43})$`)
	scriptHash  = regexp.MustCompile(`script-src ('sha256-[^']+')`)
)

// NewRelayedRequest prepares a request whose answer comes back by way of the relay page at relayURL, for
// servers that redirect to https alone. The state names the port and the path of rc, which must listen
// on 127.0.0.1 with a path of its own making. Expect it at rc; ParsePasted takes both addresses.
func NewRelayedRequest(s Server, c Client, relayURL string, rc *Receiver, scopes []string, extra map[string]string) (*Request, error) {
	if err := relayAddress(relayURL); err != nil {
		return nil, err
	}
	local, err := url.Parse(rc.RedirectURI())
	if err != nil || local.Hostname() != "127.0.0.1" || !relayedPath.MatchString(local.Path) {
		return nil, errors.New("the relay page needs a receiver on 127.0.0.1 with a path of its own making")
	}
	state := relayMark + local.Port() + "." + relayedPath.FindStringSubmatch(local.Path)[1] + "." + random()
	r, err := newRequest(s, c, relayURL, state, scopes, extra)
	if err == nil {
		r.local = rc.RedirectURI()
	}
	return r, err
}

func relayAddress(address string) error {
	u, err := safeURL(address)
	if err == nil && (u.RawQuery != "" || u.ForceQuery) {
		err = errAddressParts
	}
	if err != nil {
		return fmt.Errorf("relay address: %w", err)
	}
	return nil
}

// CheckRelay fetches the page at relayURL and compares it with the one that this version of Relink knows.
// The error is ErrRelay, a *Refusal for a status other than 200, a *Fault, or tells why the address
// cannot be used. No redirect is followed: the page must stand where the server sends people.
func (e *Exchange) CheckRelay(ctx context.Context, relayURL string) error {
	if err := relayAddress(relayURL); err != nil {
		return err
	}
	req, err := http.NewRequest(http.MethodGet, relayURL, nil)
	if err != nil {
		return errors.New("the relay page's address cannot be used")
	}
	req.Header.Set("Accept", "text/html")
	req.Header.Set("User-Agent", "Relink")
	got, err := e.ask(ctx, req, nil)
	if err != nil {
		return err
	}
	kind, _, _ := mime.ParseMediaType(got.header.Get("Content-Type"))
	switch {
	case got.status != http.StatusOK:
		return got.refusal(TokenAnswer{})
	case got.broken || string(got.body) != relayPage:
		return ErrRelay
	case kind != "text/html" || got.header.Get("Content-Disposition") != "":
		return fmt.Errorf("%w: the server does not send it as a page", ErrRelay)
	}
	for _, policy := range got.header.Values("Content-Security-Policy") {
		if stopsScript(policy) {
			return fmt.Errorf("%w: the server's Content-Security-Policy stops its script", ErrRelay)
		}
	}
	return nil
}

// stopsScript says whether a policy stops the page's script, which it may allow by its hash, or by
// allowing every one.
func stopsScript(policy string) bool {
	own := scriptHash.FindStringSubmatch(relayPage)[1]
	sources := map[string]string{}
	for directive := range strings.SplitSeq(policy, ";") {
		name, list, _ := strings.Cut(strings.TrimSpace(directive), " ")
		if name = strings.ToLower(name); sources[name] == "" { // the first of a name counts
			sources[name] = list + " "
		}
	}
	if sources["sandbox"] != "" {
		return true
	}
	for _, name := range []string{"script-src-elem", "script-src", "default-src"} { // the first that is there decides
		if list := sources[name]; list != "" {
			return !strings.Contains(list, own) && !strings.Contains(list, "'unsafe-inline'")
		}
	}
	return false
}
