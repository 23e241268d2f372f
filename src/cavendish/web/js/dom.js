/** Builds elements. Text only ever becomes text: nothing here parses HTML. */

const SVG = "http://www.w3.org/2000/svg"

/**
 * @param {string} tag
 * @param {Record<string, any>} [properties] set as properties where the element has them, else as attributes
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {any}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (name in element && name !== "list") Reflect.set(element, name, value)
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, String(value))
  }
  fill(element, ...children)
  return element
}

/**
 * Replaces what is inside an element; nothing stands for no child.
 * @param {Element} element
 * @param {...(Node | string | null | undefined | false)} children
 */
export function fill(element, ...children) {
  const kept = children.filter((child) => child !== null && child !== undefined && child !== false && child !== "")
  element.replaceChildren(.../** @type {(Node | string)[]} */ (kept))
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...Node} children
 */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value))
  element.append(...children)
  return element
}

/** @param {string} path a line drawing of 16 units */
export function icon(path) {
  return svg("svg", { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true" }, svg("path", { d: path }))
}

export const ICONS = Object.freeze({
  edit: "M10.500 3.200l2.300 2.300M3 13l.7-3L11.200 2.500a1 1 0 0 1 1.400 0l.9.9a1 1 0 0 1 0 1.400L6 12.300z",
  download: "M8 2.500v7.500m-3-3 3 3 3-3M3 13.500h10",
  reference: "M3.500 3.500h9v9h-9zM3.500 10l2.500-2.500 4 4M10.500 6v.01",
  remove: "m4.500 4.500 7 7m0-7-7 7",
})

/**
 * Says something to screen readers.
 * @param {string} text
 */
export function announce(text) {
  const region = document.querySelector("[data-live]")
  if (region) region.textContent = text
}
