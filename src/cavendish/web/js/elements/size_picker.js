/** <size-picker>: the tiers, those that the model makes. */

import { h } from "../dom.js"
import { Connected } from "./connected.js"

const TIERS = Object.freeze(["512", "1K", "2K", "4K"])

export class SizePicker extends Connected {
  /** @param {AbortSignal} signal */
  listen(signal) {
    const { form } = this.studio
    this.named("tiers").replaceChildren(...TIERS.map((tier) =>
      h("label", {}, h("input", { type: "radio", name: "tier", value: tier }), h("span", {}, tier))))
    this.addEventListener("change", (event) => form.set({ tier: /** @type {HTMLInputElement} */ (event.target).value }), { signal })
    form.addEventListener("change", () => this.#show(), { signal })
    this.#show()
  }

  #show() {
    const { card, values } = this.studio.form
    for (const input of this.querySelectorAll("input")) {
      input.checked = input.value === values.tier
      input.disabled = !card.tiers.includes(input.value)
    }
  }
}
