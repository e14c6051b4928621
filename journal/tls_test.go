// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// authority is who vouches for servers and clients in a test.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	c := &x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	raw, key := a.sign(c)
	var err error
	if a.cert, err = x509.ParseCertificate(raw); err != nil {
		t.Fatal(err)
	}
	a.key = key
	a.file = a.write(name+".pem", "CERTIFICATE", raw)
	return a
}

// sign makes a key and its certificate: by the authority or, before there is one,
// by itself.
func (a *authority) sign(c *x509.Certificate) ([]byte, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(time.Now().UnixNano()), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, by := a.cert, a.key
	if parent == nil {
		parent, by = c, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, by)
	if err != nil {
		a.t.Fatal(err)
	}
	return raw, key
}

func (a *authority) write(name, kind string, raw []byte) string {
	a.t.Helper()
	path := filepath.Join(a.dir, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return path
}

// pair makes the files of a certificate for this machine and of its key.
func (a *authority) pair(name string) (cert, key string) {
	a.t.Helper()
	raw, k := a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	secret, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.write(name+".pem", "CERTIFICATE", raw), a.write(name+".key", "PRIVATE KEY", secret)
}

// externalByTLS starts a real server that wants clients' certificates.
func externalByTLS(t *testing.T, by *authority) string {
	t.Helper()
	cert, key := by.pair("server")
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(by.cert)
	srv, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
		JetStreamMaxStore: 1 << 30, JetStreamMaxMemory: 16 << 20, DisableJetStreamBanner: true, TLSTimeout: 30,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12},
	})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(time.Minute) {
		t.Fatal("the server did not start")
	}
	return "tls://" + srv.Addr().String()
}

// An external log is reached by TLS, with certificates of both sides; there is no
// way back to a connection in clear.
func TestExternalLogByTLS(t *testing.T) {
	ours, others := newAuthority(t, "ours"), newAuthority(t, "others")
	cert, key := ours.pair("client")
	strange, strangeKey := others.pair("stranger")
	c := externalConfig(externalByTLS(t, ours))
	c.CA, c.Cert, c.Key = ours.file, cert, key
	j := open(t, c, 0, Dependencies{})
	mustSend(t, j, delivery("s", "k"), "a\n")
	if got := collect(t, j, 0); len(got) != 1 || string(got[0].Data) != "a\n" {
		t.Errorf("%+v", got)
	}
	plain := external(t, t.TempDir(), -1)
	for name, change := range map[string]func(*Config){
		"a server that the system does not know": func(c *Config) { c.CA = "" },
		"a server of another authority":          func(c *Config) { c.CA = others.file },
		"without a certificate":                  func(c *Config) { c.Cert, c.Key = "", "" },
		"a certificate of another authority":     func(c *Config) { c.Cert, c.Key = strange, strangeKey },
		"a server without TLS":                   func(c *Config) { c.URL = "tls://" + plain.Addr().String() },
		"an authority that is not there":         func(c *Config) { c.CA = "/nonexistent" },
	} {
		bad := c
		change(&bad)
		j, err := New(bad, Dependencies{})
		if err == nil {
			err = j.Start(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), "connecting to the log") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
