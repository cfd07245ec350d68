package integration

import (
	"fmt"
	"time"
)

// ChannelKind is a way in which a notice leaves this computer.
type ChannelKind string

// The kinds of channel.
const (
	ChannelEmail    ChannelKind = "email"
	ChannelSlack    ChannelKind = "slack"
	ChannelTeams    ChannelKind = "teams"
	ChannelTelegram ChannelKind = "telegram"
	ChannelDiscord  ChannelKind = "discord"
	ChannelWebhook  ChannelKind = "webhook"
)

// Channel is where notices go beyond the desktop. What is secret about it, its web address in most cases,
// lies in the vault under ChannelKey.
type Channel struct {
	ID          string
	Kind        ChannelKind
	Name        string
	Settings    map[string]string // no secrets
	AddedAt     time.Time         // incidents that opened before are not told
	DeliveredAt time.Time         // the last message that was taken; zero: none yet
	Failure     string            // why the last one was not: a Delivery code, "" when it was
	Failures    int               // in a row
	RetryAt     time.Time         // nothing is sent before; zero unless Failure is set
}

// ChannelKey names the secrets of a channel in the vault.
func ChannelKey(id string) string { return "channel/" + id }

// The reasons for which a message was not delivered; the locale keys are channel.failure.CODE.
const (
	DeliveryUnreachable = "unreachable" // no answer, or none in time
	DeliveryUntrusted   = "untrusted"   // the encryption could not be set up
	DeliveryRefused     = "refused"     // the address, the token or the password is not accepted (any more)
	DeliveryRejected    = "rejected"    // the message itself, or its receiver, was not accepted
	DeliveryBusy        = "busy"        // later, says the other side
	DeliveryVault       = "vault"       // the channel's secrets could not be read here
)

// DeliveryError says why a message was not delivered. It quotes nothing of what the other side or the
// network said: both may repeat a secret address.
type DeliveryError struct {
	Code       string // one of the Delivery constants
	Status     int    // the HTTP or SMTP status, 0 for none
	RetryAfter time.Duration
}

// Error tells the code and the status.
func (e *DeliveryError) Error() string {
	return fmt.Sprintf("not delivered: %s (%d)", e.Code, e.Status)
}

// MessageKind is what a message tells.
type MessageKind string

// The kinds of message.
const (
	MessageBroken    MessageKind = "broken"
	MessageReminder  MessageKind = "reminder"
	MessageRecovered MessageKind = "recovered"
	MessageEnds      MessageKind = "ends" // logins that end soon
	MessageTest      MessageKind = "test"
)

// Message is one notice for a channel, in words. It holds no secret and names no account.
type Message struct {
	ID           string // another one for each message, the same one when it is sent again
	Thread       string // of the incident: the same for all messages about it
	Reference    string // what the service called the first message of the thread; "" for the first one
	First        string // the title of that first message
	Kind         MessageKind
	Title        string   // one line
	Text         string   // lines
	Integrations []string // names
	Cause        Cause
	At           time.Time
}

// Thread is what a channel was told of one incident, or of several that are one thing to tell.
type Thread struct {
	ID         string
	ChannelID  string
	Reference  string // see Message
	Title      string // of the first message
	Cause      Cause
	Rule       string
	Members    []ThreadMember
	ToldAt     time.Time
	RemindedAt time.Time // zero: never
	Reminders  int
	ClosedAt   time.Time // zero while something of it is open
}

// ThreadMember is one incident of a thread.
type ThreadMember struct {
	IncidentID    string
	IntegrationID string
	ProviderID    string
	Name          string // of the integration
}

// Outage is an open incident with the integration that it is about.
type Outage struct {
	Incident   Incident
	Name       string
	ProviderID string
	GrantID    string
	Paused     bool
}
