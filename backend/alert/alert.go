// Package alert answers when to speak to the person, and how: which alerts become a notification,
// and what the tray shows.
//
// # Why
// A thousand integrations can fail in ten seconds for one reason, and one integration can fail and
// recover all night. Both are one thing to tell. So deciding is a function of the waiting alerts,
// of what was said before, and of a clock; it is tested without a desktop. Showing is left to plain
// funcs, because only the bridge may call the window's runtime.
package alert

import (
	"context"

	"relink/backend/integration"
	"relink/backend/locale"
)

// The actions that a notice can offer. Each is also the name of the category under which the
// bridge registers its buttons.
const (
	ActionReconnect = "reconnect"
	ActionUpdate    = "update_credentials"
	ActionOpen      = "open"
)

// What the window's runtime reports when the notice itself was clicked. On a freedesktop bus it
// reports the second one for a notice that was dismissed, too. An action of our own under the
// service's name for a click tells the two apart.
const (
	clickedBus     = "default"
	clickedRuntime = "DEFAULT_ACTION"
)

// Action is one button of a notice.
type Action struct {
	ID    string
	Label string
}

// Category is a set of buttons, to be registered before the first notice with Notice.ActionID as
// its name is shown.
type Category struct {
	ID      string
	Actions []Action
}

// Categories lists every set of buttons that a notice can carry, in the printer's language.
func Categories(p locale.Printer) []Category {
	var all []Category
	for _, id := range []string{ActionReconnect, ActionUpdate, ActionOpen} {
		c := Category{ID: id, Actions: []Action{action(p, id)}}
		if freedesktop() {
			c.Actions = append([]Action{{clickedBus, p.T("notice.action." + ActionOpen)}}, c.Actions...)
		}
		all = append(all, c)
	}
	return all
}

// Chosen turns what the window's runtime reports of a notice into one of the Action constants; a
// click on the notice itself counts as ActionOpen. It is "" for a notice that was only dismissed.
func Chosen(reported string) string {
	switch {
	case reported == ActionReconnect, reported == ActionUpdate, reported == ActionOpen:
		return reported
	case reported == clickedBus, reported == clickedRuntime && !freedesktop():
		return ActionOpen
	}
	return ""
}

func action(p locale.Printer, id string) Action {
	return Action{ID: id, Label: p.T("notice.action." + id)}
}

// Notice is one notification, ready to be shown. Names in it are cleaned, and Body is escaped for
// a notification service that reads markup.
type Notice struct {
	ID            string // to withdraw it by
	Title         string // plain text
	Body          string
	Action        string // label of its button
	ActionID      string // one of the Action constants
	IntegrationID string // to repair; "" when the notice is about several, or about this computer
}

// Speaker shows notices. Both funcs may be called from any goroutine, and withdrawing what is not
// there any more is no error.
type Speaker struct {
	Show     func(Notice) error
	Withdraw func(id string) error
}

// Store is where alerts wait. They are written there in the transaction that records their reason,
// and stay until they are marked as sent.
type Store interface {
	PendingAlerts(ctx context.Context, limit int) ([]integration.Alert, error) // oldest first
	AlertSent(ctx context.Context, id string) error
}
