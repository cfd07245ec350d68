package support

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"relink/backend/integration"
	"relink/backend/locale"
)

// Text is the bundle in words, as it is previewed, put on the clipboard and kept in the zip.
func (b Bundle) Text(p locale.Printer) string {
	var out strings.Builder
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&out, "%s: %s\n", p.T("bundle."+key), value)
		}
	}
	moment := func(key string, at time.Time) {
		if !at.IsZero() {
			line(key, utc(at))
		}
	}
	fmt.Fprintln(&out, p.T("bundle.title", "integration", b.Integration))
	fmt.Fprintln(&out)
	line("provider", b.Provider)
	line("status", p.T("status."+string(b.Status)))
	if b.Cause != "" {
		line("cause", p.T("cause."+string(b.Cause))+" ("+b.Rule+")")
	}
	line("stage", string(b.Stage))
	if b.HTTPStatus != 0 {
		line("http_status", strconv.Itoa(b.HTTPStatus))
	}
	line("oauth_error", b.OAuthError)
	line("vendor_code", b.VendorCode)
	moment("broken_since", b.BrokenSince)
	moment("checked", b.CheckedAt)
	moment("succeeded", b.SucceededAt)
	line("method", b.Method)
	moment("granted", b.GrantedAt)
	moment("renewed", b.RenewedAt)
	moment("used", b.UsedAt)
	moment("expires", b.ExpiresAt)
	line("host_keys", p.T("bundle.host_keys."+string(b.HostKeys)))
	if u := b.UpdateCycle; u != nil {
		line("update_cycle", u.State)
		moment("update_completed", u.CompletedAt)
	}
	line("versions", "Relink "+b.Relink+", "+b.System)
	moment("made", b.MadeAt)
	b.tests(&out, p)
	b.timeline(&out, p)
	fmt.Fprintf(&out, "\n%s\n", p.T("bundle.nothing_secret"))
	return out.String()
}

func (b Bundle) tests(out *strings.Builder, p locale.Printer) {
	if len(b.Tests) == 0 {
		return
	}
	fmt.Fprintf(out, "\n%s\n", p.T("bundle.tests"))
	for _, t := range b.Tests {
		fmt.Fprintf(out, "  %s  %s (%s)\n", utc(t.At), p.T("status."+string(t.Status)), t.Rule)
	}
}

func (b Bundle) timeline(out *strings.Builder, p locale.Printer) {
	if len(b.Timeline) == 0 {
		return
	}
	fmt.Fprintf(out, "\n%s\n", p.T("bundle.timeline"))
	for _, e := range b.Timeline {
		who := ""
		if e.Kind == KindTried {
			who = " [" + p.T(actorKey(e.Who)) + "]"
		}
		fmt.Fprintf(out, "  %s%s  %s\n", utc(e.At), who, p.Text(elsewhere(e.Text)))
	}
}

// elsewhere is a sentence whose moments are written for a reader in another zone.
func elsewhere(t integration.Text) integration.Text {
	values := maps.Clone(t.Args)
	for name, value := range values {
		if at, err := time.Parse(time.RFC3339, value); err == nil && strings.HasSuffix(name, "At") {
			values[name] = utc(at)
		}
	}
	return integration.Text{Key: t.Key, Args: values}
}

func actorKey(who string) string {
	switch who {
	case integration.ActorWindow, integration.ActorCLI, integration.ActorExec, integration.ActorTimer:
		return "actor." + who
	}
	return "actor.unrecorded"
}

// utc writes a moment as a support desk elsewhere reads it.
func utc(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }

// Zip is the bundle as a file: its text, and the same as JSON. The members are stored as they are, so
// that whoever looks for a secret in the file looks at all of it.
func (b Bundle) Zip(p locale.Printer) ([]byte, error) {
	fields, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the bundle: %w", err)
	}
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, member := range []struct {
		name    string
		content []byte
	}{{"relink-support.txt", []byte(b.Text(p))}, {"relink-support.json", fields}} {
		header := &zip.FileHeader{Name: member.name, Method: zip.Store, Modified: b.MadeAt}
		header.SetMode(0o600)
		w, err := archive.CreateHeader(header)
		if err == nil {
			_, err = w.Write(member.content)
		}
		if err != nil {
			return nil, fmt.Errorf("write the bundle: %w", err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("write the bundle: %w", err)
	}
	return out.Bytes(), nil
}

// Save writes a file that its owner alone can read, whatever lay there before: a link is replaced and
// not followed. A device or a pipe is no file and is written to.
func Save(path string, content []byte) error {
	if there, err := os.Stat(path); err == nil && !there.Mode().IsRegular() {
		return pour(path, content)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".relink-*.part") // mode 0600
	if err != nil {
		return fmt.Errorf("save the file: %w", err)
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Chmod(0o600), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("save the file: %w", errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}

// pour writes to what stands at a path; a folder takes nothing.
func pour(path string, content []byte) error {
	device, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("save the file: %w", err)
	}
	_, err = device.Write(content)
	if err = errors.Join(err, device.Close()); err != nil {
		return fmt.Errorf("save the file: %w", err)
	}
	return nil
}
