package alert

import (
	"cmp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"relink/backend/integration"
	"relink/backend/locale"
)

// menuLimit is how many failing integrations the menu lists.
const menuLimit = 10

// TrayRow is one integration as the tray sees it.
type TrayRow struct {
	ID     string
	Name   string
	Status integration.Status
}

// face is everything that the tray shows, in words; two equal faces need no work.
type face struct {
	mood    Mood
	tooltip string
	title   string
	items   [menuLimit]menuItem // failing integrations; the zero item is hidden
	more    string              // "" when all are listed
	check   string
	open    string
	quit    string
}

type menuItem struct{ id, label string }

// faceOf works out what the tray shows for the rows.
func faceOf(rows []TrayRow, p locale.Printer) face {
	failing := slices.DeleteFunc(slices.Clone(rows), func(r TrayRow) bool { return !failing(r.Status) })
	slices.SortStableFunc(failing, func(a, b TrayRow) int {
		return cmp.Or(cmp.Compare(b.Status.Severity(), a.Status.Severity()), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	f := face{mood: moodOf(rows), check: p.T("tray.check_all"), open: p.T("tray.open"), quit: p.T("tray.quit")}
	f.title = summary(len(rows), len(failing), f.mood, p)
	f.tooltip = "Relink: " + f.title
	for i, r := range failing[:min(len(failing), menuLimit)] {
		f.items[i] = menuItem{r.ID, escapeMenu(p.T("tray.item", "integration", clean(r.Name), "status", p.T("tray.status."+string(r.Status))))}
	}
	if rest := len(failing) - menuLimit; rest > 0 {
		f.more = p.T("tray.more", "count", strconv.Itoa(rest))
	}
	return f
}

// summary is the menu's first line.
func summary(all, failing int, m Mood, p locale.Printer) string {
	switch {
	case all == 0:
		return p.T("tray.summary.none")
	case failing > 0:
		return p.T("tray.summary.failing", "count", strconv.Itoa(failing))
	case m == MoodUnknown:
		return p.T("tray.summary.unknown")
	}
	return p.T("tray.summary.well")
}

// failing says whether a status belongs into the list. One that is not known does not: while this
// computer is offline that is all of them.
func failing(s integration.Status) bool { return moodFor(s) == MoodBroken || moodFor(s) == MoodWaiting }

// moodFor is what one status asks of the person.
func moodFor(s integration.Status) Mood {
	switch s {
	case integration.StatusNeedsReauthorization, integration.StatusWaitingForAdmin:
		return MoodBroken
	case integration.StatusRetrying, integration.StatusWaitingForCommerceIntelligence, integration.StatusExpiresSoon:
		return MoodWaiting
	case integration.StatusConnected, integration.StatusPaused, integration.StatusChecking:
		return MoodWell
	}
	return MoodUnknown
}

// moodOf is the worst of all rows.
func moodOf(rows []TrayRow) Mood {
	if len(rows) == 0 {
		return MoodUnknown
	}
	order := []Mood{MoodWell, MoodUnknown, MoodWaiting, MoodBroken}
	worst := 0
	for _, r := range rows {
		worst = max(worst, slices.Index(order, moodFor(r.Status)))
	}
	return order[worst]
}

// escapeMenu keeps a menu from reading a character of a name as the mark of a shortcut letter.
func escapeMenu(s string) string {
	switch runtime.GOOS {
	case "windows":
		return strings.ReplaceAll(s, "&", "&&")
	case "darwin":
		return s
	}
	return strings.ReplaceAll(s, "_", "__")
}
