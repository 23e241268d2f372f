/** <ratio-picker>: the shapes as they are, portrait above, landscape below, with the exact pixels of the chosen size. */

import { h, svg } from "../dom.js"
import { Connected } from "./connected.js"

const ORDER = Object.freeze(["1:8", "1:4", "9:16", "2:3", "3:4", "4:5", "1:1", "5:4", "4:3", "3:2", "16:9", "21:9", "4:1", "8:1"])
const BOX = 36
const AREA = 21 * 21 // every shape covers the same area until it would leave the box

export class RatioPicker extends Connected {
  /** @param {AbortSignal} signal */
  listen(signal) {
    const { form } = this.studio
    const auto = h("label", { className: "auto", hidden: true }, h("input", { type: "radio", name: "ratio", value: "" }),
      drawShape(15, 15, true), h("span", {}, "Same shape as the picture"))
    this.named("ratios").replaceChildren(...ORDER.map(option), auto)
    this.addEventListener("change", (event) => form.set({ ratio: /** @type {HTMLInputElement} */ (event.target).value }), { signal })
    this.addEventListener("pointerover", (event) => this.#peek(event.target), { signal })
    this.addEventListener("pointerleave", () => this.#peek(null), { signal })
    form.addEventListener("change", () => this.#show(), { signal })
    this.#show()
  }

  #show() {
    const { card, values } = this.studio.form
    for (const label of this.named("ratios").children) {
      const input = /** @type {HTMLInputElement} */ (label.querySelector("input"))
      input.checked = input.value === values.ratio
      if (!input.value) {
        label.hidden = !values.base && values.ratio !== ""
        continue
      }
      input.disabled = !card.ratios.includes(input.value)
      const size = card.pixels[input.value]?.[values.tier]
      const pixels = size ? `${size[0]} × ${size[1]}` : "not made by this model"
      input.ariaLabel = `${input.value}, ${size ? `${size[0]} by ${size[1]} pixels` : pixels}`
      label.title = pixels
    }
    this.#peek(null)
  }

  /** @param {EventTarget | null} target what the pointer is over: its pixels are shown, else the chosen one's */
  #peek(target) {
    const { card, values, pixels } = this.studio.form
    const over = target instanceof Element ? target.closest("label")?.querySelector("input")?.value : undefined
    const size = over ? card.pixels[over]?.[values.tier] : pixels
    this.named("pixels").value = size ? `${size[0]} × ${size[1]}` : "as the picture"
  }
}

/** @param {string} ratio */
function option(ratio) {
  const [wide, high] = ratio.split(":").map(Number)
  const scale = Math.min(Math.sqrt(AREA / (wide * high)), (BOX - 2) / Math.max(wide, high))
  return h("label", {}, h("input", { type: "radio", name: "ratio", value: ratio }), drawShape(wide * scale, high * scale, false),
    h("span", {}, ratio))
}

/**
 * @param {number} width
 * @param {number} height
 * @param {boolean} dashed
 */
function drawShape(width, height, dashed) {
  const [w, r] = [Math.max(width, 3), 1.5]
  const tall = Math.max(height, 3)
  return svg("svg", { viewBox: `0 0 ${BOX} ${BOX}`, "aria-hidden": "true" }, svg("rect", { x: (BOX - w) / 2, y: (BOX - tall) / 2,
    width: w, height: tall, rx: r, ...(dashed ? { "stroke-dasharray": "3 2.5" } : {}) }))
}
