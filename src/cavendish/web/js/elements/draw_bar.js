/** <draw-bar>: draw, see how far it is, cancel. */

import { Connected } from "./connected.js"

export class DrawBar extends Connected {
  /** @param {AbortSignal} signal */
  listen(signal) {
    const { form, run } = this.studio
    this.named("shortcut").textContent = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘ ↵" : "Ctrl ↵"
    this.named("cancel").addEventListener("click", () => run.cancel(), { signal })
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") run.cancel() }, { signal })
    run.addEventListener("change", () => this.#show(), { signal })
    form.addEventListener("change", () => this.#show(), { signal })
    this.#show()
  }

  #show() {
    const { form, run, turns } = this.studio
    const [draw, cancel, progress] = [this.named("draw"), this.named("cancel"), this.named("progress")]
    const hadFocus = document.activeElement
    this.named("label").textContent = run.active ? "Drawing" : form.values.base ? "Edit" : "Draw"
    this.named("shortcut").hidden = run.active
    draw.disabled = run.active
    cancel.hidden = progress.hidden = !run.active
    if (run.active && hadFocus === draw) cancel.focus({ preventScroll: true })
    if (!run.active && hadFocus === cancel) draw.focus({ preventScroll: true }) // the picture stays in sight
    const done = turns.list.at(-1)?.progress
    if (done === null || done === undefined) progress.removeAttribute("value")
    else progress.value = done
  }
}
