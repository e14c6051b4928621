// SPDX-License-Identifier: Apache-2.0

// Png offers a chart's SVG as PNG. The browser draws it, since it has the fonts
// for Vietnamese; without scripts there is the SVG.
export class Png extends HTMLElement {
  connectedCallback(): void {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = this.dataset.text ?? "PNG";
    const title = this.closest("section")?.querySelector("h2")?.textContent;
    if (title) button.setAttribute("aria-label", button.textContent + ": " + title);
    button.addEventListener("click", () => this.draw());
    this.replaceChildren(button);
  }

  private draw(): void {
    const from = this.dataset.from;
    if (!from) return;
    const picture = new Image();
    picture.addEventListener("load", () => {
      const canvas = document.createElement("canvas");
      canvas.width = picture.naturalWidth;
      canvas.height = picture.naturalHeight;
      canvas.getContext("2d")?.drawImage(picture, 0, 0);
      canvas.toBlob((data) => {
        if (data) this.save(data, from);
      }, "image/png");
    });
    picture.src = from;
  }

  private save(data: Blob, from: string): void {
    const at = URL.createObjectURL(data);
    const link = document.createElement("a");
    const asked = new URL(from, location.href);
    const parts = [asked.pathname.split("/").pop(), asked.searchParams.get("of"), asked.searchParams.get("by"), asked.searchParams.get("period")];
    link.download = ["haidang", ...parts].filter(Boolean).join("-").replace(/[^A-Za-z0-9-]/g, "-") + ".png";
    link.href = at;
    link.click();
    setTimeout(() => URL.revokeObjectURL(at), 1000);
  }
}
