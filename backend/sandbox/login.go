package sandbox

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// LoginUser is who signs in with a name and a password, as the service's first account.
const LoginUser = "ana"

// logins are what the service trades for a token without OAuth, as shops do for their administrators.
type logins struct {
	password string
	code     string // of the second factor; "" while none is wanted
}

func newLogins() logins { return logins{password: "pw_" + rand.Text()} }

// Password is that of LoginUser.
func (s *Service) Password() string {
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	return s.book.logins.password
}

// ChangePassword gives LoginUser another password; tokens given so far live on.
func (s *Service) ChangePassword() {
	s.hand(s.Password())
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	s.book.logins.password = "pw_" + rand.Text()
}

// SecondFactor makes each login want a code too, and returns the one that works now; without on none is
// wanted any more.
func (s *Service) SecondFactor(on bool) string {
	code := ""
	if on {
		code = rand.Text()[:12] // longer than a person's six digits, so that a test can look for it
		s.hand(code)
	}
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	s.book.logins.code = code
	return code
}

// login trades a name and a password for a bare token; with a second factor it names the way to go in its place.
func (s *Service) login(w http.ResponseWriter, r *http.Request) { s.signIn(w, r, false) }

// loginWithCode trades them and the second factor's code, which works once.
func (s *Service) loginWithCode(w http.ResponseWriter, r *http.Request) { s.signIn(w, r, true) }

func (s *Service) signIn(w http.ResponseWriter, r *http.Request, second bool) {
	var typed struct{ Username, Password, OTP string }
	err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&typed)
	s.book.mu.Lock()
	known := s.book.logins
	s.book.mu.Unlock()
	right := err == nil && typed.Username == LoginUser && subtle.ConstantTimeCompare([]byte(typed.Password), []byte(known.password)) == 1
	switch {
	case !right:
		answerJSON(w, http.StatusUnauthorized, map[string]any{"message": "The account sign-in was incorrect or your account is disabled temporarily."})
		return
	case !second && known.code != "":
		answerJSON(w, http.StatusUnauthorized, map[string]any{
			"message": "Please use the 2fa provider-specific endpoints to obtain a token.", "parameters": map[string][]string{"active_providers": {"google"}},
		})
		return
	case second && (known.code == "" || subtle.ConstantTimeCompare([]byte(typed.OTP), []byte(known.code)) != 1):
		answerJSON(w, http.StatusUnauthorized, map[string]string{"message": "Invalid code."})
		return
	}
	if second {
		s.SecondFactor(true) // a code works once
	}
	token, err := s.oauth.robotToken([]string{ScopeProfile, ScopeOrders})
	if err != nil {
		answerJSON(w, http.StatusInternalServerError, map[string]string{"message": fmt.Sprint(err)})
		return
	}
	s.hand(token.AccessToken)
	answerJSON(w, http.StatusOK, token.AccessToken)
}

// LoginYAML returns another provider of the same service, which is entered by a name and a password.
func (s *Service) LoginYAML(id, name string) []byte {
	seed := s.seed
	seed.ID, seed.Name = id, name
	text := string(s.describe(seed, "/api/orders", ""))
	before, rest, _ := strings.Cut(text, "methods:\n")
	_, after, _ := strings.Cut(rest, "probe:\n")
	return []byte(before + fmt.Sprintf(loginMethod, s.URL()) + "probe:\n" + strings.Replace(after, "answers:\n", "answers:\n"+loginAnswers, 1))
}

const loginMethod = `methods:
  - kind: login_token
    label: {en: User name and password, pt-BR: Usuário e senha}
    fields:
      - {id: username, kind: text, label: {en: User name, pt-BR: Nome de usuário}}
      - {id: password, kind: secret, label: {en: Password, pt-BR: Senha}}
    trade:
      url: %[1]s/login
      body: {username: "{username}", password: "{password}"}
      code:
        path: parameters.active_providers
        equals: [google]
        field: {id: otp, kind: secret, label: {en: Code, pt-BR: Código}}
        url: %[1]s/login/code
        body: {username: "{username}", password: "{password}", otp: "{otp}"}
    headers: {Authorization: "Bearer {access_token}"}
    lifetime: {access: 4h}
`

const loginAnswers = `  - {at: token, status: [401], path: message, matches: sign-in was incorrect, code: sign_in_refused, meaning: login_refused}
  - {at: token, status: [401], path: message, matches: 2fa provider-specific, code: second_factor, meaning: credential_revoked}
  - {at: token, status: [401], path: message, matches: Invalid code, code: wrong_code, meaning: credential_dead}
`
