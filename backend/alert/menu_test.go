package alert

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/png"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
	"relink/backend/locale"
)

func TestTheMenuListsWhatFailsGravestFirst(t *testing.T) {
	f := faceOf([]TrayRow{
		{"int_1", "Zendesk", integration.StatusConnected},
		{"int_2", "Stripe", integration.StatusRetrying},
		{"int_3", "Google Ads", integration.StatusNeedsReauthorization},
		{"int_4", "Shopify", integration.StatusUnknown},
		{"int_5", "MySQL", integration.StatusPaused},
	}, words(t, locale.English))
	if f.mood != MoodBroken || f.tooltip != "Relink: 2 integrations need attention" {
		t.Errorf("mood %s, tooltip %q", f.mood, f.tooltip)
	}
	want := []menuItem{{"int_3", "Google Ads: needs re-authorization"}, {"int_2", "Stripe: retrying"}, {}}
	if runtime.GOOS == "linux" {
		want[0].label = strings.ReplaceAll(want[0].label, "_", "__")
	}
	if diff := cmp.Diff(want, f.items[:3], cmp.AllowUnexported(menuItem{})); diff != "" {
		t.Error(diff)
	}
}

func TestTheMenuCountsWhatItDoesNotList(t *testing.T) {
	var rows []TrayRow
	for i := range 13 {
		rows = append(rows, TrayRow{fmt.Sprint(i), fmt.Sprintf("Shop %02d", i), integration.StatusWaitingForAdmin})
	}
	f := faceOf(rows, words(t, locale.Brazilian))
	if f.more != "e mais 3" || f.items[menuLimit-1].label != "Shop 09: aguardando um administrador" {
		t.Errorf("more %q, last %q", f.more, f.items[menuLimit-1].label)
	}
}

func TestTheWorstStatusChoosesTheIcon(t *testing.T) {
	for _, c := range []struct {
		statuses []integration.Status
		want     Mood
	}{
		{nil, MoodUnknown},
		{[]integration.Status{integration.StatusConnected, integration.StatusPaused, integration.StatusChecking}, MoodWell},
		{[]integration.Status{integration.StatusConnected, integration.StatusUnknown}, MoodUnknown},
		{[]integration.Status{integration.StatusUnknown, integration.StatusExpiresSoon}, MoodWaiting},
		{[]integration.Status{integration.StatusWaitingForCommerceIntelligence}, MoodWaiting},
		{[]integration.Status{integration.StatusRetrying, integration.StatusWaitingForAdmin}, MoodBroken},
		{[]integration.Status{"from a newer version"}, MoodUnknown},
	} {
		var rows []TrayRow
		for _, s := range c.statuses {
			rows = append(rows, TrayRow{Status: s})
		}
		if got := moodOf(rows); got != c.want {
			t.Errorf("%v: %s, want %s", c.statuses, got, c.want)
		}
	}
}

func TestW2ANameInTheMenuMakesNoShortcut(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the mark of a shortcut is another character here")
	}
	f := faceOf([]TrayRow{{"int_1", "my_shop\n<b>", integration.StatusRetrying}}, words(t, locale.English))
	if got, want := f.items[0].label, "my__shop <b>: retrying"; got != want {
		t.Errorf("label %q, want %q", got, want)
	}
}

func TestEveryFailingStatusHasAWordInEveryLanguage(t *testing.T) {
	for _, lang := range locale.Languages() {
		for _, s := range []integration.Status{integration.StatusConnected, integration.StatusExpiresSoon, integration.StatusChecking, integration.StatusRetrying,
			integration.StatusNeedsReauthorization, integration.StatusWaitingForAdmin, integration.StatusWaitingForCommerceIntelligence, integration.StatusPaused, integration.StatusUnknown} {
			if key := "tray.status." + string(s); failing(s) && !words(t, lang).Has(key) {
				t.Errorf("%s: no sentence %s", lang, key)
			}
		}
	}
}

func TestIconsDifferByShapeAndNotByColourAlone(t *testing.T) {
	shapes := map[string]Mood{}
	for _, m := range []Mood{MoodUnknown, MoodWell, MoodWaiting, MoodBroken} {
		icon, err := pngIcon(m)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(icon))
		if err != nil {
			t.Fatal(err)
		}
		shape := silhouette(img)
		if other, taken := shapes[shape]; taken {
			t.Errorf("%s and %s have one outline", m, other)
		}
		shapes[shape] = m
	}
}

// silhouette is an image without its colours.
func silhouette(img image.Image) string {
	var b strings.Builder
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if _, _, _, a := img.At(x, y).RGBA(); a > 0x7fff {
				b.WriteByte('#')
			} else {
				b.WriteByte(' ')
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestTheWindowsIconPointsAtItsImages(t *testing.T) {
	icon, err := icoIcon(MoodBroken)
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	end := 6 + 16*3
	for i := range 3 {
		entry := icon[6+16*i:]
		size, offset := int(le.Uint32(entry[8:])), int(le.Uint32(entry[12:]))
		if offset != end || le.Uint32(icon[offset:]) != 40 || int(le.Uint32(icon[offset+8:])) != 2*int(entry[0]) {
			t.Errorf("image %d: offset %d, want %d", i, offset, end)
		}
		end = offset + size
	}
	if end != len(icon) {
		t.Errorf("images end at %d of %d bytes", end, len(icon))
	}
}
