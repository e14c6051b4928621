// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// startListener takes the address, so that it is known to who builds links.
// Nothing is answered before startHTTP.
func (a *App) startListener(context.Context) error {
	l, err := net.Listen("tcp", a.cfg.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is taken by another program; choose another address with --listen", a.cfg.Listen)
	}
	if err != nil {
		return err
	}
	scheme := "http"
	if c, err := a.tls(); err != nil {
		return errors.Join(err, l.Close())
	} else if c != nil {
		l, scheme = tls.NewListener(l, c), "https"
	}
	a.listener, a.address = l, scheme+"://"+a.shownHost(l.Addr())
	a.life.add("address", func(context.Context) error {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) { // the server's stop closed it
			return err
		}
		return nil
	})
	return nil
}

func (a *App) startHTTP(ctx context.Context) error {
	handler, err := a.routes(ctx)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: a.watchRevocation(a.protected(handler)), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
	}
	go func() {
		if err := server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
			a.fail(fmt.Errorf("portal and doors: %w", err))
		}
	}()
	a.life.add("portal and doors", func(ctx context.Context) error {
		// Live frames never end by themselves: they are ended first, so that the
		// requests still under way are all that is waited for, and not for ever.
		err := a.frames.Stop(ctx)
		ctx, cancel := context.WithTimeout(ctx, drainWithin)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			err = errors.Join(err, server.Close())
		}
		return err
	})
	return nil
}

// drainWithin is how long requests under way are waited for at a stop. A sender
// that is cut off was not acknowledged and sends again.
const drainWithin = 3 * time.Second

// shownHost is what people type: the configured host with the real port.
func (a *App) shownHost(at net.Addr) string {
	host, _, _ := net.SplitHostPort(a.cfg.Listen)
	_, port, _ := net.SplitHostPort(at.String())
	if host == "" || net.ParseIP(host).IsUnspecified() && net.ParseIP(host) != nil {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// tls gives the server's TLS settings, nil for plain HTTP.
func (a *App) tls() (*tls.Config, error) {
	switch t := a.cfg.TLS; {
	case t.Cert != "":
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, fmt.Errorf("tls: %w; cert and key must be PEM files that belong together", err)
		}
		return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
	case len(t.ACME) > 0:
		m := &autocert.Manager{
			Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(t.ACME...),
			Cache: autocert.DirCache(a.folder.join("acme")), Email: t.Email,
			Client: &acme.Client{DirectoryURL: autocert.DefaultACMEDirectory, HTTPClient: a.reaching("tls.acme")},
		}
		c := m.TLSConfig()
		c.MinVersion = tls.VersionTLS12
		return c, nil
	}
	return nil, nil
}
