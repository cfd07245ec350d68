package grant

import (
	"context"
	"errors"
	"slices"
	"strings"

	"relink/backend/integration"
	"relink/backend/secret"
)

// What keeps a grant from being handed out, beside the errors of Fresh.
var (
	ErrDisconnected = errors.New("the grant was given back")
	ErrLost         = errors.New("the renewal of the grant was interrupted")
	ErrEnded        = errors.New("the access token has ended and nothing renews it")
)

// HandOut returns the grant for a use outside of Relink, renewed first. A dead one is not handed out.
// Whoever asks records the act before the secret leaves.
func (k *Keeper) HandOut(ctx context.Context, u Use, known integration.Grant) (Held, error) {
	if !known.DisconnectedAt.IsZero() {
		return Held{Grant: known}, ErrDisconnected
	}
	held, err := k.Fresh(ctx, u, known)
	switch end := held.Grant.AccessExpiresAt; {
	case !held.Grant.DisconnectedAt.IsZero(): // by another process, meanwhile
		return held, ErrDisconnected
	case err != nil:
		return held, err
	case held.Grant.RenewalLost():
		return held, ErrLost
	case issued(held.Grant.Method) && !end.IsZero() && !k.now().Before(end):
		return held, ErrEnded
	case issued(held.Grant.Method) && held.Secrets["access_token"].Empty():
		return held, secret.ErrCorrupt
	}
	return held, nil
}

// issued says whether the credential is a token that a server issues, in place of what the person filled in.
func issued(m integration.Method) bool {
	switch m {
	case integration.MethodOAuth2Code, integration.MethodOAuth2Device, integration.MethodOAuth2ClientCredentials, integration.MethodServiceAccount:
		return true
	}
	return false
}

// Part is one value of a grant that is handed out. Secret says whether it must not be shown.
type Part struct {
	Name   string
	Value  secret.Text
	Secret bool
}

// Parts are what a use of the grant outside of Relink needs, secrets first: the access token alone of
// a grant that is renewed, since a refresh token that two programs spend is lost to both, and
// everything that was filled in of a key or a login; then the public parts and the settings.
func Parts(u Use, held Held) []Part {
	var parts []Part
	if issued(held.Grant.Method) {
		parts = append(parts, Part{Name: "access_token", Value: held.Secrets["access_token"], Secret: true})
	} else {
		for name, value := range held.Secrets {
			if !value.Empty() {
				parts = append(parts, Part{Name: name, Value: value, Secret: true})
			}
		}
		slices.SortFunc(parts, func(a, b Part) int { return strings.Compare(a.Name, b.Name) })
	}
	known := map[string]bool{}
	for _, p := range parts {
		known[p.Name] = true
	}
	for _, from := range []map[string]string{held.Grant.Public, u.Provider.Values(u.Settings)} {
		var names []string
		for name, value := range from {
			if value != "" && !known[name] {
				names = append(names, name)
				known[name] = true
			}
		}
		slices.Sort(names)
		for _, name := range names {
			parts = append(parts, Part{Name: name, Value: secret.New(from[name])})
		}
	}
	return parts
}
