package canary_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"testing"

	"relink/build/canary"
)

const secret = `CNRY-key/0123"456789 abcdef+é`

func TestS1ScannerFindsEveryForm(t *testing.T) {
	inner, _ := json.Marshal(secret)
	outer, _ := json.Marshal(string(inner))
	all := map[string]string{
		"plain": secret, "hex": hex.EncodeToString([]byte(secret)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"query": url.QueryEscape(secret), "path": url.PathEscape(secret), "JSON": string(inner), "JSON in JSON": string(outer),
		"UTF-16": strings.Join(strings.Split(secret, ""), "\x00"), "a value of a query": url.Values{"token": {secret}}.Encode(),
	}
	for before := range 4 {
		text := strings.Repeat("x", before) + secret + strings.Repeat("y", before)
		all["base64 "+text] = base64.StdEncoding.EncodeToString([]byte(text))
		all["base64url "+text] = base64.RawURLEncoding.EncodeToString([]byte(text))
	}
	for form, text := range all {
		if canary.Find([]byte("before "+text+" after"), secret) == "" {
			t.Errorf("not found as %s: %q", form, text)
		}
	}
}

func TestS1ScannerFindsNothingWhereThereIsNothing(t *testing.T) {
	for _, text := range []string{"", "nothing to see", secret[:len(secret)/2], base64.StdEncoding.EncodeToString([]byte("another text of some length"))} {
		if form := canary.Find([]byte(text), secret); form != "" {
			t.Errorf("found as %s in %q", form, text)
		}
	}
}

func TestS1ScannerLooksIntoWhatIsPacked(t *testing.T) {
	pack := func(open func(io.Writer) io.WriteCloser, content string) string {
		var out bytes.Buffer
		w := open(&out)
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	deflated := func(content string) string {
		return pack(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }, content)
	}
	zipped := func(content string) string {
		var out bytes.Buffer
		archive := zip.NewWriter(&out)
		if w, err := archive.Create("member"); err != nil {
			t.Fatal(err)
		} else if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
		if err := archive.Close(); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	page := func(content string) string {
		return "%PDF-1.3\n1 0 obj <</Filter /FlateDecode>>\nstream\n" + deflated("nothing") + "\nendstream\n2 0 obj\nstream\r\n" + deflated(content) + "\nendstream\n%%EOF"
	}
	zipOfPage := zipped(page("a " + strings.Join(strings.Split(secret, ""), "\x00")))
	for what, content := range map[string]string{
		"gzip": pack(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }, secret), "zip": zipped(secret), "PDF": page(secret), "PDF in a zip": zipOfPage,
	} {
		if canary.Find([]byte(content), secret) != "" {
			t.Errorf("%s: it lies there for all to see, which proves nothing", what)
		}
		if canary.Inside([]byte(content), secret) == "" {
			t.Errorf("%s: not found", what)
		}
		if form := canary.Inside([]byte(content), "CNRY-another-secret-42"); form != "" {
			t.Errorf("%s: found what is not there (%s)", what, form)
		}
	}
}
