package cli_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"relink/build/canary"
	"relink/build/peers"
)

// TestAdobeCommerceAdministratorIsTradedForATokenOverTLS lets a shop answer as its documents say: a bare token, the
// orders for it, and later the way to the second factor in the place of another token.
func TestAdobeCommerceAdministratorIsTradedForATokenOverTLS(t *testing.T) {
	const password = "CNRY-admin-password-0123456789"
	d := newDesk(t)
	var wantsCode, ended atomic.Bool
	var trades atomic.Int64
	d.world.Play("shop.example.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var login struct{ Username, Password, OTP string }
		_ = json.Unmarshal(body, &login)
		w.Header().Set("Content-Type", "application/json")
		refuse := func(text string) { w.WriteHeader(http.StatusUnauthorized); _, _ = io.WriteString(w, text) }
		switch {
		case strings.HasPrefix(r.URL.Path, "/rest/V1/orders"):
			if ended.Load() || r.Header.Get("Authorization") == "Bearer " || !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer token-") {
				refuse(`{"message":"The consumer isn't authorized to access %resources.","parameters":{"resources":"Magento_Sales::actions_view"}}`)
				return
			}
			_, _ = io.WriteString(w, `{"total_count":12}`)
		case login.Username != "relink" || login.Password != password:
			refuse(`{"message":"The account sign-in was incorrect or your account is disabled temporarily. Please wait and try again later."}`)
		case r.URL.Path == "/rest/V1/integration/admin/token" && wantsCode.Load():
			refuse(`{"message":"Please use the 2fa provider-specific endpoints to obtain a token.","parameters":{"active_providers":["google"]}}`)
		case r.URL.Path == "/rest/V1/tfa/provider/google/authenticate" && login.OTP != "123456":
			refuse(`{"message":"Invalid code."}`)
		default:
			ended.Store(false)
			fmt.Fprintf(w, `"token-%d"`, trades.Add(1))
		}
	}))
	add := []string{"add", "adobe-commerce", "--name", "Shop", "--method", "login_token", "--set", "store_url=https://shop.example.com", "--set", "username=relink", "--secret-stdin"}
	said := d.run(11, "wrong\n", add...)
	d.wants(said, "refused")
	said += d.run(0, password+"\n", add...)
	ended.Store(true) // before its four hours: the shop's own setting says less
	said += d.run(0, "", "check", "Shop", "--json")
	if n := trades.Load(); n != 2 {
		t.Errorf("%d trades, want one for the addition and one for the token that had ended", n)
	}
	wantsCode.Store(true)
	ended.Store(true)
	checked := d.run(11, "", "check", "Shop", "--json")
	d.wants(checked, `"cause": "account_change"`)
	d.wants(checked, `"status": "needs_reauthorization"`)
	code := d.run(11, password+"\n", "reconnect", "Shop", "--secret-stdin")
	d.wants(code, "asks for the code of a second factor")
	if found := canary.Find([]byte(said+checked+code), password); found != "" {
		t.Errorf("a command printed the password (%s)", found)
	}
}

// TestLoginIsWhatAdobeCommercesOwnContractAllows puts the trade before Prism with the document that the shop's
// software publishes of itself: the members of the object, and a bare text as the answer.
func TestLoginIsWhatAdobeCommercesOwnContractAllows(t *testing.T) {
	const why = "the document's server names a store view (/rest/default), which may be left out"
	d, answers := newDesk(t), http.NewServeMux()
	trade := mocked(t, peers.Contract{
		Document: "magento.com.json", Operations: []string{"POST /V1/integration/admin/token"}, As: "/rest/V1/integration/admin/token", Lean: true, Why: why,
	}.Prism(t))
	orders := mocked(t, peers.Contract{
		Document: "magento.com.json", Operations: []string{"GET /V1/orders"}, As: "/rest/V1/orders", Lean: true, Why: why,
	}.Prism(t))
	answers.Handle("/rest/V1/integration/admin/token", trade)
	answers.Handle("/", orders)
	d.world.Play("shop.example.com", answers)
	d.run(0, "CNRY-admin-password\n", "add", "adobe-commerce", "--name", "Shop", "--method", "login_token", "--set", "store_url=https://shop.example.com", "--set", "username=relink", "--secret-stdin")
	if asked := d.world.Asked(); len(asked) < 2 || asked[0] != "POST shop.example.com/rest/V1/integration/admin/token" || asked[1] != "GET shop.example.com/rest/V1/orders" {
		t.Errorf("the proxy was asked for %v", asked)
	}
	for _, m := range []*mock{trade, orders} {
		for _, refused := range m.refusals() {
			t.Errorf("the document does not allow what Relink asks: %.600s", refused)
		}
	}
}
