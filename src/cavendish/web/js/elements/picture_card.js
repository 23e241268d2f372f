/** Builds the figure of one picture: the picture, its facts, and what can be done with it. */

/** @import { Picture, Studio } from "../api/types.ts" */

import { ICONS, announce, h, icon } from "../dom.js"

const REASONS = Object.freeze({ safety: "Held back by policy", prohibited_content: "Not allowed", no_image: "No picture",
  recitation: "Too close to existing work", other: "No picture" })

/**
 * @param {Picture} picture
 * @param {Studio} studio
 */
export function pictureCard(picture, studio) {
  const frame = h("div", { className: "frame" }, inside(picture))
  const figure = h("figure", { className: "picture", "data-state": picture.state }, frame,
    picture.state === "done" && caption(picture, studio))
  figure.style.setProperty("--w", String(picture.width))
  figure.style.setProperty("--h", String(picture.height))
  return figure
}

/** @param {Picture} picture */
function inside(picture) {
  if (picture.state === "missing") return h("p", {}, Reflect.get(REASONS, picture.why) ?? picture.why)
  if (!picture.url) return ""
  return h("img", { src: picture.url, width: picture.width, height: picture.height, alt: picture.turn.prompt,
    draggable: true })
}

/**
 * @param {Picture} picture
 * @param {Studio} studio
 */
function caption(picture, studio) {
  const seed = h("button", { type: "button", title: "Use this seed again" }, `seed ${picture.seed}`)
  seed.addEventListener("click", () => {
    studio.form.set({ seed: picture.seed })
    announce(`Seed ${picture.seed} is set`)
  })
  const edit = action("Edit", ICONS.edit, () => {
    studio.form.edit(picture)
    document.getElementById("prompt")?.focus()
  })
  const use = action("Reference", ICONS.reference, () => {
    const { blob, name, signature } = picture
    if (blob && !studio.form.addReferences([{ blob, name, signature }])) announce("Added to the references")
  })
  const download = h("a", { className: "button small", href: picture.url, download: picture.name }, icon(ICONS.download), "Download")
  return h("figcaption", {}, h("p", { className: "facts" }, `${picture.width} × ${picture.height}, `, seed),
    h("div", { className: "actions" }, edit, use, download))
}

/**
 * @param {string} label
 * @param {string} path
 * @param {() => void} act
 */
function action(label, path, act) {
  const button = h("button", { type: "button", className: "button small" }, icon(path), label)
  button.addEventListener("click", act)
  return button
}
