/** The clients that the page writes code for. Each is one pure function of (call, place). */

/** @import { Call, Place } from "../api/types.ts" */

import { curl } from "./curl.js"
import { googleNode } from "./google_node.js"
import { googlePython } from "./google_python.js"
import { openaiNode } from "./openai_node.js"
import { openaiPython } from "./openai_python.js"

/** @typedef {{id: string, label: string, client: string, comment: string, roles: boolean, write: (call: Call, place: Place) => string}} Snippet */

/** @type {readonly Snippet[]} `roles`: the wire has a place for the role of a picture */
export const SNIPPETS = Object.freeze([
  { id: "google-python", label: "Python", client: "google-genai", comment: "#", roles: true, write: googlePython },
  { id: "openai-python", label: "Python", client: "openai", comment: "#", roles: false, write: openaiPython },
  { id: "google-node", label: "Node", client: "@google/genai", comment: "//", roles: true, write: googleNode },
  { id: "openai-node", label: "Node", client: "openai", comment: "//", roles: false, write: openaiNode },
  { id: "curl", label: "curl", client: "", comment: "#", roles: false, write: curl },
])

/**
 * What the reader must know beside the code, "" when nothing.
 * @param {Call} call
 * @param {Place} place
 * @param {Snippet} snippet
 */
export function hintFor(call, place, snippet) {
  const hints = []
  if (place.keyRequired) hints.push("The key is read from CAVENDISH_API_KEY.")
  if (call.files.length) hints.push("Pictures are read from the folder where it runs.")
  if (!snippet.roles && call.files.some((f, i) => f.role !== (i ? "object" : "base"))) {
    hints.push("This API has no roles: it edits the first picture and uses the others as objects.")
  }
  return hints.join(" ")
}
