// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"strings"
	"testing"

	"haidang/identity"
)

func sealer(t testing.TB, key byte) cipher.AEAD {
	t.Helper()
	block := must[cipher.Block](t)(aes.NewCipher(bytes.Repeat([]byte{key}, 32)))
	return must[cipher.AEAD](t)(cipher.NewGCM(block))
}

// hooked is an identity that seals, with an organisation of two contacts; what it
// notes for the audit is kept.
func hooked(t *testing.T, b identity.Bucket, key byte) (*identity.Identity, *[]identity.Action) {
	t.Helper()
	noted := &[]identity.Action{}
	i := must[*identity.Identity](t)(identity.New(identity.Config{}, identity.Dependencies{
		Bucket: b, Now: newClock().now, Seal: sealer(t, key), Record: func(_ context.Context, a identity.Action) error { *noted = append(*noted, a); return nil },
	}))
	if err := i.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return i, noted
}

const hookTo = "https://soc.example.vn/notices?for=haidang"

func TestWebhookLife(t *testing.T) {
	b := bucket(t)
	i, noted := hooked(t, b, 1)
	id := must[uint32](t)(i.CreateOrganisation(t.Context(), identity.Organisation{
		Name: identity.Name{VI: "Bệnh viện A"}, Type: "hospital",
		Contacts: []identity.Contact{{Email: "a@example.vn", Language: "vi", Webhook: "https://forged.example", Sealed: []byte("x")}, {Email: "b@example.vn", Language: "vi"}},
	}))
	if o, _ := i.Organisation(id); o.Contacts[0].Webhook != "" || o.Contacts[0].Sealed != nil {
		t.Errorf("a webhook came in by another door: %+v", o.Contacts[0])
	}
	secret := must[string](t)(i.SetWebhook(t.Context(), id, "a@example.vn", hookTo))
	if !strings.HasPrefix(secret, identity.WebhookPrefix) || len(secret) != len(identity.WebhookPrefix)+43 {
		t.Errorf("secret %q", secret)
	}
	if got := must[[]byte](t)(i.WebhookSecret(id, "a@example.vn", hookTo)); string(got) != secret {
		t.Errorf("%q is signed with, %q was shown", got, secret)
	}
	if said := fmt.Sprintf("%+v", *noted); strings.Contains(said, secret) || strings.Contains(said, "soc.example") || !strings.Contains(said, "organisation.webhook-set") {
		t.Errorf("noted: %s", said)
	}
	all := must[map[string][]byte](t)(b.List(t.Context()))
	for key, value := range all {
		if bytes.Contains(value, []byte(secret)) || bytes.Contains(value, []byte(secret[len(identity.WebhookPrefix):])) {
			t.Errorf("%s holds the secret", key)
		}
	}
	// Other changes leave it, whatever they say of it.
	o, _ := i.Organisation(id)
	o.Contacts[0].Name, o.Contacts[0].Webhook, o.Contacts[1].Webhook, o.Contacts[1].Sealed = "Trực", "https://elsewhere.example", hookTo, o.Contacts[0].Sealed
	if err := i.UpdateOrganisation(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	again, _ := hooked(t, b, 1)
	if got := must[[]byte](t)(again.WebhookSecret(id, "a@example.vn", hookTo)); string(got) != secret {
		t.Errorf("after a restart: %q", got)
	}
	_, err := again.WebhookSecret(id, "b@example.vn", hookTo)
	want(t, "another contact's", err, identity.ErrNotFound)
	if other, _ := hooked(t, b, 2); other != nil {
		if _, err := other.WebhookSecret(id, "a@example.vn", hookTo); err == nil || strings.Contains(err.Error(), hookTo) {
			t.Errorf("opened with another key: %v", err)
		}
	}
	second := must[string](t)(again.SetWebhook(t.Context(), id, "a@example.vn", hookTo+"2"))
	if second == secret {
		t.Error("the secret is the old one")
	}
	_, err = again.WebhookSecret(id, "a@example.vn", hookTo)
	want(t, "the old address", err, identity.ErrNotFound)
	if s := must[string](t)(again.SetWebhook(t.Context(), id, "a@example.vn", "")); s != "" {
		t.Errorf("taking it away gives %q", s)
	}
	_, err = again.WebhookSecret(id, "a@example.vn", "")
	want(t, "none", err, identity.ErrNotFound)
}

// A sealed secret that is moved to another contact does not open there.
func TestASealedSecretIsItsContacts(t *testing.T) {
	b := bucket(t)
	i, _ := hooked(t, b, 1)
	id := must[uint32](t)(i.CreateOrganisation(t.Context(), identity.Organisation{
		Name: identity.Name{VI: "Bệnh viện A"}, Type: "hospital", Contacts: []identity.Contact{{Email: "a@example.vn", Language: "vi"}},
	}))
	must[string](t)(i.SetWebhook(t.Context(), id, "a@example.vn", hookTo))
	for key, value := range must[map[string][]byte](t)(b.List(t.Context())) {
		if err := b.Put(t.Context(), key, bytes.ReplaceAll(value, []byte("a@example.vn"), []byte("z@example.vn"))); err != nil {
			t.Fatal(err)
		}
	}
	moved, _ := hooked(t, b, 1)
	if _, err := moved.WebhookSecret(id, "z@example.vn", hookTo); err == nil {
		t.Error("it opened for another")
	}
}

func TestRefusedWebhooks(t *testing.T) {
	i, _ := hooked(t, bucket(t), 1)
	id := must[uint32](t)(i.CreateOrganisation(t.Context(), identity.Organisation{
		Name: identity.Name{VI: "A"}, Type: "other", Contacts: []identity.Contact{{Email: "a@example.vn", Language: "vi"}},
	}))
	for _, to := range []string{
		"http://example.vn/", "ftp://example.vn/", "https://", "https://me:pw@example.vn/", "https://example.vn/#x", "example.vn", "https:///x", "javascript:alert(1)",
		"https://example.vn/\n", "http://10.0.0.1/", "http://localhost.example.vn/", "https://example.vn/" + strings.Repeat("x", 1000),
	} {
		_, err := i.SetWebhook(t.Context(), id, "a@example.vn", to)
		want(t, to, err, identity.ErrInvalid)
	}
	for _, to := range []string{"http://127.0.0.1:8080/x", "http://[::1]/x", "http://localhost/x", "https://example.vn:8443/x?y=z"} {
		must[string](t)(i.SetWebhook(t.Context(), id, "a@example.vn", to))
	}
	_, err := i.SetWebhook(t.Context(), id, "b@example.vn", hookTo)
	want(t, "nobody's", err, identity.ErrNotFound)
	_, err = start(t, bucket(t), newClock()).SetWebhook(t.Context(), id, "a@example.vn", hookTo)
	want(t, "without a key", err, identity.ErrInvalid)
}
