/** Joins the page: what the server can do, the state, the elements. The only file that knows them all. */

/** @import { EngineCard, Studio } from "./api/types.ts" */

import { Problem, fetchCapabilities, fetchModels } from "./api/client.js"
import { h } from "./dom.js"
import { BaseCard } from "./elements/base_card.js"
import { CodePanel } from "./elements/code_panel.js"
import { Connected } from "./elements/connected.js"
import { DrawBar } from "./elements/draw_bar.js"
import { ModelSelect } from "./elements/model_select.js"
import { PictureStage } from "./elements/picture_stage.js"
import { PromptBox } from "./elements/prompt_box.js"
import { RatioPicker } from "./elements/ratio_picker.js"
import { ReferenceTray } from "./elements/reference_tray.js"
import { SeedField } from "./elements/seed_field.js"
import { SizePicker } from "./elements/size_picker.js"
import { TurnStrip } from "./elements/turn_strip.js"
import { FormState } from "./studio/form_state.js"
import { Run } from "./studio/run.js"
import { Turns } from "./studio/turns.js"

const ELEMENTS = Object.freeze({ "base-card": BaseCard, "code-panel": CodePanel, "draw-bar": DrawBar, "model-select": ModelSelect,
  "picture-stage": PictureStage, "prompt-box": PromptBox, "ratio-picker": RatioPicker, "reference-tray": ReferenceTray,
  "seed-field": SeedField, "size-picker": SizePicker, "turn-strip": TurnStrip })

/** @returns {Promise<Studio>} */
async function build() {
  const [models, capabilities] = await Promise.all([fetchModels(), fetchCapabilities()])
  const form = new FormState(models)
  const turns = new Turns()
  const slow = (/** @type {string | null} */ id) => capabilities.engines.some((/** @type {EngineCard} */ e) => e.id === id && e.trained)
  return { form, turns, run: new Run(form, turns, slow), capabilities,
    place: { origin: location.origin, keyRequired: capabilities.key_required } }
}

/** @param {Studio} studio */
function open(studio) {
  for (const [name, element] of Object.entries(ELEMENTS)) customElements.define(name, element)
  for (const element of document.querySelectorAll(Object.keys(ELEMENTS).join())) {
    if (element instanceof Connected) element.studio = studio
  }
  const { engines, version } = studio.capabilities
  const facts = document.querySelector("[data-server]")
  if (facts) facts.textContent = `${engines.map((e) => e.name).join(", ")} · ${version}`
  listen(studio)
  document.body.dataset.ready = ""
}

/** @param {Studio} studio */
function listen({ form, run }) {
  const composer = /** @type {HTMLFormElement} */ (document.getElementById("composer"))
  const prompt = /** @type {HTMLTextAreaElement} */ (document.getElementById("prompt"))
  const problem = /** @type {HTMLElement} */ (document.querySelector("[data-prompt-problem]"))
  const negative = /** @type {HTMLTextAreaElement} */ (document.getElementById("negative"))
  const say = (/** @type {string} */ text) => {
    problem.textContent = text
    prompt.ariaInvalid = String(Boolean(text))
  }
  prompt.addEventListener("input", () => say(""))
  negative.addEventListener("input", () => form.set({ negative: negative.value }))
  composer.querySelector("[data-counts]")?.addEventListener("change", (event) =>
    form.set({ count: Number(/** @type {HTMLInputElement} */ (event.target).value) }))
  composer.addEventListener("submit", (event) => {
    event.preventDefault()
    if (run.active) return
    const seed = /** @type {HTMLInputElement} */ (composer.elements.namedItem("seed"))
    if (!seed.validity.valid) return seed.focus()
    say(form.values.prompt.trim() ? "" : "Write what to draw first.")
    if (!form.values.prompt.trim()) return prompt.focus()
    void draw({ form, run })
  })
}

/**
 * After an edit, the next one goes on from what it made.
 * @param {Pick<Studio, "form" | "run">} studio
 */
async function draw({ form, run }) {
  const drawing = run.start()
  const stage = document.querySelector("[data-stage]")
  if (stage && stage.getBoundingClientRect().top > innerHeight / 2) stage.scrollIntoView({ block: "start" }) // narrow screens
  const turn = await drawing
  const made = turn.pictures.find((p) => p.state === "done")
  if (turn.parent && made && turn.state === "done" && form.values.base === turn.parent) form.edit(made)
}

try {
  open(await build())
} catch (error) {
  if (!(error instanceof Problem)) throw error
  const { title, detail, hint } = error.body
  document.querySelector("[data-stage]")?.replaceChildren(h("div", { className: "notice problem", role: "alert" },
    h("strong", {}, title), h("p", {}, detail), h("p", { className: "next" }, hint)))
}
