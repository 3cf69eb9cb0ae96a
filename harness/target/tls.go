package target

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// secured reads what a system's TLS settings name, from the suite's folder; nil for an http URL.
func secured(s suite.System, dir string) (*tls.Config, error) {
	if !strings.HasPrefix(s.URL, "https://") {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: s.TLS.ServerName}
	if s.TLS.CA != "" {
		text, err := os.ReadFile(beside(dir, s.TLS.CA))
		if err != nil {
			return nil, fmt.Errorf("tls: ca: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("tls: ca: %s has no certificate; allowed: one or more in PEM", s.TLS.CA)
		}
	}
	if s.TLS.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(beside(dir, s.TLS.Certificate), beside(dir, s.TLS.Key))
		if err != nil {
			return nil, fmt.Errorf("tls: certificate and key: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

func beside(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// HopelessError says that waiting does not make a system ready: its certificate, its protocol or what it
// asks of its clients is not as the suite has it.
type HopelessError struct{ Reason string }

func (e *HopelessError) Error() string { return e.Reason }

// hopeless says in plain words why no handshake will ever succeed; nil when it may.
func hopeless(err error) error {
	if never := new(HopelessError); errors.As(err, &never) {
		return never
	}
	var invalid x509.CertificateInvalidError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var alert *net.OpError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		const day = "2006-01-02"
		return &HopelessError{fmt.Sprintf("its certificate is valid from %s to %s, and not now; allowed: one "+
			"that is valid",
			invalid.Cert.NotBefore.UTC().Format(day), invalid.Cert.NotAfter.UTC().Format(day))}
	case errors.As(err, &authority):
		return &HopelessError{
			"its certificate is of an authority that is not known; allowed: one of this machine's, or of " +
				"tls: {ca: FILE}",
		}
	case errors.As(err, &host):
		return &HopelessError{fmt.Sprintf("its certificate is not for %s, but for %s; allowed: one of those as tls: "+
			"{server_name: NAME}",
			host.Host, strings.Join(append(host.Certificate.DNSNames, addresses(host.Certificate)...), ", "))}
	case errors.As(err, &invalid):
		return &HopelessError{"its certificate does not hold: " + invalid.Error()}
	case errors.As(err, &record), strings.Contains(fmt.Sprint(err), "server gave HTTP response to HTTPS client"):
		return &HopelessError{"it does not speak TLS; allowed: an http URL"}
	case errors.As(err, &alert) && alert.Op == "remote error": // as package tls calls an alert
		return &HopelessError{
			"it refuses the handshake: " + alert.Err.Error() +
				"; allowed: what the server asks of its clients, as tls: {certificate, key}",
		}
	}
	return nil
}

func addresses(c *x509.Certificate) (all []string) {
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	return all
}

// errNoHTTP2 says that a system does not offer what the suite asks for.
var errNoHTTP2 = &HopelessError{"it does not offer HTTP/2 over TLS; allowed: tls without http2"}

// addressOf is host and port of a base URL.
func addressOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}
