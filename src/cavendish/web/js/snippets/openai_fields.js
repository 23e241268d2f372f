/** What OpenAI's image routes are told beyond model and prompt. `extras` are our fields, which its clients pass on. */

/** @import { Call } from "../api/types.ts" */

/**
 * @param {Call} call
 * @returns {{plain: [string, string | number][], extras: [string, string | number][]}}
 */
export function openaiFields(call) {
  /** @type {[string, string | number][]} */ const plain = []
  /** @type {[string, string | number][]} */ const extras = []
  if (call.count > 1) plain.push(["n", call.count])
  if (call.model.startsWith("dall-e")) plain.push(["response_format", "b64_json"]) // these answer with links by default
  if (call.ratio) extras.push(["aspect_ratio", call.ratio])
  extras.push(["image_size", call.tier])
  if (call.seed !== null) extras.push(["seed", call.seed])
  if (call.negative.trim()) extras.push(["negative_prompt", call.negative.trim()])
  return { plain, extras }
}
