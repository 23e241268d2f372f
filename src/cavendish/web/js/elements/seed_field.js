/** <seed-field>: empty is a new seed each time. */

import { MAX_SEED } from "../studio/form_state.js"
import { Connected } from "./connected.js"

export class SeedField extends Connected {
  /** @param {AbortSignal} signal */
  listen(signal) {
    const { form } = this.studio
    const input = /** @type {HTMLInputElement} */ (this.querySelector("input"))
    input.addEventListener("input", () => this.#read(input), { signal })
    this.named("new").addEventListener("click", () => form.set({ seed: newSeed() }), { signal })
    this.named("clear").addEventListener("click", () => {
      form.set({ seed: null })
      input.focus()
    }, { signal })
    form.addEventListener("change", (event) => this.#show(input, /** @type {CustomEvent} */ (event).detail.before.seed), { signal })
    this.#read(input)
  }

  /** @param {HTMLInputElement} input */
  #read(input) {
    const text = input.value.trim()
    const fits = /^\d*$/.test(text) && Number(text) <= MAX_SEED
    input.setCustomValidity(fits ? "" : "seed")
    input.ariaInvalid = String(!fits)
    this.named("problem").textContent = fits ? "" : `Use a whole number from 0 to ${MAX_SEED}.`
    if (fits) this.studio.form.set({ seed: text ? Number(text) : null })
  }

  /**
   * What is being typed stays, also when it is wrong; a seed that came from elsewhere replaces it.
   * @param {HTMLInputElement} input
   * @param {number | null} before
   */
  #show(input, before) {
    const { seed } = this.studio.form.values
    const text = seed === null ? "" : String(seed)
    if (before !== seed && Number(input.value) !== seed) {
      input.value = text
      input.setCustomValidity("")
      input.ariaInvalid = "false"
      this.named("problem").textContent = ""
    }
    this.named("clear").hidden = seed === null
  }
}

function newSeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0] & MAX_SEED
}
