package support

import (
	"net/url"
	"strings"

	"relink/backend/integration"
	"relink/backend/locale"
)

// Way is what the owner of an account has to do.
type Way string

// The ways.
const (
	WaySignIn   Way = "sign_in"  // consent again, with the right account
	WayKey      Way = "key"      // make a new key
	WayAccess   Way = "access"   // give a role, a permission or an item back
	WayDatabase Way = "database" // let a database login in again
)

// WayFor is what the owner has to do about a finding on a grant of the given method.
func WayFor(m integration.Method, next integration.NextStep) Way {
	switch m {
	case integration.MethodDatabaseLogin:
		return WayDatabase
	case integration.MethodOAuth2Code, integration.MethodOAuth2Device, integration.MethodOAuth1:
		if next != integration.NextAskOwner {
			return WaySignIn
		}
	case integration.MethodAPIKey, integration.MethodBasic, integration.MethodOAuth2ClientCredentials, integration.MethodServiceAccount, integration.MethodLoginToken:
		if next != integration.NextAskOwner {
			return WayKey
		}
	}
	return WayAccess
}

// Card is one page for whoever owns an account. Every field is a name, a word of the catalog or an
// address of the catalog; none could hold a secret.
type Card struct {
	To          string // whom it addresses; "" for nobody by name
	Integration string
	Provider    string
	Account     string // as people know it; "" where it is not known
	Way         Way
	What        string // the finding, in one sentence of the catalog; "" where nothing is broken
	Page        string // the provider's page, https; "" for none
	Boxes       []Box  // what to tick, or which permissions to give
	Items       []string
	Theirs      *Theirs // the same over in Commerce Intelligence; nil where it has none
}

// Box is a permission, by the provider's own name.
type Box struct{ ID, Why string }

// Theirs is what to press over in Commerce Intelligence.
type Theirs struct{ Button, Again string }

// Line is one line of a card.
type Line struct {
	Kind LineKind
	Text string
	Note string // of a box: what it is for
}

// LineKind is how a line is set.
type LineKind int

// The kinds of line.
const (
	LineTitle LineKind = iota
	LineHeading
	LineText
	LineStep // numbered within its section
	LineBox
	LineLink
)

// itemsTold is how many profiles, shops or ad accounts a card lists.
const itemsTold = 40

// Lines are the card in words.
func (c Card) Lines(p locale.Printer) []Line {
	c = c.cleaned()
	account := c.Account
	if account == "" {
		account = p.T("card.some_account", "provider", c.Provider)
	}
	values := []string{"integration", c.Integration, "provider", c.Provider, "account", account, "whom", c.To,
		"reconnect", p.T("button.reconnect"), "update", p.T("button.update_credentials")}
	say := func(key string) string { return p.T("card."+key, values...) }
	lines := []Line{{Kind: LineTitle, Text: say("title")}}
	if c.To != "" {
		lines = append(lines, Line{Kind: LineText, Text: say("hello")})
	}
	if c.What == "" {
		lines = append(lines, Line{Kind: LineText, Text: say("intro_whole")})
	} else {
		lines = append(lines, Line{Kind: LineText, Text: say("intro")}, Line{Kind: LineText, Text: c.What})
	}
	lines = append(lines, Line{Kind: LineHeading, Text: say("account")}, Line{Kind: LineText, Text: account})
	lines = append(lines, Line{Kind: LineHeading, Text: say("steps")})
	for _, key := range []string{"first", "second", "third"} {
		lines = append(lines, Line{Kind: LineStep, Text: say(string(c.Way) + "." + key)})
		if key == "first" && c.Page != "" {
			lines = append(lines, Line{Kind: LineLink, Text: c.Page})
		}
	}
	lines = append(lines, c.boxes(say)...)
	if c.Theirs != nil {
		theirs := append(values, "button", c.Theirs.Button)
		lines = append(lines, Line{Kind: LineHeading, Text: say("theirs")},
			Line{Kind: LineStep, Text: p.T("card.theirs.page", theirs...)}, Line{Kind: LineStep, Text: p.T("card.theirs.button", theirs...)})
		if c.Theirs.Again != "" {
			lines = append(lines, Line{Kind: LineStep, Text: c.Theirs.Again})
		}
	}
	return append(lines, Line{Kind: LineHeading, Text: say("careful")}, Line{Kind: LineText, Text: say("no_secret")})
}

func (c Card) boxes(say func(string) string) []Line {
	var lines []Line
	if len(c.Boxes) > 0 {
		lines = append(lines, Line{Kind: LineHeading, Text: say("boxes." + string(c.Way))})
	}
	for _, b := range c.Boxes {
		lines = append(lines, Line{Kind: LineBox, Text: b.ID, Note: b.Why})
	}
	if len(c.Items) > 0 {
		lines = append(lines, Line{Kind: LineHeading, Text: say("items")})
	}
	for _, item := range c.Items {
		lines = append(lines, Line{Kind: LineBox, Text: item})
	}
	return lines
}

// cleaned is the card with what others wrote made safe, and nothing but an https address as its page.
func (c Card) cleaned() Card {
	c.To, c.Integration, c.Provider, c.Account = clean(c.To), clean(c.Integration), clean(c.Provider), clean(c.Account)
	if u, err := url.Parse(c.Page); err != nil || u.Scheme != "https" || u.User != nil || u.Host == "" {
		c.Page = ""
	}
	var items []string
	for _, item := range c.Items[:min(len(c.Items), itemsTold)] {
		items = append(items, clean(item))
	}
	c.Items = items
	return c
}

// Text is the card as plain text, to be sent by any means.
func (c Card) Text(p locale.Printer) string {
	var out strings.Builder
	step, last := 0, LineTitle
	for i, l := range c.Lines(p) {
		if l.Kind != LineStep && l.Kind != LineLink {
			step = 0
		}
		if i > 0 && (l.Kind == LineHeading || l.Kind == LineText && last != LineHeading) {
			out.WriteString("\n")
		}
		switch l.Kind {
		case LineHeading:
			out.WriteString(l.Text + ":\n")
		case LineStep:
			step++
			out.WriteString(strings.Repeat(" ", 2) + string(rune('0'+step)) + ". " + l.Text + "\n")
		case LineLink:
			out.WriteString("     " + l.Text + "\n")
		case LineBox:
			out.WriteString("  [ ] " + l.Text + note(l) + "\n")
		default:
			out.WriteString(l.Text + "\n")
		}
		last = l.Kind
	}
	return out.String()
}

func note(l Line) string {
	if l.Note == "" {
		return ""
	}
	return " (" + l.Note + ")"
}
