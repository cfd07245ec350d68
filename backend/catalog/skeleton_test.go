package catalog

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSkeletonLoadsAndLintTellsWhatIsLeft also keeps the skeletons in step with the checks.
func TestSkeletonLoadsAndLintTellsWhatIsLeft(t *testing.T) {
	for _, kind := range []string{SkeletonKey, SkeletonOAuth2} {
		own := filepath.Join(t.TempDir(), "providers")
		const name = `Ana's "best", {new}: CRM`
		folder, err := Skeleton(own, "my-crm", name, kind)
		if err != nil {
			t.Fatal(kind, err)
		}
		c := loaded(t, own)
		if p, ok := c.Provider("my-crm"); !ok || p.Name != name || len(c.Problems()) > 0 {
			t.Errorf("%s: loaded %v, problems %v", kind, ok, c.Problems())
		}
		for _, err := range Lint(folder) {
			if text := err.Error(); !strings.Contains(text, "source") {
				t.Errorf("%s: lint wants more than sources: %s", kind, text)
			}
		}
		if _, err := Skeleton(own, "my-crm", "x", kind); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: a second one: %v", kind, err)
		}
		if stat, err := os.Stat(filepath.Join(own, "schema.json")); err != nil || stat.Size() == 0 {
			t.Errorf("%s: no schema for editors: %v", kind, err)
		}
	}
	if _, err := Skeleton(t.TempDir(), "../x", "x", SkeletonKey); err == nil {
		t.Error("an id that leads elsewhere passed")
	}
}
