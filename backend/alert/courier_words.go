package alert

import (
	"strconv"
	"strings"
	"time"

	"relink/backend/integration"
	"relink/backend/locale"
)

// namesInMessage is how many integrations a message names.
const namesInMessage = 20

// message words a dispatch. It names integrations and no account: a locked phone shows it, too.
func message(p locale.Printer, d dispatch, now time.Time) integration.Message {
	if d.kind == integration.MessageEnds {
		return endsMessage(p, d.ends, now)
	}
	m := integration.Message{
		ID: d.thread.ID + "." + string(d.kind), Thread: d.thread.ID, Reference: d.thread.Reference, First: d.thread.Title,
		Kind: d.kind, Cause: d.thread.Cause, At: now,
	}
	var since time.Time
	if d.kind == integration.MessageRecovered {
		for _, member := range d.thread.Members {
			m.Integrations = append(m.Integrations, clean(member.Name))
		}
	} else {
		for _, o := range d.open {
			m.Integrations = append(m.Integrations, clean(o.Name))
			since = earlier(since, o.Incident.OpenedAt)
		}
	}
	many := len(m.Integrations) > 1
	lines := listed(p, m.Integrations)
	switch d.kind {
	case integration.MessageRecovered:
		over := "channel.recovered.title"
		if d.thread.Cause == integration.CauseCommerceIntelligence {
			over = "channel.current.title"
		}
		m.Title = p.T(over, "count", strconv.Itoa(len(m.Integrations)), "integration", first(m.Integrations))
		lines = append(lines, p.T("channel.recovered.text", "toldAt", d.thread.ToldAt.UTC().Format(time.RFC3339)))
	case integration.MessageReminder:
		m.ID += strconv.Itoa(d.thread.Reminders)
		m.Title = p.T("channel.reminder.title", "count", strconv.Itoa(len(m.Integrations)), "integration", first(m.Integrations))
		lines = append(lines, reason(p, d), sinceLine(p, since),
			p.T("channel.reminder.text", "number", strconv.Itoa(d.thread.Reminders), "limit", strconv.Itoa(remindAtMost)))
	default:
		m.Title = p.T("notice.group.title", "count", strconv.Itoa(len(m.Integrations)))
		if !many {
			m.Title = p.T(known(p, "notice.title.", string(d.open[0].Incident.Finding.Status)), "integration", first(m.Integrations))
		}
		lines = append(lines, reason(p, d), sinceLine(p, since))
	}
	m.Text = strings.Join(lines, "\n")
	return m
}

// reason is that of the one integration, or what several have in common.
func reason(p locale.Printer, d dispatch) string {
	if len(d.open) == 1 {
		return whyOf(p, d.open[0].Incident.Finding)
	}
	return why(p, d.thread.Cause)
}

func sinceLine(p locale.Printer, since time.Time) string {
	return p.T("channel.since", "openedAt", since.UTC().Format(time.RFC3339))
}

// listed are the names, a line each, where there is more than the one of the title.
func listed(p locale.Printer, names []string) []string {
	if len(names) < 2 {
		return nil
	}
	var lines []string
	for _, name := range names[:min(len(names), namesInMessage)] {
		lines = append(lines, "• "+name)
	}
	if rest := len(names) - len(lines); rest > 0 {
		lines = append(lines, p.T("channel.more", "count", strconv.Itoa(rest)))
	}
	return lines
}

func first(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// TestMessage words the message that proves that a channel works.
func TestMessage(p locale.Printer, now time.Time) integration.Message {
	id := integration.NewID("tst_", now)
	return integration.Message{ID: id, Thread: id, Kind: integration.MessageTest, Title: p.T("channel.test.title"), Text: p.T("channel.test.text"), At: now}
}
