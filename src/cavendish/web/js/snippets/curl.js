/** The call for curl, on OpenAI's routes: JSON to draw, a form to edit. Needs only what a shell has. */

/** @import { Call, Place } from "../api/types.ts" */

import { openaiFields } from "./openai_fields.js"
import { shellWord } from "./quote.js"

/**
 * @param {Call} call
 * @param {Place} place
 */
export function curl(call, place) {
  const { plain, extras } = openaiFields(call)
  /** @type {[string, string | number][]} */
  const fields = [["model", call.model], ["prompt", call.prompt], ...plain, ...extras]
  const key = place.keyRequired ? '"Authorization: Bearer $CAVENDISH_API_KEY"' : '"Authorization: Bearer any"'
  const sent = call.files.length ? asForm(call, fields) : [
    "  -H 'Content-Type: application/json' \\", `  -d ${shellWord(JSON.stringify(Object.fromEntries(fields), null, 2))} \\`]
  return [
    `curl -sS --fail-with-body ${place.origin}/v1/images/${call.files.length ? "edits" : "generations"} \\`,
    `  -H ${key} \\`, ...sent, ...save(call), ""].join("\n")
}

/**
 * @param {Call} call
 * @param {[string, string | number][]} fields
 */
function asForm(call, fields) {
  const text = fields.map(([name, value]) => `  --form-string ${shellWord(`${name}=${value}`)} \\`)
  const files = call.files.map(({ name, mime }) => `  -F ${shellWord(`image[]=@"${name.replace(/[\\"]/g, "\\$&")}";type=${mime}`)} \\`)
  return [...text, ...files]
}

/** @param {Call} call */
function save(call) {
  const find = `  | grep -o '"b64_json":"[^"]*"' | cut -d'"' -f4 \\`
  if (call.count === 1) return [find, "  | base64 -d > picture-1.png"]
  return [find, '  | { n=0; while read -r text; do n=$((n+1)); echo "$text" | base64 -d > "picture-$n.png"; done; }']
}
