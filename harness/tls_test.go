package harness_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness"
)

// issued is a self-signed certificate for 127.0.0.1 and shop.test, good until a year.
func issued(t *testing.T, until int) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "shop"}, DNSNames: []string{"shop.test"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter: time.Date(until, 1, 1, 0, 0, 0, 0, time.UTC), IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// kept writes a certificate and its key as PEM.
func kept(t *testing.T, dir, name string, c tls.Certificate) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	require.NoError(t, err)
	for suffix, block := range map[string]*pem.Block{
		".pem": {Type: "CERTIFICATE", Bytes: c.Certificate[0]}, ".key": {Type: "PRIVATE KEY", Bytes: key},
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+suffix), pem.EncodeToMemory(block), 0o600))
	}
}

// overTLS serves with a certificate.
func overTLS(t *testing.T, c tls.Certificate, http2 bool, clients *tls.Certificate, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.EnableHTTP2 = http2
	server.TLS = &tls.Config{Certificates: []tls.Certificate{c}}
	if clients != nil {
		pool := x509.NewCertPool()
		leaf, err := x509.ParseCertificate(clients.Certificate[0])
		require.NoError(t, err)
		pool.AddCert(leaf)
		server.TLS.ClientAuth, server.TLS.ClientCAs = tls.RequireAndVerifyClientCert, pool
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// withoutTLS serves plain HTTP at an https URL.
func withoutTLS(t *testing.T, h http.HandlerFunc) string {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return "https" + strings.TrimPrefix(server.URL, "http")
}

func TestSystemsAreSpokenToOverTLS(t *testing.T) {
	t.Parallel()
	good, expired, mine := issued(t, 2200), issued(t, 2001), issued(t, 2200)
	dir := t.TempDir()
	kept(t, dir, "good", good)
	kept(t, dir, "expired", expired)
	kept(t, dir, "mine", mine)
	over := func(c tls.Certificate, http2 bool, clients *tls.Certificate) func(*testing.T, http.HandlerFunc) string {
		return func(t *testing.T, h http.HandlerFunc) string { return overTLS(t, c, http2, clients, h) }
	}
	one, two := over(good, false, nil), over(good, true, nil)
	guarded, old := over(good, false, &mine), over(expired, false, nil)
	for name, row := range map[string]struct {
		serve    func(*testing.T, http.HandlerFunc) string
		settings string
		proto    int64
		err      string
	}{
		"HTTP/1.1":              {one, "ca: good.pem", 1, ""},
		"another name":          {one, "ca: good.pem, server_name: shop.test", 1, ""},
		"HTTP/2":                {two, "ca: good.pem, http2: true", 2, ""},
		"HTTP/1.1 when it may":  {two, "ca: good.pem", 1, ""},
		"a client certificate":  {guarded, "ca: good.pem, certificate: mine.pem, key: mine.key", 1, ""},
		"no client certificate": {guarded, "ca: good.pem", 0, "it refuses the handshake: tls: certificate required"},
		"an unknown authority":  {one, "ca: mine.pem", 0, "of an authority that is not known"},
		"an expired certificate": {
			old, "ca: expired.pem", 0, "its certificate is valid from 2000-01-01 to 2001-01-01, and not now",
		},
		"a wrong name": {one, "ca: good.pem, server_name: other.test", 0,
			"its certificate is not for other.test, but for shop.test, 127.0.0.1"},
		"no HTTP/2":           {one, "ca: good.pem, http2: true", 0, "it does not offer HTTP/2"},
		"no TLS":              {withoutTLS, "ca: good.pem", 0, "it does not speak TLS"},
		"a file that is none": {one, "ca: missing.pem", 0, "missing.pem"},
		"a file without any":  {one, "ca: good.key", 0, "good.key has no certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var proto atomic.Int64
			url := row.serve(t, func(w http.ResponseWriter, r *http.Request) {
				proto.Store(int64(r.ProtoMajor))
				fmt.Fprint(w, "hello")
			})
			text := fmt.Sprintf(`{kind: url, url: %q, ready: /ready, ready_within: 1 min, tls: {%s}}`, url,
				row.settings)
			r, err := harness.Options{Out: t.TempDir()}.Run(t.Context(), secure(t, dir, text), nil)
			if row.err != "" {
				require.ErrorContains(t, err, row.err)
				return
			}
			require.NoError(t, err)
			w := r.Phases[0].Trials[0].Window
			assert.Equal(t, uint64(5), w.Succeeded, "%v", w.Errors)
			assert.Equal(t, row.proto, proto.Load())
		})
	}
}

// secure is the suite of bad systems with another system.
func secure(t *testing.T, dir, system string) *harness.Suite {
	t.Helper()
	file := filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+".yaml")
	require.NoError(t, os.WriteFile(file, []byte(withSystem(system, `{name: get, path: "/"}`)), 0o600))
	s, err := harness.ReadSuite(file)
	require.NoError(t, err)
	return s
}

func TestEndlessAnswersAreBoundedOverTLS(t *testing.T) {
	t.Parallel()
	good := issued(t, 2200)
	dir := t.TempDir()
	kept(t, dir, "good", good)
	gigabyte := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ready" {
			return
		}
		part := make([]byte, 1<<20)
		for range 1 << 10 {
			if _, err := w.Write(part); err != nil {
				return
			}
		}
	}
	for _, http2 := range []bool{false, true} {
		text := fmt.Sprintf(`{kind: url, url: %q, ready: /ready, ready_within: 1 min, tls: {ca: good.pem, http2: %v}}`,
			overTLS(t, good, http2, nil, gigabyte), http2)
		r, err := harness.Options{Out: t.TempDir()}.Run(t.Context(), secure(t, dir, text), nil)
		require.NoError(t, err)
		w := r.Phases[0].Trials[0].Window
		assert.Equal(t, uint64(5), w.Failed+w.Unsent)
		require.NotEmpty(t, w.Errors)
		assert.Contains(t, messages(w.Errors), "larger than 16 MiB", "HTTP/2: %v", http2)
	}
}
