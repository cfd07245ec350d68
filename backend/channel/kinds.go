package channel

import (
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"relink/backend/integration"
	"relink/backend/secret"
)

// Kinds are the kinds of channel, in the order in which they are offered.
func Kinds() []integration.ChannelKind {
	return []integration.ChannelKind{
		integration.ChannelEmail, integration.ChannelSlack, integration.ChannelTeams,
		integration.ChannelTelegram, integration.ChannelDiscord, integration.ChannelWebhook,
	}
}

// Label is what a kind is called, in every language.
func Label(kind integration.ChannelKind) string {
	return map[integration.ChannelKind]string{
		integration.ChannelEmail: "E-mail (SMTP)", integration.ChannelSlack: "Slack", integration.ChannelTeams: "Microsoft Teams",
		integration.ChannelTelegram: "Telegram", integration.ChannelDiscord: "Discord", integration.ChannelWebhook: "Webhook",
	}[kind]
}

// Fields are what a person has to tell of a channel of the given kind; nil for a kind that is none. Labels
// and help are the locale's: channel.field.ID, and channel.help.KIND for the whole form.
func Fields(kind integration.ChannelKind) []integration.Field {
	text := func(id, example string) integration.Field {
		return integration.Field{ID: id, Kind: integration.FieldText, Example: example}
	}
	address := func(example string) integration.Field {
		return integration.Field{ID: "url", Kind: integration.FieldSecret, Example: example}
	}
	switch kind {
	case integration.ChannelEmail:
		return []integration.Field{
			{ID: "host", Kind: integration.FieldHost, Example: "smtp.example.com"},
			{ID: "security", Kind: integration.FieldChoice, Choices: []string{securityStartTLS, securityTLS}, Default: securityStartTLS},
			{ID: "port", Kind: integration.FieldPort, Default: "587"},
			{ID: "username", Kind: integration.FieldText, Example: "relink@example.com", Optional: true},
			{ID: "password", Kind: integration.FieldSecret, Optional: true},
			text("from", "relink@example.com"), text("to", "ana@example.com, joe@example.com"),
		}
	case integration.ChannelSlack:
		return []integration.Field{
			{ID: "url", Kind: integration.FieldSecret, Example: "https://hooks.slack.com/services/…", Optional: true},
			{ID: "token", Kind: integration.FieldSecret, Example: "xoxb-…", Optional: true},
			{ID: "channel", Kind: integration.FieldText, Example: "C0123456789", Optional: true},
		}
	case integration.ChannelTeams:
		return []integration.Field{address("https://….logic.azure.com/…")}
	case integration.ChannelTelegram:
		return []integration.Field{{ID: "token", Kind: integration.FieldSecret, Example: "123456:ABC…"}, text("chat", "-1001234567890")}
	case integration.ChannelDiscord:
		return []integration.Field{address("https://discord.com/api/webhooks/…")}
	case integration.ChannelWebhook:
		return []integration.Field{
			address("https://example.com/relink"),
			{ID: "signing_secret", Kind: integration.FieldSecret, Example: "whsec_…", Optional: true},
		}
	}
	return nil
}

// hosts are where the addresses of a kind's webhooks lie; a name that begins with a dot stands for all below it.
func hosts(kind integration.ChannelKind) []string {
	switch kind {
	case integration.ChannelSlack:
		return []string{"hooks.slack.com", "hooks.slack-gov.com"}
	case integration.ChannelTeams:
		return []string{".logic.azure.com", ".logic.azure.us", ".api.powerplatform.com", ".webhook.office.com"}
	case integration.ChannelDiscord:
		return []string{"discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"}
	}
	return nil
}

// Validate checks what no single field can tell: addresses, receivers, and what belongs together. The
// problems never repeat a secret.
func Validate(kind integration.ChannelKind, values map[string]string, secrets secret.Fields) integration.InputErrors {
	var problems integration.InputErrors
	bad := func(field, code string, args map[string]string) {
		problems = append(problems, integration.InputError{Field: field, Code: code, Args: args})
	}
	if address := secrets["url"]; !address.Empty() && !plausible(address.Reveal(), hosts(kind)) {
		bad("url", "channel_address", map[string]string{"hosts": known(kind)})
	}
	switch kind {
	case integration.ChannelEmail:
		if _, err := mail.ParseAddress(values["from"]); values["from"] != "" && err != nil {
			bad("from", "mail_address", map[string]string{"value": values["from"]})
		}
		if _, err := mail.ParseAddressList(values["to"]); values["to"] != "" && err != nil {
			bad("to", "mail_address", map[string]string{"value": values["to"]})
		}
		if values["username"] != "" && secrets["password"].Empty() {
			bad("password", "required", nil)
		}
	case integration.ChannelSlack:
		switch {
		case secrets["url"].Empty() == secrets["token"].Empty():
			bad("url", "channel_slack_one", nil)
		case !secrets["token"].Empty() && values["channel"] == "":
			bad("channel", "required", nil)
		}
	case integration.ChannelTelegram:
		if token := secrets["token"].Reveal(); strings.ContainsAny(token, "/?#% ") || !strings.Contains(token, ":") {
			bad("token", "channel_token", nil)
		}
	}
	return problems
}

func known(kind integration.ChannelKind) string {
	all := hosts(kind)
	if len(all) == 0 {
		return "https://"
	}
	return "https://" + strings.TrimPrefix(all[0], ".")
}

// plausible says whether an address is one that may be sent to: https, or this computer itself, and where
// the service has its own hosts, one of them.
func plausible(address string, allowed []string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	if len(allowed) > 0 {
		return u.Scheme == "https" && (u.Port() == "" || u.Port() == "443") && slices.ContainsFunc(allowed, func(a string) bool {
			return host == a || strings.HasPrefix(a, ".") && strings.HasSuffix(host, a)
		})
	}
	number, err := netip.ParseAddr(host)
	return u.Scheme == "https" || u.Scheme == "http" && err == nil && number.IsLoopback()
}
