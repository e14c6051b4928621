// SPDX-License-Identifier: Apache-2.0

// Numbers and times as the server writes them.
export const lang = document.documentElement.lang || "vi";
const zone = document.documentElement.dataset.zone || "Asia/Ho_Chi_Minh";

const whole = new Intl.NumberFormat(lang, { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat(lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const minute = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
const second = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: zone });

export const number = (n: number): string => whole.format(n);
export const rate = (n: number): string => (n >= 99.95 ? whole.format(n) : tenth.format(Math.max(n, 0)));
export const clock = (ms: number): string => minute.format(ms);
export const exact = (ms: number): string => second.format(ms);

export function share(part: number, all: number): string {
  if (all <= 0) return "–";
  const p = (100 * part) / all;
  return part > 0 && p < 0.5 ? "<\u00a01\u00a0%" : whole.format(Math.round(p)) + "\u00a0%";
}

// fill replaces {name} in a text of the catalogue.
export function fill(text: string, values: Record<string, string>): string {
  return text.replace(/\{(\w+)\}/g, (all, name: string) => values[name] ?? all);
}

// say writes a text only when it differs: every write costs a layout.
export function say(e: Element | null | undefined, text: string): void {
  if (e && e.textContent !== text) e.textContent = text;
}

const regions = new Intl.DisplayNames([lang], { type: "region" });

// country names a country as the map does, else as the browser does.
export function country(code: string): string {
  const title = code && document.getElementById("c-" + code)?.querySelector("title")?.textContent;
  if (title) return title.slice(0, title.lastIndexOf(": "));
  try {
    return regions.of(code) ?? code;
  } catch {
    return code;
  }
}

const nameMost = 34;

// system names a network by its number and, where it has one, its name, which
// is cut as the server cuts it.
export function system(key: string, name?: string, most = nameMost): string {
  return "AS" + key + (name ? " · " + cut(name, most) : "");
}

function cut(text: string, most: number): string {
  const letters = Array.from(text);
  if (letters.length <= most) return text;
  const head = letters.slice(0, most);
  const space = head.lastIndexOf(" ");
  return head.slice(0, space > most / 2 ? space : most).join("").replace(/[\s,.;:–-]+$/, "") + "…";
}
