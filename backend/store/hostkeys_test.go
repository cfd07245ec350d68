package store_test

import (
	"errors"
	"testing"
	"time"

	"relink/backend/integration"
)

func TestHostKeysStayThroughEditsAndAreReplacedByAnActAlone(t *testing.T) {
	s, ctx := openAt(t, t.TempDir()), t.Context()
	i, g, _ := add(t, s, "int_1", "Shop")
	const first, second = "db.example ssh-ed25519 AAAA1\n", "db.example ssh-ed25519 AAAA2\n"
	act := integration.Act{At: start, IntegrationID: i.ID, GrantID: g.ID, What: "host_keys", Args: map[string]string{"integration": i.Name}}
	if err := s.SetHostKeys(ctx, i.ID, first, act); err != nil {
		t.Fatal(err)
	}
	edited := i // as another process may still know it
	edited.Name, edited.UpdatedAt = "Renamed", start.Add(time.Hour)
	if err := s.Edit(ctx, edited, integration.Act{At: start, IntegrationID: i.ID, What: "edited"}); err != nil {
		t.Fatal(err)
	}
	if now, err := s.Integration(ctx, i.ID); err != nil || now.HostKeys != first || now.Name != "Renamed" {
		t.Fatalf("after an edit: %+v, %v", now, err)
	}
	if err := s.SetHostKeys(ctx, i.ID, second, act); err != nil {
		t.Fatal(err)
	}
	if now, err := s.Integration(ctx, i.ID); err != nil || now.HostKeys != second {
		t.Errorf("after the second act: %+v, %v", now, err)
	}
	acts, err := s.Acts(ctx, i.ID, 10)
	if err != nil {
		t.Fatal(err)
	}
	var recorded int
	for _, a := range acts {
		if a.What == "host_keys" {
			recorded++
		}
	}
	if recorded != 2 {
		t.Errorf("%d of two acts are recorded", recorded)
	}
	if err := s.SetHostKeys(ctx, "int_nobody", first, act); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("of nobody: %v", err)
	}
}
