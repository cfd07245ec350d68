package peers_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"relink/build/peers"
)

const document = `{
 "openapi": "3.0.0", "info": {"title": "Shop", "version": "1"}, "servers": [{"url": "https://{shop}.example.com/v1"}], "security": [{"key": []}],
 "paths": {
  "/orders/{id}": {
   "parameters": [{"$ref": "#/components/parameters/id"}],
   "get": {
    "parameters": [{"in": "query", "name": "since", "required": true, "schema": {"type": "string", "format": "date"}}],
    "responses": {
     "200": {"description": "an order", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/order"}, "example": "{\"id\": \"a1\", \"at\": \"not a date\"}"}}},
     "401": {"$ref": "#/paths/~1other/get/responses/401"}
    }
   },
   "delete": {"responses": {"204": {"description": "gone"}}}
  },
  "/other": {"get": {"responses": {"401": {"description": "no key", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/fault"}}}}}}}
 },
 "components": {
  "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
  "parameters": {"id": {"in": "path", "name": "id", "required": true, "schema": {"type": "string", "pattern": "^[a-z][0-9]$"}}},
  "schemas": {
   "order": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "at": {"type": "string", "format": "date-time"}, "parent": {"$ref": "#/components/schemas/order"}}},
   "fault": {"type": "object", "properties": {"message": {"type": "string"}}},
   "unused": {"type": "object"}
  }
 }
}`

var order = peers.Contract{Document: "shop.json", Operations: []string{"GET /orders/{id}"}}

func cut(t *testing.T, c peers.Contract) string {
	t.Helper()
	served, err := c.Cut([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return string(served)
}

func TestContractKeepsWhatAnOperationReachesAndNothingElse(t *testing.T) {
	served := cut(t, order)
	for _, kept := range []string{`"/v1/orders/{id}"`, `"since"`, `"^[a-z][0-9]$"`, `"format":"date"`, `"#/components/schemas/order.answer"`, `"fault.answer"`, `"securitySchemes"`, `"security":[{"key":[]}]`, `"example":{"at":"not a date","id":"a1"}`} {
		if !strings.Contains(served, kept) {
			t.Errorf("%s is lost:\n%s", kept, served)
		}
	}
	for _, left := range []string{`"delete"`, `"/other"`, `"unused"`, `"date-time"`, "#/paths"} {
		if strings.Contains(served, left) {
			t.Errorf("%s is still there:\n%s", left, served)
		}
	}
}

func TestExceptionsOfAContractChangeOnlyWhatTheyName(t *testing.T) {
	c := order
	c.As, c.Optional, c.Lean = "/orders/{id}", "since", true
	served := cut(t, c)
	if strings.Contains(served, `"/v1/`) || strings.Contains(served, `"parent"`) || !strings.Contains(served, `"name":"since","required":false`) || !strings.Contains(served, `"name":"id","required":true`) {
		t.Error(served)
	}
}

func TestContractThatNamesNoOperationOfItsDocumentFails(t *testing.T) {
	for _, operation := range []string{"POST /orders/{id}", "GET /orders", "PARAMETERS /orders/{id}"} {
		if _, err := (peers.Contract{Operations: []string{operation}}).Cut([]byte(document)); err == nil {
			t.Errorf("%s was found", operation)
		}
	}
	circle := `{"paths": {"/a": {"get": {"responses": {"200": {"$ref": "#/paths/~1a/get/responses/200"}}}}}}`
	if _, err := (peers.Contract{Operations: []string{"GET /a"}}).Cut([]byte(circle)); err == nil {
		t.Error("a circle of references has no end")
	}
	nowhere := strings.Replace(document, "#/components/parameters/id", "#/components/parameters/gone", 1)
	if _, err := order.Cut([]byte(nowhere)); err == nil {
		t.Error("a reference leads nowhere")
	}
}

// TestPrismRefusesWhatAContractDoesNotAllow asks Square's own document.
func TestPrismRefusesWhatAContractDoesNotAllow(t *testing.T) {
	address := peers.Contract{Document: "squareup.com.json", Operations: []string{"GET /v2/merchants/{merchant_id}", "POST /oauth2/token"}}.Prism(t)
	for _, c := range []struct {
		name, method, path, authorization, body, want string
	}{
		{"as documented", "GET", "/v2/merchants/me", "Bearer a", "", "200"},
		{"no credential", "GET", "/v2/merchants/me", "", "", "401"},
		{"another path", "GET", "/v2/merchant/me", "Bearer a", "", "404"},
		{"another method", "DELETE", "/v2/merchants/me", "Bearer a", "", "405"},
		{"a token", "POST", "/oauth2/token", "", `{"client_id":"abc","client_secret":"secret","grant_type":"refresh_token","refresh_token":"abc"}`, "200"},
		{"a body that lacks something", "POST", "/oauth2/token", "", `{"client_id":"abc","client_secret":"secret"}`, "422"},
		{"a body of the wrong type", "POST", "/oauth2/token", "", `{"client_id":1,"client_secret":"secret","grant_type":"refresh_token"}`, "422"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, address+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		if c.authorization != "" {
			req.Header.Set("Authorization", c.authorization)
		}
		if c.body != "" {
			req.Header.Set("Content-Type", "application/json")
		}
		resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		said, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if !strings.HasPrefix(resp.Status, c.want) || !json.Valid(said) {
			t.Errorf("%s: %s %s", c.name, resp.Status, said)
		}
	}
}
