// SPDX-License-Identifier: Apache-2.0

import type { Picture } from "./picture";

type Follower = (p: Picture) => void;

const followers = new Set<Follower>();
let latest: Picture | undefined;
let waiting = false;
let shown = 0;

// Readers who prefer less motion see numbers change once a second.
export const still = matchMedia("(prefers-reduced-motion: reduce)");

export function follow(f: Follower): () => void {
  followers.add(f);
  if (latest) f(latest);
  return () => followers.delete(f);
}

// publish hands the newest picture to everybody before the next frame; what
// arrives in between is never drawn.
export function publish(p: Picture): void {
  latest = p;
  if (waiting) return;
  waiting = true;
  const wait = still.matches ? Math.max(0, shown + 1000 - performance.now()) : 0;
  const draw = () => {
    waiting = false;
    shown = performance.now();
    for (const f of followers) f(latest as Picture);
  };
  if (wait > 0) setTimeout(draw, wait);
  else if (document.hidden) setTimeout(draw, 250);
  else requestAnimationFrame(draw);
}
