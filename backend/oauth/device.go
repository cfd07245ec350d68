package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"relink/backend/secret"
)

// The pace of polling (RFC 8628 section 3.5), and what stands in for a missing lifetime.
const (
	deviceInterval = 5 * time.Second  // also where the stated one is none or absurd
	deviceSlower   = 5 * time.Second  // added for good by each slow_down
	deviceLongest  = 5 * time.Minute  // no honest server asks for a longer interval
	deviceBackoff  = time.Minute      // the longest wait between two tries that do not get through
	deviceLife     = 10 * time.Minute // of a code without expires_in, which RFC 8628 section 3.2 requires
)

// DeviceCode is what the person types at URL while AwaitDevice waits (RFC 8628 section 3.2).
// URLComplete has the code in it, and is for a person's click alone; it may be empty.
type DeviceCode struct {
	UserCode    string
	URL         string
	URLComplete string
	Code        secret.Text
	ExpiresAt   time.Time
	Interval    time.Duration // the least time between two polls
}

// Device asks for a device code (RFC 8628 section 3.1). A page that is not on the list of hosts, or on
// the host of one of the server's own endpoints, is refused: it could be a phisher's. Errors are those
// of Exchange.Code.
func (e *Exchange) Device(ctx context.Context, s Server, c Client, scopes []string) (DeviceCode, error) {
	if s.DeviceURL == "" {
		return DeviceCode{}, errors.New("the server has no device authorization endpoint")
	}
	form := url.Values{}
	if s.ClientAuth == ClientAuthHeader {
		form.Set("client_id", c.ID) // RFC 8628 section 3.1 wants it, whatever else names the client
	}
	if len(scopes) > 0 {
		form.Set("scope", strings.Join(scopes, separatorOr(s.ScopeSeparator)))
	}
	got, err := e.post(ctx, s, s.DeviceURL, c, form, s.AuthorizeParams, nil)
	if err != nil {
		return DeviceCode{}, err
	}
	return got.device(s)
}

// device reads a device authorization answer, or returns a Refusal.
func (a answer) device(s Server) (DeviceCode, error) {
	m, ok := a.members()
	code, coded := text(m.top["device_code"])
	typed, _ := text(m.top["user_code"])
	_, _, failed := s.Answer.fault(m)
	typed = printable(typed, maxCode)
	if a.status/100 != 2 || !ok || !coded || !visible(code) || typed == "" || failed {
		return DeviceCode{}, a.refusal(s.Answer)
	}
	page, ok := text(m.top["verification_uri"])
	if !ok {
		page, _ = text(m.top["verification_url"]) // Google's name
	}
	complete, _ := text(m.top["verification_uri_complete"])
	for _, address := range []string{page, complete} {
		if err := s.trustsPage(address); err != nil && (address != "" || page == "") {
			return DeviceCode{}, fmt.Errorf("verification address: %w", err)
		}
	}
	d := DeviceCode{
		UserCode: typed, URL: page, URLComplete: complete, Code: secret.New(code),
		ExpiresAt: a.expiry(m.top["expires_in"]), Interval: interval(m.top["interval"]),
	}
	if d.ExpiresAt.IsZero() {
		d.ExpiresAt = a.at.Add(deviceLife)
	}
	return d, nil
}

// trustsPage tells why a person may not be sent to a page.
func (s Server) trustsPage(address string) error {
	u, err := safeURL(address)
	if err != nil {
		return err
	}
	allowed := slices.Clone(s.Hosts)
	for _, endpoint := range []string{s.AuthorizeURL, s.DeviceURL} {
		if own, err := url.Parse(endpoint); err == nil && own.Host != "" {
			allowed = append(allowed, own.Host)
		}
	}
	if !onList(u, allowed) {
		return errAddressHost
	}
	return nil
}

func interval(value json.RawMessage) time.Duration {
	stated, _ := scalar(value)
	seconds, err := strconv.ParseFloat(strings.TrimSpace(stated), 64)
	if err != nil || !(seconds > 0) || seconds > deviceLongest.Seconds() {
		return deviceInterval
	}
	return time.Duration(seconds * float64(time.Second))
}

// AwaitDevice polls until the person has decided (RFC 8628 sections 3.4 and 3.5). Connections that
// fail and outages make it slower, not fail. Errors are those of Code; a Refusal with the code
// access_denied is the person's no, expired_token comes when the time is over, and a Fault holds the
// end of ctx.
func (e *Exchange) AwaitDevice(ctx context.Context, s Server, c Client, d DeviceCode) (Token, error) {
	pace := poller{interval: max(d.Interval, time.Second)}
	for {
		wait, left := pace.wait(), d.ExpiresAt.Sub(e.now())
		if err := pause(ctx, min(wait, max(left, 0))); err != nil {
			return Token{}, &Fault{Err: err}
		}
		if wait >= left {
			return Token{}, &Refusal{HTTPStatus: pace.status, Code: "expired_token"}
		}
		form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {d.Code.Reveal()}}
		token, err := e.token(ctx, s, s.TokenURL, c, form, d.Code)
		if err == nil || !pace.goesOn(err) || ctx.Err() != nil {
			return token, err
		}
	}
}

// poller is the pace of polling.
type poller struct {
	interval time.Duration
	failures int           // in a row, of tries that did not get through
	asked    time.Duration // by the last Retry-After
	status   int           // of the last answer
}

// wait is how long to wait before the next try.
func (p *poller) wait() time.Duration {
	longest := max(deviceBackoff, p.interval)
	return max(min(p.interval<<min(p.failures, 10), longest), p.asked)
}

// goesOn learns from a try that brought no token, and says whether another may follow.
func (p *poller) goesOn(err error) bool {
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		var fault *Fault
		p.failures, p.asked = p.failures+1, 0
		return errors.As(err, &fault)
	}
	p.status, p.asked = refusal.HTTPStatus, refusal.RetryAfter
	switch {
	case refusal.Code == "authorization_pending":
		p.failures = 0
	case refusal.Code == "slow_down":
		p.failures = 0
		p.interval += deviceSlower
	case refusal.Code == "" && (refusal.HTTPStatus >= 500 || refusal.HTTPStatus == http.StatusTooManyRequests),
		refusal.Code == "temporarily_unavailable", refusal.Code == "server_error":
		p.failures++
	default:
		return false
	}
	return true
}

// pause waits for d, or returns the reason why ctx ended.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
