/** The call for google-genai in Python. */

/** @import { Call, Place } from "../api/types.ts" */

import { indent, quoted } from "./quote.js"

/**
 * @param {Call} call
 * @param {Place} place
 */
export function googlePython(call, place) {
  return [
    ...(place.keyRequired ? ["import os"] : []), "from pathlib import Path", "",
    "from google import genai", "from google.genai import types", "",
    "client = genai.Client(",
    `    api_key=${place.keyRequired ? 'os.environ["CAVENDISH_API_KEY"]' : '"any"'},`,
    `    http_options=types.HttpOptions(base_url=${quoted(place.origin)}),`,
    ")",
    "answer = client.models.generate_content(",
    `    model=${quoted(call.model)},`,
    ...contents(call),
    "    config=types.GenerateContentConfig(",
    ...indent(config(call), 8),
    "    ),",
    ")",
    "for number, candidate in enumerate(answer.candidates, 1):",
    "    for part in candidate.content.parts:",
    "        if part.inline_data:",
    '            Path(f"picture-{number}.png").write_bytes(part.inline_data.data)', ""].join("\n")
}

/** @param {Call} call */
function contents(call) {
  if (!call.files.length) return [`    contents=${quoted(call.prompt)},`]
  const parts = call.files.flatMap(({ name, mime, role }) => [
    "types.Part(",
    `    inline_data=types.Blob(data=Path(${quoted(name)}).read_bytes(), mime_type=${quoted(mime)}),`,
    `    part_metadata={"role": ${quoted(role)}},`,
    "),"])
  return ["    contents=[", ...indent([...parts, `${quoted(call.prompt)},`], 8), "    ],"]
}

/** @param {Call} call */
function config(call) {
  const shape = call.ratio ? `aspect_ratio=${quoted(call.ratio)}, ` : ""
  return [
    'response_modalities=["IMAGE"],',
    ...(call.count > 1 ? [`candidate_count=${call.count},`] : []),
    ...(call.seed === null ? [] : [`seed=${call.seed},`]),
    `image_config=types.ImageConfig(${shape}image_size=${quoted(call.tier)}),`,
    ...(call.negative.trim() ? [
      "http_options=types.HttpOptions(",
      `    extra_body={"cavendish": {"negative_prompt": ${quoted(call.negative.trim())}}},`,
      "),"] : []),
  ]
}
