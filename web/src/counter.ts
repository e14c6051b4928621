// SPDX-License-Identifier: Apache-2.0

import { follow } from "./bus";
import { number, rate, say } from "./format";
import type { Picture } from "./picture";

const figures: Record<string, (p: Picture) => string> = {
  rate: (p) => (p.stale ? "–" : rate(p.rate)), // zero would look like calm
  today: (p) => number(p.today[0]),
  hostedIn: (p) => number(p.hostedIn[0]),
  incidents: (p) => number(p.today[1]),
};

// Counter keeps one large number up to date.
export class Counter extends HTMLElement {
  private leave?: () => void;

  connectedCallback(): void {
    const figure = figures[this.dataset.of ?? ""];
    if (figure) this.leave = follow((p) => say(this, figure(p)));
  }

  disconnectedCallback(): void {
    this.leave?.();
  }
}
