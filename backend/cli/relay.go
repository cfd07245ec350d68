package cli

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/reauth"
)

// CheckRelay fetches the relay page at the address and compares it with the one of this version. What is
// wrong with it comes as integration.InputErrors.
func (p *Parts) CheckRelay(ctx context.Context, address string) error {
	address = strings.TrimSpace(address)
	if address == "" {
		return problem("relay", "required", "")
	}
	if problems := reauth.ValidateRelay(address); len(problems) > 0 {
		return problems
	}
	err := p.Reauth.Exchange.CheckRelay(ctx, address)
	var refusal *oauth.Refusal
	var fault *oauth.Fault
	switch {
	case err == nil:
		return nil
	case errors.Is(err, oauth.ErrRelay):
		return problem("relay", "relay_other_page", address)
	case errors.As(err, &refusal):
		return integration.InputErrors{{Field: "relay", Code: "relay_status", Args: map[string]string{"value": address, "status": strconv.Itoa(refusal.HTTPStatus)}}}
	case errors.As(err, &fault):
		return problem("relay", "relay_unreachable", address)
	}
	return problem("relay", "url_invalid", address)
}
