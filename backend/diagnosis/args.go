package diagnosis

import (
	"strconv"
	"strings"
	"time"

	"relink/backend/integration"
)

// argTable says how each value of a sentence is read from the evidence. Whoever renders a finding
// adds integration, provider, account, retryAt and repair.
var argTable = map[string]func(integration.Evidence) string{
	"host":            host,
	"bastion":         bastion,
	"knownKeys":       func(e integration.Evidence) string { return keys(e.Tunnel.Known...) },
	"shownKey":        func(e integration.Evidence) string { return keys(e.Tunnel.Shown) },
	"status":          func(e integration.Evidence) string { return strconv.Itoa(e.HTTPStatus) },
	"code":            code,
	"missing":         func(e integration.Evidence) string { return strings.Join(e.MissingScopes, ", ") },
	"lost":            lost,
	"othersFailing":   func(e integration.Evidence) string { return strconv.Itoa(e.Fellows.OthersFailing) },
	"signedInAs":      func(e integration.Evidence) string { return name(e.Account) },
	"expectedAccount": func(e integration.Evidence) string { return name(e.ExpectedAccount) },
	"expiresAt":       func(e integration.Evidence) string { return moment(e.Facts.ExpiresAt) },
	"endedAt":         endedAt,
	"disconnectedAt":  func(e integration.Evidence) string { return moment(e.Facts.DisconnectedAt) },
	"obtainedAt":      func(e integration.Evidence) string { return moment(e.Facts.ObtainedAt) },
	"usedAt":          func(e integration.Evidence) string { return moment(lastUse(e.Facts)) },
	"minutes":         func(e integration.Evidence) string { return strconv.Itoa(int(e.ClockOffset.Abs().Minutes())) },
	"addressBefore":   func(e integration.Evidence) string { return e.Facts.AddressBefore },
	"addressNow":      func(e integration.Evidence) string { return e.Address },
	"cycleState":      func(e integration.Evidence) string { return e.Cycle.State },
	"cycleAt":         func(e integration.Evidence) string { return moment(e.Cycle.End) },
	"refusals":        func(e integration.Evidence) string { return strconv.Itoa(e.Facts.RefusedInARow + 1) },
}

func args(names []string, e integration.Evidence) map[string]string {
	if len(names) == 0 {
		return nil
	}
	values := make(map[string]string, len(names))
	for _, n := range names {
		values[n] = argTable[n](e)
	}
	return values
}

// host is whom the check spoke to; the provider's id where the caller does not know the host.
func host(e integration.Evidence) string {
	if e.Host == "" {
		return e.ProviderID
	}
	return e.Host
}

// bastion is the SSH server before the database.
func bastion(e integration.Evidence) string {
	if e.Tunnel == nil {
		return host(e)
	}
	return e.Tunnel.Host
}

// keys are fingerprints in a row; a dash where none is known.
func keys(fingerprints ...string) string {
	if text := strings.TrimSpace(strings.Join(fingerprints, ", ")); text != "" {
		return text
	}
	return "–"
}

// code is the most telling code of the answer.
func code(e integration.Evidence) string {
	switch {
	case e.VendorCode != "":
		return e.VendorCode
	case e.OAuthError != "":
		return e.OAuthError
	case e.HTTPStatus != 0:
		return "HTTP " + strconv.Itoa(e.HTTPStatus)
	}
	return "–"
}

// lost names what was seen before and is not any more: five of it at most.
func lost(e integration.Evidence) string {
	names := make([]string, 0, 5)
	for _, r := range e.Lost[:min(len(e.Lost), 5)] {
		names = append(names, name(integration.Account(r)))
	}
	if more := len(e.Lost) - 5; more > 0 {
		names = append(names, "+"+strconv.Itoa(more))
	}
	return strings.Join(names, ", ")
}

func name(a integration.Account) string {
	if a.Name != "" {
		return a.Name
	}
	return a.ID
}

// endedAt is when the grant, or the access token that nothing renews, came to its known end.
func endedAt(e integration.Evidence) string {
	if _, until, known := life(e); known && !e.At.Before(until) {
		return moment(until)
	}
	return moment(e.Facts.AccessExpiresAt)
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
