package cli_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"relink/backend/catalog"
)

// sent is a request of Relink's, to be sent again.
type sent struct {
	method, address string
	header          http.Header
	body            []byte
}

// TestCasesAreAnswersThatTheVendorsOwnContractsAllow puts Prism between a request of Relink's and a server
// that answers with the contract cases of the catalog: a case that the vendor's document describes otherwise
// fails. Answers that nobody saw, and those of a status that the document is silent about, are not compared.
func TestCasesAreAnswersThatTheVendorsOwnContractsAllow(t *testing.T) {
	for _, c := range contracts {
		if strings.HasPrefix(c.provider, "http-") {
			continue // their cases are nobody's in particular
		}
		t.Run(c.host, func(t *testing.T) {
			t.Parallel()
			cases, err := catalog.Contract(c.provider)
			check(t, err)
			c.compare(t, cases)
		})
	}
}

func (c contract) compare(t *testing.T, cases []catalog.Case) {
	var now catalog.Case
	var asked sent
	vendor := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = sent{r.Method, r.URL.RequestURI(), r.Header.Clone(), body}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(now.Status)
		_, _ = io.WriteString(w, now.Body)
	})
	for _, k := range cases {
		if k.Want.Proof != nil && *k.Want.Proof {
			now = k
		}
	}
	d := newDesk(t)
	d.world.Play(c.host, vendor)
	d.run(0, c.in+"\n", c.command()...)
	request := asked

	server := httptest.NewServer(vendor)
	defer server.Close()
	address, compared := c.document.Before(t, server.URL), 0
	for _, now = range cases {
		if now.At != "api" || now.Unconfirmed || !gjson.Valid(now.Body) {
			continue
		}
		silent, wrong := c.judge(request.again(t, address))
		if wrong != "" {
			t.Errorf("the case %q is not what %s says: %.600s", now.Name, c.document.Document, wrong)
		}
		if !silent {
			compared++
		}
	}
	if compared == 0 {
		t.Errorf("%s describes none of the cases", c.document.Document)
	}
}

// judge tells whether the document is silent about an answer, and what is wrong with it.
func (c contract) judge(said, body string) (silent bool, wrong string) {
	if said == "" && strings.Contains(body, "stoplight.io/prism/errors#") {
		return false, body // of the request
	}
	for _, violation := range gjson.Parse(said).Array() {
		switch {
		case violation.Get("severity").String() != "Error":
			silent = true // an answer of this status is not described
		case c.misdescribed != "" && violation.Get("location.2").String() == c.misdescribed:
		case !c.part || violation.Get("code").String() != "required":
			wrong += violation.Raw
		}
	}
	return silent, wrong
}

// again sends the request to another address, and returns what Prism and what the server said.
func (s sent) again(t *testing.T, address string) (said, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), s.method, address+s.address, bytes.NewReader(s.body))
	check(t, err)
	req.Header = s.header
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	check(t, err)
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	check(t, err)
	return resp.Header.Get("sl-violations"), string(content)
}
