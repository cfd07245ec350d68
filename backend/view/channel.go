package view

// Channel is where notices go beyond the desktop.
type Channel struct {
	ID          string `json:"id"`
	Kind        string `json:"kind"`
	Label       string `json:"label"` // of the kind
	Name        string `json:"name"`
	Receiver    string `json:"receiver"`    // "" where that would be a secret
	DeliveredAt string `json:"deliveredAt"` // the last message that was taken, "" for none
	Failure     string `json:"failure"`     // why the last one was not: channel.failure.CODE, "" when it was
	RetryAt     string `json:"retryAt"`     // "" unless Failure is set
}

// ChannelForm is a kind of channel and what it asks for.
type ChannelForm struct {
	Kind   string    `json:"kind"`
	Label  string    `json:"label"`
	Help   Localized `json:"help"`
	Fields []Field   `json:"fields"`
}

// ChannelDraft is a channel to be added.
type ChannelDraft struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Answer Answer `json:"answer"`
}
