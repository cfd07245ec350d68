package oauth

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"strconv"
	"strings"
)

// PageTexts are the sentences of the page that the browser ends on, in the person's language.
type PageTexts struct {
	Lang      string // BCP 47 tag of the sentences, "en" when empty
	Title     string
	Working   string // while the answer is being checked
	Success   string
	Failure   string
	CloseHint string // under Success and Failure
}

const pageStyle = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center}` +
	`main{max-width:32rem;padding:2rem}h1{font-size:1.25rem;margin:0 0 .5rem}p{margin:.5rem 0}small{opacity:.75}`

// pages are the three bodies, made once: nothing of a request ever reaches them.
type pages struct {
	policy                    string
	working, success, failure []byte
}

func newPages(t PageTexts, next string) pages {
	sum := sha256.Sum256([]byte(pageStyle))
	refresh := `<meta http-equiv="refresh" content="0;url=` + html.EscapeString(next) + `">`
	return pages{
		policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		working: page(t, refresh, t.Working, ""),
		success: page(t, "", t.Success, t.CloseHint),
		failure: page(t, "", t.Failure, t.CloseHint),
	}
}

func page(t PageTexts, head, sentence, hint string) []byte {
	lang := t.Lang
	if lang == "" {
		lang = "en"
	}
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="` + html.EscapeString(lang) + `"><head><meta charset="utf-8">` +
		`<meta name="viewport" content="width=device-width, initial-scale=1">` + head +
		`<title>` + html.EscapeString(t.Title) + `</title><style>` + pageStyle + `</style></head>` +
		`<body><main><h1>` + html.EscapeString(t.Title) + `</h1><p role="status">` + html.EscapeString(sentence) + `</p>`)
	if hint != "" {
		b.WriteString(`<p><small>` + html.EscapeString(hint) + `</small></p>`)
	}
	b.WriteString(`</main></body></html>`)
	return []byte(b.String())
}

// protect sets the headers that every answer carries, an error's too.
func (p pages) protect(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", p.policy)
	h.Set("Connection", "close")
}

func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body))) // whole at once, also where it is flushed
	w.WriteHeader(status)
	_, _ = w.Write(body) // the browser may be gone; nothing depends on it
}
