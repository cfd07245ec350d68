package tunnel

import (
	"crypto/hmac"
	"crypto/sha1" // what OpenSSH hashes host names with; it protects nothing here
	"encoding/base64"
	"fmt"
	"net"
	"regexp"
	"strings"

	"golang.org/x/crypto/ssh"
)

// entry is one line of known_hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).
type entry struct {
	marker string // revoked, cert-authority, or ""
	hosts  []string
	key    ssh.PublicKey
}

// parseKnownHosts reads all lines. One that cannot be read spoils them all: what was damaged may have
// been the line that revoked a key.
func parseKnownHosts(lines string) ([]entry, error) {
	var all []entry
	for line := range strings.Lines(lines) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		marker, hosts, key, _, _, err := ssh.ParseKnownHosts([]byte(line)) // io.EOF where it sees no entry
		if err != nil {
			return nil, fmt.Errorf("read the host keys: %w", err)
		}
		if marker != "" && marker != "revoked" && marker != "cert-authority" {
			return nil, fmt.Errorf("read the host keys: the marker @%s is not known", printable(marker))
		}
		all = append(all, entry{marker, hosts, key})
	}
	return all, nil
}

// knownName is how known_hosts calls an address: the host alone where the port is 22.
func knownName(host, port string) string {
	if host = strings.ToLower(host); port == "22" {
		return host
	}
	return "[" + host + "]:" + port
}

// knownLine is a line of known_hosts for one key.
func knownLine(host, port string, key ssh.PublicKey) string {
	return knownName(host, port) + " " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

// means says whether the line is about the host: one of its patterns fits and no negated one does.
func (e entry) means(host, port string) bool {
	name, meant := knownName(host, port), false
	for _, pattern := range e.hosts {
		pattern, negated := strings.CutPrefix(pattern, "!")
		if !fits(pattern, name) {
			continue
		}
		if negated {
			return false
		}
		meant = true
	}
	return meant
}

// fits compares a name with a pattern that may be hashed or hold * and ?.
func fits(pattern, name string) bool {
	if hashed, ok := strings.CutPrefix(pattern, "|1|"); ok {
		return hashFits(hashed, name)
	}
	pattern = regexp.QuoteMeta(strings.ToLower(pattern))
	pattern = strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(pattern)
	match, err := regexp.MatchString("^(?:"+pattern+")$", name)
	return err == nil && match
}

func hashFits(hashed, name string) bool {
	salt, sum, _ := strings.Cut(hashed, "|")
	key, err := base64.StdEncoding.DecodeString(salt)
	if err != nil {
		return false
	}
	want, err := base64.StdEncoding.DecodeString(sum)
	if err != nil {
		return false
	}
	mac := hmac.New(sha1.New, key)
	mac.Write([]byte(name))
	return hmac.Equal(mac.Sum(nil), want)
}

// split is an address as host and port.
func split(address string) (host, port string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address, "22"
	}
	return host, port
}
