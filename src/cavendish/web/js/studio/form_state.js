/** What the form says now. One object, one event: parts of the page read it and change it, and never each other. */

/** @import { Call, FormValues, ModelCard, Picture, Reference, Role } from "../api/types.ts" */

export const MAX_REFERENCES = 14
export const MAX_SEED = 2 ** 31 - 1  // Gemini's int32: what is drawn here can be drawn again by every client

/** What stands in the prompt's place while it is empty: shown there, and in the code. */
export const EXAMPLES = Object.freeze({ draw: "A golden retriever puppy on a red sofa, morning light", edit: "make it evening" })

/** @type {Readonly<FormValues>} */
const BLANK = Object.freeze({ prompt: "", model: "flash", ratio: "1:1", tier: "1K", count: 1, seed: null, negative: "",
  references: [], base: null })

export class FormState extends EventTarget {
  /** @type {FormValues} */ #values = { ...BLANK }
  /** @type {ModelCard[]} */ #models
  #ratioBeforeEdit = BLANK.ratio
  #lastId = 0

  /** @param {ModelCard[]} models */
  constructor(models) {
    super()
    this.#models = models
    if (!models.some((m) => m.id === BLANK.model)) this.#values.model = models[0].id
  }

  get values() { return this.#values }
  get models() { return this.#models }
  get card() { return /** @type {ModelCard} */ (this.#models.find((m) => m.id === this.#values.model)) }

  /** Exact pixels of the chosen shape and size; null when they follow the picture that is edited. */
  get pixels() {
    const { ratio, tier, base } = this.#values
    return !ratio && base ? null : this.card.pixels[ratio || "1:1"][tier]
  }

  /** @param {Partial<FormValues>} patch */
  set(patch) {
    const before = this.#values
    this.#values = { ...before, ...patch }
    this.#keepWhatTheModelMakes()
    this.dispatchEvent(new CustomEvent("change", { detail: { before } }))
  }

  /** @param {Picture} picture */
  edit(picture) {
    if (!this.#values.base) this.#ratioBeforeEdit = this.#values.ratio
    const references = this.#values.references.slice(0, MAX_REFERENCES - 1)
    this.set({ base: picture, ratio: this.#values.base ? this.#values.ratio : "", prompt: "", references })
  }

  leaveEdit() {
    this.set({ base: null, ratio: this.#values.ratio || this.#ratioBeforeEdit || BLANK.ratio })
  }

  /**
   * @param {{blob: Blob, name: string, signature?: string}[]} files
   * @returns {number} how many did not fit
   */
  addReferences(files) {
    const room = this.room
    const taken = new Set(this.#values.references.map((r) => r.name))
    const added = files.slice(0, room).map(({ blob, name, signature = "" }) => /** @type {Reference} */ (
      { id: ++this.#lastId, blob, name: freeName(name, taken), role: "object", signature, url: URL.createObjectURL(blob) }))
    this.set({ references: [...this.#values.references, ...added] })
    return files.length - added.length
  }

  /** How many more references fit; the picture that is edited counts. */
  get room() {
    const { references, base } = this.#values
    return MAX_REFERENCES - references.length - (base ? 1 : 0)
  }

  /** @param {number} id */
  removeReference(id) {
    const gone = this.#values.references.find((r) => r.id === id)
    if (gone) URL.revokeObjectURL(gone.url)
    this.set({ references: this.#values.references.filter((r) => r.id !== id) })
  }

  /**
   * @param {number} id
   * @param {Role} role
   */
  giveRole(id, role) {
    const keep = (/** @type {Reference} */ r) => (role === "base" && r.role === "base" ? { ...r, role: /** @type {Role} */ ("object") } : r)
    this.set({ references: this.#values.references.map((r) => (r.id === id ? { ...r, role } : keep(r))) })
  }

  /** @returns {Call} */
  get call() {
    const { base, references, ...rest } = this.#values
    const files = references.map(({ name, blob, role }) => ({ name, mime: blob.type || "image/png", role }))
    if (base?.blob) files.unshift({ name: base.name, mime: base.blob.type, role: "base" })
    files.sort((a, b) => Number(b.role === "base") - Number(a.role === "base"))
    const prompt = rest.prompt.trim() || (base ? EXAMPLES.edit : EXAMPLES.draw)
    return { ...rest, prompt, files, defaultTier: this.card.default_tier }
  }

  #keepWhatTheModelMakes() {
    const { card } = this
    if (this.#values.ratio && !card.ratios.includes(this.#values.ratio)) this.#values.ratio = "1:1"
    if (!card.tiers.includes(this.#values.tier)) this.#values.tier = card.default_tier
  }
}

/**
 * Two files of one name would be one file in the code that is shown: cup.png, cup-2.png.
 * @param {string} name
 * @param {Set<string>} taken
 */
function freeName(name, taken) {
  const dot = name.lastIndexOf(".")
  const [stem, suffix] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""]
  let free = name
  for (let n = 2; taken.has(free); n += 1) free = `${stem}-${n}${suffix}`
  taken.add(free)
  return free
}
