// SPDX-License-Identifier: Apache-2.0

// <hd-passkey data-purpose="sign-in|step-up|register"> asks the authenticator
// when its button is pressed. Challenge and answer travel as JSON (Web
// Authentication Level 3, section 5.1).

type Bytes = Uint8Array<ArrayBuffer>;

function bytes(text: string): Bytes {
  const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}

function text(b: ArrayBuffer | null): string | undefined {
  if (!b) return undefined;
  let raw = "";
  for (const c of new Uint8Array(b)) raw += String.fromCharCode(c);
  return btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

type Descriptor = { id: string; type: "public-key"; transports?: AuthenticatorTransport[] };
type Options = {
  challenge: string;
  user?: { id: string; name: string; displayName: string };
  allowCredentials?: Descriptor[];
  excludeCredentials?: Descriptor[];
};

const known = (d: Descriptor) => ({ ...d, id: bytes(d.id) });

async function ask(register: boolean, o: Options): Promise<unknown> {
  const publicKey = {
    ...o,
    challenge: bytes(o.challenge),
    ...(o.user && { user: { ...o.user, id: bytes(o.user.id) } }),
    ...(o.allowCredentials && { allowCredentials: o.allowCredentials.map(known) }),
    ...(o.excludeCredentials && { excludeCredentials: o.excludeCredentials.map(known) }),
  };
  const got = (register
    ? await navigator.credentials.create({ publicKey: publicKey as unknown as PublicKeyCredentialCreationOptions })
    : await navigator.credentials.get({ publicKey: publicKey as unknown as PublicKeyCredentialRequestOptions })) as PublicKeyCredential;
  const r = got.response as AuthenticatorAttestationResponse & AuthenticatorAssertionResponse;
  return {
    id: got.id,
    rawId: text(got.rawId),
    type: got.type,
    clientExtensionResults: got.getClientExtensionResults(),
    authenticatorAttachment: got.authenticatorAttachment ?? undefined,
    response: register
      ? { clientDataJSON: text(r.clientDataJSON), attestationObject: text(r.attestationObject), transports: r.getTransports?.() ?? [] }
      : {
          clientDataJSON: text(r.clientDataJSON),
          authenticatorData: text(r.authenticatorData),
          signature: text(r.signature),
          userHandle: text(r.userHandle),
        },
  };
}

type Answer = { flow?: string; options?: { publicKey: Options }; go?: string; error?: string };

export class Passkey extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector("button");
    if (!button) return;
    if (!("PublicKeyCredential" in window)) {
      this.say(this.dataset.unsupported);
      return;
    }
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      this.say();
      try {
        await this.run();
      } catch {
        // The browser says why to whoever sits before it, and to nobody else.
        this.say(this.dataset.cancelled);
      }
      button.disabled = false;
    });
  }

  private say(words?: string): void {
    const said = this.querySelector<HTMLElement>(".said");
    if (!said) return;
    said.textContent = words ?? "";
    said.hidden = !words;
  }

  private async post(step: string, body: unknown): Promise<Answer> {
    const r = await fetch(`/account/passkey/${step}?lang=${this.dataset.lang}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return (await r.json()) as Answer;
  }

  private async run(): Promise<void> {
    const { purpose, next } = this.dataset;
    let a = await this.post("begin", { purpose, next });
    if (a.flow && a.options) {
      const credential = await ask(purpose === "register", a.options.publicKey);
      a = await this.post("finish", { flow: a.flow, name: this.querySelector("input")?.value, credential });
    }
    if (a.go) location.assign(a.go);
    else this.say(a.error);
  }
}
