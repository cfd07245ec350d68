package probe

import (
	"fmt"
	"net/netip"
	"strings"

	"relink/backend/catalog"
)

// DeniedError means that Relink refuses to dial an address.
type DeniedError struct{ Address string }

// Error names the address.
func (e DeniedError) Error() string { return fmt.Sprintf("the address %s is not dialled", e.Address) }

// reach is how far a probe may dial.
type reach int

const (
	publicOnly reach = iota // the internet alone
	anyOwn                  // this computer and the networks that it stands in as well
)

// never are addresses that no integration has: what clouds tell their machines, with credentials
// among it, is served there, and "this host", and groups.
var never = []netip.Prefix{
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("fe80::/10"),
	netip.MustParsePrefix("fd00:ec2::254/128"),
	netip.MustParsePrefix("168.63.129.16/32"),
	netip.MustParsePrefix("100.100.100.200/32"),
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("::/128"),
	netip.MustParsePrefix("224.0.0.0/4"),
	netip.MustParsePrefix("ff00::/8"),
	netip.MustParsePrefix("255.255.255.255/32"),
}

// wrapping are prefixes that carry an IPv4 address in their last 32 bits: NAT64 (RFC 6052) and the
// IPv4-compatible form (RFC 4291 section 2.5.5.1).
var wrapping = []netip.Prefix{netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("::/96")}

// shared is the address space of carriers (RFC 6598): private for everybody else.
var shared = netip.MustParsePrefix("100.64.0.0/10")

// denied says whether an address must not be dialled. It is asked about the address that is really
// dialled, so that no spelling of a name or number gets around it.
func denied(a netip.Addr, r reach) bool {
	a = unwrapped(a)
	if !a.IsValid() {
		return true
	}
	for _, p := range never {
		if p.Contains(a) {
			return true
		}
	}
	return r == publicOnly && (a.IsLoopback() || a.IsPrivate() || shared.Contains(a))
}

// unwrapped is the address that an IPv6 form of an IPv4 address leads to.
func unwrapped(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if !a.Is6() || a.IsLoopback() || a.IsUnspecified() {
		return a
	}
	for _, p := range wrapping {
		if p.Contains(a) {
			b := a.As16()
			return netip.AddrFrom4([4]byte(b[12:]))
		}
	}
	return a
}

// reachOf is how far a provider's probe may dial. A template with a loopback address in it, which
// only a provider from the person's own folder or the sandbox has, means this computer.
func reachOf(p catalog.Provider) reach {
	if p.Database() || p.Generic || p.OwnHost {
		return anyOwn
	}
	if p.Probe.HTTP != nil {
		_, rest, _ := strings.Cut(p.Probe.HTTP.URL, "://")
		host, _, _ := strings.Cut(rest, "/")
		if loopbackLiteral(host) {
			return anyOwn
		}
	}
	return publicOnly
}

// loopbackLiteral says whether a host, with or without its port, is a loopback address written as a number.
func loopbackLiteral(host string) bool {
	if a, err := netip.ParseAddrPort(host); err == nil {
		return a.Addr().Unmap().IsLoopback()
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.Unmap().IsLoopback()
}

// looksNumeric holds for hosts that some resolvers read as an IPv4 address though they are none in
// the usual form: 2130706433, 127.1, 0x7f.0.0.1, 0251.0376.0251.0376.
func looksNumeric(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	last := strings.ToLower(labels[len(labels)-1])
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}
