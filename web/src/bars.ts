// SPDX-License-Identifier: Apache-2.0

import { follow } from "./bus";
import { country, number, say, share, system } from "./format";
import type { Picture, Table } from "./picture";

type Name = "hosting" | "as" | "affected" | "kinds" | "ways";

const live: readonly string[] = ["hosting", "as", "affected", "kinds", "ways"];

// Bars keeps a ranking up to date inside the table that the server wrote: at
// most once a second, so that lines can be read.
export class Bars extends HTMLElement {
  private leave?: () => void;
  private drawn?: Table<number>;
  private at = 0;

  connectedCallback(): void {
    const name = this.dataset.table ?? "";
    if (live.includes(name)) this.leave = follow((p) => this.update(p, name as Name));
  }

  disconnectedCallback(): void {
    this.leave?.();
  }

  private update(p: Picture, name: Name): void {
    const table = p[name];
    if (table === this.drawn || performance.now() < this.at + 1000) return;
    this.drawn = table;
    this.at = performance.now();
    const all = name === "as" ? Math.max(sum(p.hosting), sum(p.as)) : sum(table);
    this.draw(table, all, p.asNames);
  }

  private draw(table: Table<number>, all: number, names: Table<string>): void {
    const body = this.querySelector("tbody");
    if (!body) return;
    const rows = new Map<string, HTMLTableRowElement>();
    for (const r of Array.from(body.rows)) rows.set(r.dataset.key ?? "", r);
    // Descending by count, then ascending by key, as the server does.
    const keys = Object.keys(table).sort((a, b) => table[b]! - table[a]! || (a < b ? -1 : 1));
    const most = Number(this.dataset.most) || Infinity;
    const top = keys.length ? table[keys[0]!]! : 0;
    let rank = 0;
    let seen = 0;
    let before = -1;
    keys.slice(0, most).forEach((key, place) => {
      const n = table[key]!;
      if (key && (seen++, n !== before)) {
        rank = seen;
        before = n;
      }
      const row = rows.get(key) ?? this.fresh(body, key, names[key]);
      if (!row) return;
      rows.delete(key);
      this.fillRow(row, key ? String(rank) : "–", n, all, top);
      if (body.rows[place] !== row) body.insertBefore(row, body.rows[place] ?? null);
    });
    for (const r of rows.values()) r.hidden = true;
    const none = this.querySelector<HTMLElement>("[data-none]");
    if (none) none.hidden = keys.length > 0;
    const whole = this.querySelector("table");
    if (whole) whole.hidden = keys.length === 0;
  }

  private fillRow(row: HTMLTableRowElement, rank: string, n: number, all: number, top: number): void {
    row.hidden = false;
    if ("ranked" in this.dataset) say(row.querySelector(".rank"), rank);
    const cells = row.querySelectorAll(".num");
    say(cells[0], number(n));
    say(cells[1], share(n, all));
    const width = (top > 0 ? (100 * n) / top : 0).toFixed(1) + "%";
    const bar = row.querySelector("rect");
    if (bar && bar.getAttribute("width") !== width) bar.setAttribute("width", width);
  }

  // fresh makes a line for a key that the server has not written.
  private fresh(body: HTMLTableSectionElement, key: string, name?: string): HTMLTableRowElement | undefined {
    const model = this.querySelector("template")?.content.querySelector("tr");
    if (!model) return undefined;
    const row = document.importNode(model, true);
    row.dataset.key = key;
    const list = this.dataset.list;
    const cell = row.querySelector<HTMLElement>("th span");
    say(cell, list === "country" ? country(key) : list === "as" ? system(key, name) : key);
    if (cell && list === "as" && name) cell.title = system(key, name, Infinity);
    body.append(row);
    return row;
  }
}

function sum(table: Table<number>): number {
  let n = 0;
  for (const key in table) n += table[key]!;
  return n;
}
