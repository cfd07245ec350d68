package peers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// MailOptions say what a MailServer asks of those who bring mail.
type MailOptions struct {
	Certificate, Key []byte // PEM; without them nothing is encrypted
	Implicit         bool   // encrypted before the first word (RFC 8314); else by STARTTLS, which is required
	User, Password   string // that it accepts; "" for everybody
	Receivers        string // a regular expression of those that it takes mail for; "" for all
}

// MailServer is mailpit, a mail server for tests that keeps what it takes.
type MailServer struct {
	Address string // of SMTP
	t       testing.TB
	api     string
	client  *http.Client
}

// Letter is one mail as mailpit took it.
type Letter struct {
	From    string
	To      []string
	Subject string // decoded
	Text    string // likewise
	Header  http.Header
	Raw     string
}

// Mail starts mailpit.
func Mail(t testing.TB, o MailOptions) *MailServer {
	t.Helper()
	folder := t.TempDir()
	keep := func(name string, content []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	m := &MailServer{Address: freeAddress(t), t: t, api: freeAddress(t)}
	m.client = &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	args := []string{"--smtp", m.Address, "--listen", m.api, "--database", filepath.Join(folder, "mail.db"), "--disable-version-check",
		"--smtp-disable-rdns", "--enable-chaos", "--quiet", "--smtp-allowed-recipients", o.Receivers}
	if o.Certificate != nil {
		args = append(args, "--smtp-tls-cert", keep("cert.pem", o.Certificate), "--smtp-tls-key", keep("key.pem", o.Key))
		if o.Implicit {
			args = append(args, "--smtp-require-tls")
		} else {
			args = append(args, "--smtp-require-starttls")
		}
	} else {
		args = append(args, "--smtp-auth-allow-insecure")
	}
	if o.User != "" {
		args = append(args, "--smtp-auth-file", keep("users", []byte(o.User+":"+o.Password+"\n")))
	}
	m.api = "http://" + m.api + "/api/v1/"
	serve(t, exec.Command(tool(t, "mailpit"), args...), m.api+"info")
	return m
}

// Letters are all that was taken, the first one first.
func (m *MailServer) Letters() []Letter {
	m.t.Helper()
	var list struct {
		Messages []struct {
			ID      string
			Subject string
			From    struct{ Address string }
			To      []struct{ Address string }
		} `json:"messages"`
	}
	m.ask(http.MethodGet, "messages", nil, func(b []byte) error { return json.Unmarshal(b, &list) })
	var all []Letter
	for _, one := range slices.Backward(list.Messages) {
		l := Letter{From: one.From.Address, Subject: one.Subject}
		for _, to := range one.To {
			l.To = append(l.To, to.Address)
		}
		at := "message/" + url.PathEscape(one.ID)
		var content struct{ Text string }
		m.ask(http.MethodGet, at, nil, func(b []byte) error { return json.Unmarshal(b, &content) })
		l.Text = strings.ReplaceAll(content.Text, "\r\n", "\n")
		m.ask(http.MethodGet, at+"/headers", nil, func(b []byte) error { return json.Unmarshal(b, &l.Header) })
		m.ask(http.MethodGet, at+"/raw", nil, func(b []byte) error { l.Raw = string(b); return nil })
		all = append(all, l)
	}
	return all
}

// Fail lets every sender be answered with this SMTP status from now on; 0 lets them in again.
func (m *MailServer) Fail(status int) {
	m.t.Helper()
	order := map[string]any{}
	if status != 0 {
		order["Sender"] = map[string]int{"ErrorCode": status, "Probability": 100}
	}
	body, err := json.Marshal(order)
	if err != nil {
		m.t.Fatal(err)
	}
	m.ask(http.MethodPut, "chaos", body, func([]byte) error { return nil })
}

// ask speaks with mailpit's own interface.
func (m *MailServer) ask(method, path string, body []byte, read func([]byte) error) {
	m.t.Helper()
	req, err := http.NewRequestWithContext(m.t.Context(), method, m.api+path, bytes.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	resp, err := m.client.Do(req)
	if err != nil {
		m.t.Fatal(err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, said)
	}
	if err == nil {
		err = read(said)
	}
	if err != nil {
		m.t.Fatal(err)
	}
}
