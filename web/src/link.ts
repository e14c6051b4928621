// SPDX-License-Identifier: Apache-2.0

// <hd-link> sends the code of a one-time link in a form. It stands in the address's
// fragment, which no request carries, and is taken out of the address bar and the
// history first. Who opens another link in the same tab changes the fragment alone,
// and the browser keeps the page.
export class Link extends HTMLElement {
  connectedCallback(): void {
    addEventListener("hashchange", this.send);
    this.send();
  }

  disconnectedCallback(): void {
    removeEventListener("hashchange", this.send);
  }

  private send = (): void => {
    const code = location.hash.slice(1);
    const form = this.querySelector("form");
    const input = this.querySelector<HTMLInputElement>("input[name=secret]");
    if (!code.startsWith("hdl_") || !form || !input) return;
    history.replaceState(null, "", location.pathname + location.search);
    input.value = code;
    form.submit();
  };
}
