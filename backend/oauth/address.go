package oauth

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// errAddress tells why an address is refused without quoting it.
var (
	errAddressForm   = errors.New("the address is not an absolute URL")
	errAddressScheme = errors.New("the address must begin with https://")
	errAddressParts  = errors.New("the address must not carry a user or a fragment")
	errAddressHost   = errors.New("the address's host is not on the allow list")
)

// safeURL parses an address that a credential may be sent to or a browser opened on: https, or http
// on a loopback address for a server on this computer.
func safeURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Host == "", u.Hostname() == "", strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == '"' || r == '\'' || r == '`' || r == '\\' || r == 0x7f }):
		return nil, errAddressForm
	case u.User != nil, u.Fragment != "":
		return nil, errAddressParts
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return u, nil
	}
	return nil, errAddressScheme
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// onList says whether a host, with or without its port, is one of the allowed ones.
func onList(u *url.URL, allowed []string) bool {
	return slices.ContainsFunc(allowed, func(host string) bool {
		return strings.EqualFold(host, u.Hostname()) || strings.EqualFold(host, u.Host)
	})
}
