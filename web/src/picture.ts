// SPDX-License-Identifier: Apache-2.0

// The picture as the stream sends it; haidang's package share/live says what
// the members mean.
export type Totals = [attacks: number, incidents: number, states: number, context: number, records: number, excluded: number];
export type Flow = [from: string, to: string, attacks: number];
export type Table<V> = Record<string, V>;

export interface Flows {
  s: number;
  f: Flow[];
  r: number; // attacks in none of f
}

export interface Picture {
  at: number;
  home: string;
  replay: boolean;
  stale: boolean;
  withheld?: string[]; // names of sections that are not shown
  last: number;
  rate: number;
  today: Totals;
  hostedIn: Totals;
  flows: Flows;
  hosting: Table<number>;
  as: Table<number>;
  asNames: Table<string>; // of the keys of as that have one
  affected: Table<number>;
  kinds: Table<number>;
  ways: Table<number>;
  minutes: Table<[number, number, number]>;
}

const tables = ["hosting", "as", "asNames", "affected", "kinds", "ways", "minutes"] as const;
type Named = { [name: string]: unknown };

// table makes an object without a prototype: its keys are what attackers chose,
// and "__proto__" must be one like any other.
function table(): Table<unknown> {
  return Object.create(null) as Table<unknown>;
}

// merge applies a message to the picture in place. In tables null takes a key
// away; every other member replaces what was there.
export function merge(into: Picture | undefined, message: Named, whole: boolean): Picture {
  const now = (whole || !into ? table() : into) as Named;
  for (const name of tables) {
    const change = (message[name] ?? {}) as Table<unknown>;
    if (whole || !now[name]) now[name] = table();
    // A table that changed becomes a new object, so that readers can tell.
    if (message[name] && !whole) now[name] = Object.assign(table(), now[name]);
    const rows = now[name] as Table<unknown>;
    for (const key of Object.keys(change)) {
      if (change[key] === null) delete rows[key];
      else rows[key] = change[key];
    }
  }
  for (const name of Object.keys(message)) {
    if (!(tables as readonly string[]).includes(name)) now[name] = message[name];
  }
  return now as unknown as Picture;
}
