package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"relink/backend/sandbox"
	"relink/build/peers"
)

// The user and the password that the mail server wants.
const (
	mailUser     = "relink@shop.example"
	mailPassword = "CNRY-mail-password-0123456789"
)

// far is what lies beyond this computer, behind a proxy: the Update Cycle Status API, the services that
// carry notices, and a mail server that insists on encryption.
type far struct {
	ctx       context.Context
	net       *peers.Internet
	mail      *peers.Mailpit
	mu        sync.Mutex
	warehouse *sandbox.Warehouse
	arrived   []arrival
	letters   int // how many were collected
}

// arrival is a notice that came to its receiver.
type arrival struct {
	Where string `json:"where"` // host and path, or the addresses of a letter
	Text  string `json:"text"`
}

func openFar(ctx context.Context, folder string) (*far, error) {
	internet, err := peers.OpenInternet(folder)
	if err != nil {
		return nil, err
	}
	f := &far{ctx: ctx, net: internet}
	for host, answer := range map[string]string{
		"hooks.slack.com": "ok", "slack.com": `{"ok":true,"ts":"1.2"}`, "prod-1.westeurope.logic.azure.com": "", "discord.com": `{"id":"1"}`,
		"api.telegram.org": `{"ok":true,"result":{"message_id":1}}`, "shop.example": "",
	} {
		internet.Play(host, f.taking(answer))
	}
	if err := f.openMail(folder); err != nil {
		internet.End()
		return nil, err
	}
	return f, nil
}

// taking is a service that takes whatever is posted.
func (f *far) taking(answer string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		f.take(arrival{r.Host + r.URL.Path, string(body)})
		_, _ = io.WriteString(w, answer) // whoever posted may be gone
	})
}

func (f *far) take(a arrival) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.arrived = append(f.arrived, a)
}

// openMail starts the mail server, whose certificate is for localhost.
func (f *far) openMail(folder string) error {
	options := peers.MailOptions{User: mailUser, Password: mailPassword}
	var err error
	if options.Certificate, options.Key, err = f.net.PEM("localhost"); err != nil {
		return err
	}
	f.mail, err = peers.OpenMail(folder, options)
	return err
}

// end ends what openFar started.
func (f *far) end() {
	f.mail.End()
	f.net.End()
}

// collect takes the letters that came since it was called last.
func (f *far) collect() error {
	letters, err := f.mail.Letters(f.ctx)
	if err != nil {
		return err
	}
	for _, l := range letters[f.letters:] {
		f.arrived = append(f.arrived, arrival{strings.Join(l.To, " "), l.Subject + "\n" + l.Text})
	}
	f.letters = len(letters)
	return nil
}

// turn does what the switch says and returns what the test needs of it.
func (f *far) turn(name, value string) (any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch name {
	case "net":
		_, port, err := net.SplitHostPort(f.mail.Address)
		return map[string]string{"proxy": f.net.Proxy, "roots": f.net.Roots, "mailPort": port, "mailUser": mailUser, "mailPassword": mailPassword}, err
	case "arrived":
		if err := f.collect(); err != nil {
			return nil, err
		}
		arrived := f.arrived
		f.arrived = nil
		return append([]arrival{}, arrived...), nil
	case "warehouse":
		// A new account each time: it may be asked once a minute.
		opened, err := sandbox.StartWarehouse(f.ctx, time.Now)
		if err != nil {
			return nil, err
		}
		f.warehouse = opened
		f.net.Play("api.rjmetrics.com", opened)
		return map[string]string{"client": strconv.Itoa(opened.Client), "key": opened.Key}, nil
	case "update":
		var told struct {
			State string
			Hours float64
		}
		if err := json.Unmarshal([]byte(value), &told); err != nil {
			return nil, err
		}
		f.warehouse.Finish(told.State, time.Now().Add(-time.Duration(told.Hours*float64(time.Hour))))
	case "disable":
		f.warehouse.DisableKey()
	default:
		return nil, fmt.Errorf("no switch %q", name)
	}
	return "", nil
}
