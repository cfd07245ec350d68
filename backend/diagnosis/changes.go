package diagnosis

import (
	"slices"
	"strings"

	"relink/backend/integration"
)

// changes are what differs from the last good check, as observations. They decide nothing: that
// something changed at the same time is a hint for the person, and no proof.
func changes(e integration.Evidence) []text {
	b := e.Before
	if b == nil || b.At.IsZero() {
		return nil
	}
	var all []text
	tell := func(t text, ok bool) {
		if ok {
			all = append(all, t)
		}
	}
	good := moment(b.At)
	gone := scopesGone(e)
	tell(keyed("observation.changed.scopes", len(gone) > 0, "gone", strings.Join(gone, ", "), "goodAt", good))
	was, is := b.Certificate, e.Certificate
	tell(keyed("observation.changed.issuer", was.Issuer != "" && is.Issuer != "" && was.Issuer != is.Issuer, "was", was.Issuer, "is", is.Issuer, "goodAt", good))
	tell(keyed("observation.changed.certificate_ended", e.Network == integration.NetworkTLSExpired && !is.Until.IsZero() && !e.At.Before(is.Until), "endedAt", moment(is.Until), "goodAt", good))
	if e.Stage == integration.StageDone {
		now := e.Server
		tell(keyed("observation.changed.version", b.Version != "" && now.Version != "" && b.Version != now.Version, "was", b.Version, "is", now.Version, "goodAt", good))
		tell(keyed("observation.changed.access."+now.Access(), b.Access != "" && b.Access != now.Access(), "goodAt", good))
	}
	return all
}

// scopesGone are the scopes of the last good check that are lacking now, where the provider says so.
func scopesGone(e integration.Evidence) []string {
	var gone []string
	for _, s := range e.Before.Scopes {
		stated := len(e.Scopes) > 0 && !slices.Contains(e.Scopes, s)
		if stated || slices.Contains(e.MissingScopes, s) {
			gone = append(gone, s)
		}
	}
	return gone
}
