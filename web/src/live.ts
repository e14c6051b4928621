// SPDX-License-Identifier: Apache-2.0

import { follow, publish } from "./bus";
import { exact, fill, lang } from "./format";
import { merge, type Picture } from "./picture";

const silence = 15_000; // the stream speaks at least every ten seconds
const wordsEvery = 15_000;

// Live follows the stream, merges its messages and says so when it stops.
export class Live extends HTMLElement {
  private source?: EventSource;
  private picture?: Picture;
  private heard = 0;
  private wait = 2000;
  private timers: number[] = [];
  private leave?: () => void;

  connectedCallback(): void {
    this.open();
    this.leave = follow((p) => this.show(p));
    this.timers = [setInterval(() => this.check(), 2000), setInterval(() => void this.words(), wordsEvery)];
  }

  disconnectedCallback(): void {
    this.source?.close();
    this.leave?.();
    this.timers.forEach(clearInterval);
  }

  private open(): void {
    const source = new EventSource(this.dataset.stream ?? "/live");
    this.source = source;
    source.addEventListener("s", (e) => this.take(e, true));
    source.addEventListener("d", (e) => this.take(e, false));
    source.addEventListener("error", () => {
      // A browser gives up for good on an answer such as 503; we do not.
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(() => this.isConnected && this.open(), this.wait);
      this.wait = Math.min(this.wait * 2, 60_000);
    });
  }

  private take(e: MessageEvent<string>, whole: boolean): void {
    if (!whole && !this.picture) return;
    this.picture = merge(this.picture, JSON.parse(e.data), whole);
    this.heard = performance.now();
    this.wait = 2000;
    // What is shown to nobody is named by the server; zeros would look like calm.
    const withheld = (this.picture.withheld ?? []).join(" ");
    if (withheld !== (this.dataset.withheld ?? "")) {
      this.source?.close();
      setTimeout(() => location.reload(), 1500);
    }
    if (withheld) return;
    publish(this.picture);
  }

  private show(p: Picture): void {
    const stale = this.querySelector<HTMLElement>("[data-stale]");
    if (stale) stale.hidden = !p.stale;
    this.classList.toggle("is-stale", p.stale);
    const silent = this.querySelector<HTMLElement>("[data-silent]:not([hidden])");
    if (silent && p.last > 0) {
      // The first records have come: the words are to say so at once.
      silent.hidden = true;
      setTimeout(() => void this.words(), 1500);
    }
    this.check();
    // The page was made before a replay began: it must carry the banner.
    if (p.replay && !document.querySelector(".replay") && !sessionStorage.getItem("replay")) {
      sessionStorage.setItem("replay", "1");
      location.reload();
    }
  }

  // check tells the reader when the connection is gone.
  private check(): void {
    const notice = this.querySelector<HTMLElement>("[data-offline]");
    const lost = this.heard > 0 && performance.now() - this.heard > silence;
    if (!notice) return;
    if (lost && this.picture) notice.textContent = fill(notice.dataset.offline ?? "", { time: exact(this.picture.at) });
    notice.hidden = !lost;
    this.classList.toggle("is-lost", lost);
  }

  // words fetches the sentences that follow the figures.
  private async words(): Promise<void> {
    if (document.hidden || !this.heard) return;
    try {
      const answer = await fetch(this.dataset.words ?? `/${lang}/words`);
      if (!answer.ok) return;
      const say = new Map(Object.entries((await answer.json()) as Record<string, string>));
      for (const e of this.querySelectorAll<HTMLElement>("[data-say]")) {
        const text = say.get(e.dataset.say ?? "");
        if (text !== undefined && e.textContent !== text) e.textContent = text;
      }
    } catch {
      // The notice about the lost connection says it already.
    }
  }
}
