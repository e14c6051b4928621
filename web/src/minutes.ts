// SPDX-License-Identifier: Apache-2.0

import { follow } from "./bus";
import { clock, number, say } from "./format";
import type { Picture } from "./picture";

// Minutes keeps the chart of the last hour up to date; share/portal/chart.go
// draws the same.
export class Minutes extends HTMLElement {
  private leave?: () => void;
  private drawn?: object;
  private end = 0;

  connectedCallback(): void {
    this.leave = follow((p) => this.update(p));
  }

  disconnectedCallback(): void {
    this.leave?.();
  }

  private update(p: Picture): void {
    const end = Math.floor(p.at / 60000);
    if (p.minutes === this.drawn && end === this.end) return;
    this.drawn = p.minutes;
    this.end = end;
    const columns = Array.from(this.querySelectorAll("rect"));
    const first = end - columns.length + 1;
    const values = columns.map((_, i) => p.minutes[first + i]?.[0] ?? 0);
    const top = ceiling(Math.max(...values));
    columns.forEach((c, i) => {
      const n = values[i]!;
      const h = (n * 100) / top;
      c.setAttribute("y", (100 - h).toFixed(1));
      c.setAttribute("height", h.toFixed(1));
      say(c.querySelector("title"), clock((first + i) * 60000) + ": " + number(n));
    });
    const scale = this.querySelectorAll(".scale span");
    say(scale[0], number(top));
    say(scale[1], number(Math.floor(top / 2)));
    this.querySelectorAll(".ticks time").forEach((t, i) => {
      const place = i === 0 ? 0 : i * 15 - 1;
      const at = new Date((first + place) * 60000);
      say(t, clock(at.getTime()));
      t.setAttribute("datetime", at.toISOString());
      t.setAttribute("title", at.toISOString().slice(0, 19).replace("T", " ") + " UTC");
    });
  }
}

function ceiling(n: number): number {
  for (let unit = 10; unit < 1e15; unit *= 10) {
    for (const f of [1, 2, 4, 6, 8]) if (n <= f * unit) return f * unit;
  }
  return n;
}
