// Package canary answers whether a secret lies somewhere it must not, in any of the forms that a careless
// writer would give it.
//
// # Why
// A search for the text alone misses what was encoded on its way: a database column in base64, an address
// in a log, a string inside of JSON inside of JSON. So every form is looked for, and a test of this
// package proves for each one that it is found.
package canary

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
	"slices"
	"strings"
)

// shortest is the length from which on a text is told from others by chance.
const shortest = 8

// largest is how much is unpacked of one part, in bytes.
const largest = 64 << 20

// Find names the form in which content holds the secret, "" when it does not.
func Find(content []byte, secret string) string {
	if len(secret) < shortest {
		return ""
	}
	lower := bytes.ToLower(content)
	for _, f := range Forms(secret) {
		where := content
		if f.AnyCase {
			where = lower
		}
		for _, text := range f.Texts {
			if bytes.Contains(where, []byte(text)) {
				return f.Name
			}
		}
	}
	return ""
}

// Form is one way of writing a secret.
type Form struct {
	Name    string
	Texts   []string // any of which gives it away
	AnyCase bool     // the texts are in lower case and stand for both
}

// Forms are the ways in which a secret is looked for.
func Forms(secret string) []Form {
	escaped, _ := json.Marshal(secret) // a string is always written
	quoted := strings.Trim(string(escaped), `"`)
	again, _ := json.Marshal(quoted)
	return []Form{
		{Name: "plain", Texts: []string{secret}},
		{Name: "base64", Texts: append(aligned(base64.StdEncoding, secret), aligned(base64.URLEncoding, secret)...)},
		{Name: "hex", Texts: []string{hex.EncodeToString([]byte(secret))}, AnyCase: true},
		{Name: "URL", Texts: []string{url.QueryEscape(secret), url.PathEscape(secret), percent(secret)}},
		{Name: "JSON", Texts: []string{quoted, strings.Trim(string(again), `"`)}},
		{Name: "UTF-16", Texts: []string{strings.Join(strings.Split(secret, ""), "\x00")}},
		{Name: "reversed", Texts: []string{reversed(secret)}},
	}
}

// aligned are the three ways in which base64 writes a text inside of a longer one, without the letters
// that depend on its neighbours.
func aligned(e *base64.Encoding, secret string) []string {
	var texts []string
	for before := range 3 {
		text := e.WithPadding(base64.NoPadding).EncodeToString([]byte(strings.Repeat("\x00", before) + secret))
		first := (before*8 + 5) / 6
		last := len(text)
		if (before+len(secret))%3 != 0 {
			last--
		}
		texts = append(texts, text[first:last])
	}
	return texts
}

// percent writes every byte as %XX.
func percent(secret string) string {
	var out strings.Builder
	for _, b := range []byte(secret) {
		out.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{b})))
	}
	return out.String()
}

func reversed(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

// Inside is Find in content and in whatever is packed in it: the members of a zip, gzip, and the deflated
// streams of a PDF.
func Inside(content []byte, secret string) string {
	if form := Find(content, secret); form != "" {
		return form
	}
	for _, part := range unpacked(content) {
		if form := Inside(part, secret); form != "" {
			return "packed, " + form
		}
	}
	return ""
}

// unpacked are the parts of a file that are not to be read as they lie there. What cannot be unpacked is none.
func unpacked(content []byte) [][]byte {
	var parts [][]byte
	add := func(r io.Reader, err error) {
		if err != nil {
			return
		}
		if part, err := io.ReadAll(io.LimitReader(r, largest)); err == nil || len(part) > 0 {
			parts = append(parts, part)
		}
	}
	switch {
	case bytes.HasPrefix(content, []byte("PK\x03\x04")):
		archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			return nil
		}
		for _, member := range archive.File {
			add(member.Open())
		}
	case bytes.HasPrefix(content, []byte("\x1f\x8b")):
		add(gzip.NewReader(bytes.NewReader(content)))
	case bytes.HasPrefix(content, []byte("%PDF")):
		for _, rest := range bytes.Split(content, []byte("stream"))[1:] {
			add(zlib.NewReader(bytes.NewReader(bytes.TrimLeft(rest, "\r\n"))))
		}
	}
	return parts
}
