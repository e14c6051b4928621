// SPDX-License-Identifier: Apache-2.0

import { follow, still } from "./bus";
import { country, fill, number, say } from "./format";
import type { Flow, Picture, Table } from "./picture";

const svg = "http://www.w3.org/2000/svg";

// WorldMap shades countries by today's attacks and draws one line for every
// real flow of the last second. Nothing moves that did not happen.
export class WorldMap extends HTMLElement {
  private leave?: () => void;
  private second = -1;
  private silent?: boolean;
  private shaded?: Table<number>;
  private shadedAt = 0;
  private readonly places = new Map<string, [number, number] | undefined>();

  connectedCallback(): void {
    this.leave = follow((p) => {
      this.shade(p.hosting);
      if (p.flows.s !== this.second || p.stale !== this.silent) this.flows(p);
    });
  }

  disconnectedCallback(): void {
    this.leave?.();
  }

  private shade(hosting: Table<number>): void {
    const now = performance.now();
    if (hosting === this.shaded || now < this.shadedAt + 2000) return;
    for (const code of new Set([...Object.keys(this.shaded ?? {}), ...Object.keys(hosting)])) {
      const n = hosting[code] ?? 0;
      if (this.shaded && this.shaded[code] === n) continue;
      const land = code && document.getElementById("c-" + code);
      if (!land) continue;
      const title = land.querySelector("title");
      const name = country(code);
      const unit = title?.textContent?.slice(name.length).replace(/[\d.,\s]+/, " {n} ") ?? ": {n}";
      say(title, name + fill(unit, { n: number(n) }));
      land.setAttribute("class", "q" + step(n) + (code === this.dataset.home ? " home" : ""));
    }
    this.shaded = hosting;
    this.shadedAt = now;
  }

  private flows(p: Picture): void {
    const fresh = p.flows.s !== this.second;
    this.second = p.flows.s;
    this.silent = p.stale;
    const most = this.clientWidth < 640 ? 20 : 40;
    const drawn = p.flows.f.slice(0, most).filter((f) => this.place(f[0]) && this.place(f[1]));
    if (fresh && !still.matches && !document.hidden) drawn.forEach((f, i) => this.arc(f, i));
    const shown = drawn.reduce((n, f) => n + f[2], 0);
    const all = p.flows.f.reduce((n, f) => n + f[2], p.flows.r);
    const which = p.stale ? "mute" : all === 0 ? "quiet" : still.matches ? "flows" : "rest";
    const text = fill(this.dataset[which] ?? "", {
      n: number(which === "flows" ? p.flows.f.length : drawn.length),
      e: number(which === "flows" ? all : shown),
      f: number(all - shown),
    });
    say(this.querySelector("[data-flowtext]"), text);
  }

  private place(code: string): [number, number] | undefined {
    if (!this.places.has(code)) {
      const land = code ? document.getElementById("c-" + code) : null;
      const p = land?.dataset.p?.split(" ") ?? [land?.getAttribute("cx"), land?.getAttribute("cy")];
      this.places.set(code, land ? [Number(p[0]), Number(p[1])] : undefined);
    }
    return this.places.get(code);
  }

  private arc(flow: Flow, order: number): void {
    const layer = this.querySelector(".arcs");
    const from = this.place(flow[0]);
    const to = this.place(flow[1]);
    if (!layer || !from || !to) return;
    // On a small screen the sheet shrinks; lines must still be seen.
    const grow = Math.min(Math.max(1400 / (this.clientWidth || 1400), 1), 2);
    const width = Math.min(2.2 + 1.3 * Math.log2(flow[2]), 11) * grow;
    const delay = order * 18;
    if (flow[0] === flow[1]) {
      this.ring(layer, to, width, delay);
      return;
    }
    const line = document.createElementNS(svg, "path");
    line.setAttribute("d", curve(from, to));
    line.setAttribute("stroke-width", width.toFixed(1));
    layer.append(line);
    const length = line.getTotalLength();
    const gone = length + width;
    line.style.strokeDasharray = `${length} ${gone * 2}`;
    line
      .animate(
        [
          { strokeDashoffset: length, opacity: 0.95 },
          { strokeDashoffset: 0, opacity: 0.95, offset: 0.45, easing: "ease-in" },
          { strokeDashoffset: -gone, opacity: 0.25 },
        ],
        { duration: 1500, delay, fill: "both", easing: "ease-out" },
      )
      .finished.then(
        () => line.remove(),
        () => line.remove(),
      );
    this.ring(layer, to, width, delay + 650);
  }

  // ring marks where a flow ends.
  private ring(layer: Element, at: [number, number], width: number, delay: number): void {
    const c = document.createElementNS(svg, "circle");
    c.setAttribute("cx", String(at[0]));
    c.setAttribute("cy", String(at[1]));
    c.setAttribute("r", "4");
    layer.append(c);
    c.animate(
      [
        { r: "3px", opacity: 0.9 },
        { r: 10 + 2 * width + "px", opacity: 0 },
      ],
      { duration: 800, delay, fill: "both", easing: "ease-out" },
    ).finished.then(
      () => c.remove(),
      () => c.remove(),
    );
  }
}

// curve bends every line to the same side of its direction, so that the two
// directions between two countries do not lie on each other.
function curve([x1, y1]: [number, number], [x2, y2]: [number, number]): string {
  const dx = x2 - x1;
  const dy = y2 - y1;
  const far = Math.hypot(dx, dy);
  const lift = Math.min(far * 0.28, 210);
  const up = dx >= 0 ? 1 : -1;
  const cx = (x1 + x2) / 2 + (dy / far) * lift * up;
  const cy = Math.max((y1 + y2) / 2 - (dx / far) * lift * up, 12);
  return `M${x1} ${y1}Q${cx.toFixed(0)} ${cy.toFixed(0)} ${x2} ${y2}`;
}

// step is the shade: one a power of ten.
function step(n: number): number {
  let s = 0;
  for (; n >= 1 && s < 5; n /= 10) s++;
  return s;
}
