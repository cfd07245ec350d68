package channel_test

import (
	"fmt"
	"io"
	"mime"
	"net/mail"
	"strings"
	"testing"

	"relink/backend/integration"
	"relink/build/canary"
)

func mailChannel(security string) integration.Channel {
	return integration.Channel{Kind: integration.ChannelEmail, Settings: map[string]string{
		"host": "smtp.example", "port": "587", "security": security, "username": "relink@shop.example", "from": "Relink <relink@shop.example>", "to": "ana@shop.example, joe@agency.example",
	}}
}

func TestMailIsEncryptedSignedInAndOneConversation(t *testing.T) {
	for _, mode := range []string{"starttls", "tls"} {
		w, office := newWorld(t), &postOffice{password: password}
		office.begin(w, mode)
		reference, err := w.sender().Send(t.Context(), mailChannel(mode), texts("password", password), message)
		check(t, err)
		_, err = w.sender().Send(t.Context(), mailChannel(mode), texts("password", password), followUp(reference))
		check(t, err)
		got := office.letters()
		if len(got) != 2 || !got[0].encrypted || got[0].user != "relink@shop.example" || strings.Join(got[0].to, " ") != "ana@shop.example joe@agency.example" {
			t.Fatalf("%s: took %+v", mode, got)
		}
		first, err := mail.ReadMessage(strings.NewReader(got[0].text))
		check(t, err)
		second, err := mail.ReadMessage(strings.NewReader(got[1].text))
		check(t, err)
		id := first.Header.Get("Message-Id")
		if id != "<thr_1.broken@shop.example>" || second.Header.Get("In-Reply-To") != id || second.Header.Get("References") != id || second.Header.Get("Message-Id") == id {
			t.Errorf("%s: %q is answered by %q with %q", mode, id, second.Header.Get("Message-Id"), second.Header.Get("In-Reply-To"))
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(second.Header.Get("Subject"))
		check(t, err)
		if subject != "Re: "+message.Title || first.Header.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("%s: the subject is %q", mode, subject)
		}
		text, err := io.ReadAll(second.Body)
		check(t, err)
		if !strings.HasPrefix(string(text), "Shop works again") {
			t.Errorf("%s: the recovery reads %q", mode, text)
		}
	}
}

func TestMailIsNotSentInTheClear(t *testing.T) {
	for _, mode := range []string{"starttls", "tls"} {
		w, office := newWorld(t), &postOffice{password: password}
		office.begin(w, "plain")
		_, err := w.sender().Send(t.Context(), mailChannel(mode), texts("password", password), message)
		if codeOf(err) != integration.DeliveryUntrusted || office.tried != 0 || len(office.letters()) != 0 {
			t.Errorf("%s: %s after %d passwords and %d letters", mode, codeOf(err), office.tried, len(office.letters()))
		}
	}
}

func TestMailTellsAWrongPasswordFromAWrongReceiver(t *testing.T) {
	w, office := newWorld(t), &postOffice{password: password}
	office.begin(w, "starttls")
	_, err := w.sender().Send(t.Context(), mailChannel("starttls"), texts("password", password+"!"), message)
	if codeOf(err) != integration.DeliveryRefused {
		t.Errorf("a wrong password is %s", codeOf(err))
	}
	if form := canary.Find([]byte(fmt.Sprintf("%v %+v", err, err)), password); form != "" {
		t.Errorf("the error holds the password (%s)", form)
	}
	c := mailChannel("starttls")
	c.Settings["to"] = "nobody@shop.example"
	_, err = w.sender().Send(t.Context(), c, texts("password", password), message)
	if codeOf(err) != integration.DeliveryRejected {
		t.Errorf("a wrong receiver is %s", codeOf(err))
	}
	w.mail = "127.0.0.1:1"
	_, err = w.sender().Send(t.Context(), mailChannel("starttls"), texts("password", password), message)
	if codeOf(err) != integration.DeliveryUnreachable {
		t.Errorf("no server is %s", codeOf(err))
	}
}

func TestANameCannotAddAHeader(t *testing.T) {
	w, office := newWorld(t), &postOffice{password: password}
	office.begin(w, "starttls")
	evil := message
	evil.Title = "Shop\r\nBcc: everybody@evil.example\r\n\r\nhello"
	_, err := w.sender().Send(t.Context(), mailChannel("starttls"), texts("password", password), evil)
	check(t, err)
	got, err := mail.ReadMessage(strings.NewReader(office.letters()[0].text))
	check(t, err)
	if got.Header.Get("Bcc") != "" || len(office.letters()[0].to) != 2 {
		t.Errorf("the letter has the header Bcc: %q", got.Header.Get("Bcc"))
	}
}
