/** <reference-tray>: input pictures by picker, paste or drop anywhere on the page, with their roles. */

/** @import { Reference, Role } from "../api/types.ts" */

import { ICONS, announce, h, icon } from "../dom.js"
import { MAX_REFERENCES } from "../studio/form_state.js"
import { Connected } from "./connected.js"

const ROLES = Object.freeze({ object: "Object", character: "Character", style: "Style", base: "Edit this" })

export class ReferenceTray extends Connected {
  /** @param {AbortSignal} signal */
  listen(signal) {
    const picker = this.named("files")
    picker.addEventListener("change", () => {
      this.#add([...picker.files])
      picker.value = "" // the same file may be picked again
    }, { signal })
    document.addEventListener("paste", (event) => this.#paste(event), { signal })
    document.addEventListener("dragover", (event) => this.#dragOver(event), { signal })
    document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) this.#veil(false) }, { signal })
    document.addEventListener("drop", (event) => this.#drop(event), { signal })
    this.studio.form.addEventListener("change", () => this.#show(), { signal })
    this.#show()
  }

  /** @param {ClipboardEvent} event */
  #paste(event) {
    const files = [...(event.clipboardData?.files ?? [])]
    if (!files.length) return // words: the prompt takes them
    event.preventDefault()
    this.#add(files)
  }

  /** @param {DragEvent} event */
  #dragOver(event) {
    if (!event.dataTransfer?.types.includes("Files")) return
    event.preventDefault()
    event.dataTransfer.dropEffect = "copy"
    this.#veil(true)
  }

  /** @param {DragEvent} event */
  #drop(event) {
    this.#veil(false)
    if (!event.dataTransfer?.files.length) return
    event.preventDefault()
    this.#add([...event.dataTransfer.files])
  }

  /** @param {boolean} shown */
  #veil(shown) {
    const veil = /** @type {HTMLElement} */ (document.querySelector("[data-veil]"))
    veil.hidden = !shown
  }

  /** @param {File[]} files */
  #add(files) {
    const pictures = files.filter((f) => f.type.startsWith("image/"))
    const left = this.studio.form.addReferences(pictures.map((blob, i) => ({ blob, name: nameOf(blob, i) })))
    const problem = pictures.length < files.length ? "Only pictures can be references."
      : left ? `${left} did not fit: ${MAX_REFERENCES} pictures are the most.` : ""
    if (problem) this.named("count").textContent = problem
    announce(problem || `${pictures.length} ${pictures.length === 1 ? "reference" : "references"} added`)
  }

  #show() {
    const { references } = this.studio.form.values
    const list = this.named("list")
    const known = new Map([...list.children].map((item) => [Number(item.dataset.id), item]))
    list.replaceChildren(...references.map((r, i) => this.#item(known.get(r.id), r, i)))
    const { room } = this.studio.form
    this.named("count").textContent = references.length ? `${MAX_REFERENCES - room} of ${MAX_REFERENCES}`
      : `Drop, paste or pick up to ${room}`
    this.named("files").disabled = room === 0
  }

  /**
   * @param {HTMLElement | undefined} known
   * @param {Reference} reference
   * @param {number} index
   */
  #item(known, reference, index) {
    const item = known ?? this.#build(reference)
    const select = /** @type {HTMLSelectElement} */ (item.querySelector("select"))
    select.value = reference.role
    select.ariaLabel = `Role of reference ${index + 1}, ${reference.name}`
    const remove = /** @type {HTMLButtonElement} */ (item.querySelector("button"))
    remove.ariaLabel = `Remove reference ${index + 1}, ${reference.name}`
    return item
  }

  /** @param {Reference} reference */
  #build(reference) {
    const { form } = this.studio
    const select = h("select", {}, ...Object.entries(ROLES).map(([value, label]) => h("option", { value }, label)))
    select.addEventListener("change", () => form.giveRole(reference.id, /** @type {Role} */ (select.value)))
    const remove = h("button", { type: "button" }, icon(ICONS.remove))
    remove.addEventListener("click", () => {
      form.removeReference(reference.id)
      this.named("files").focus()
    })
    return h("li", { className: "reference", "data-id": reference.id }, h("img", { src: reference.url, alt: reference.name }),
      remove, select)
  }
}

/**
 * @param {File} file
 * @param {number} index
 */
function nameOf(file, index) {
  return file.name || `pasted-${index + 1}.png`
}
