package grant

import (
	"context"
	"errors"
	"slices"
	"strings"

	"relink/backend/catalog"
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
	case integration.MethodOAuth2Code, integration.MethodOAuth2Device, integration.MethodOAuth2ClientCredentials, integration.MethodServiceAccount,
		integration.MethodLoginToken:
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

// beside are the secrets that a provider wants beside the token, such as a developer token: those that
// stand in a header or the address, and not those that obtain the token.
func beside(u Use, held Held) []Part {
	method, _ := u.Provider.Method(held.Grant.Method)
	headers := []map[string]string{method.Headers, method.Query}
	if u.Provider.Probe.HTTP != nil {
		headers = append(headers, u.Provider.Probe.HTTP.Headers)
	}
	var parts []Part
	for _, f := range method.Fields {
		value := held.Secrets[f.ID]
		wanted := slices.ContainsFunc(headers, func(h map[string]string) bool {
			for _, template := range h {
				if strings.Contains(template, "{"+f.ID+"}") {
					return true
				}
			}
			return false
		})
		if f.Secret() && wanted && !value.Empty() {
			parts = append(parts, Part{Name: f.ID, Value: value, Secret: true})
		}
	}
	return parts
}

// onTheWay says whether a secret signs in to the SSH bastion before a database, or is a private key: what
// opens a bastion opens more than one integration, and a key never leaves.
func onTheWay(u Use, held Held, name string) bool {
	method, _ := u.Provider.Method(held.Grant.Method)
	return slices.ContainsFunc(method.Fields, func(f integration.Field) bool { return f.ID == name && (catalog.Needed(f) == "ssh_host" || f.Lines) })
}

// Sole is the one secret that stands for the whole credential: the access token where there is one, or
// the only secret that was filled in; false where it takes more than one.
func Sole(held Held, parts []Part) (secret.Text, bool) {
	var secrets []Part
	for _, p := range parts {
		if p.Secret {
			secrets = append(secrets, p)
		}
	}
	if len(secrets) == 1 || len(secrets) > 1 && issued(held.Grant.Method) {
		return secrets[0].Value, true
	}
	return secret.Text{}, false
}

// Parts are what a use of the grant outside of Relink needs, secrets first: of a grant that is renewed the
// access token, and never what renews it, since a refresh token that two programs spend is lost to both;
// of a key or a login everything that was filled in, but for what signs in to a bastion on the way; then the
// public parts and the settings.
func Parts(u Use, held Held) []Part {
	var parts []Part
	if issued(held.Grant.Method) {
		parts = append(parts, Part{Name: "access_token", Value: held.Secrets["access_token"], Secret: true})
		parts = append(parts, beside(u, held)...)
	} else {
		for name, value := range held.Secrets {
			if !value.Empty() && !onTheWay(u, held, name) {
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
