// What the native API answers (docs/reference/native.md) and what the page keeps. Types only: never loaded by a browser.

export interface ModelCard {
  id: string; vendor: string; display_name: string; description: string; aliases: string[]
  engine: string | null; stand_in: boolean
  ratios: string[]; tiers: string[]; default_tier: string
  pixels: Record<string, Record<string, [number, number]>>
  max_references: number; max_candidates: number
}
export interface EngineCard { id: string; name: string; revision: string; trained: boolean }
export interface Capabilities { version: string; engines: EngineCard[]; key_required: boolean; max_references: number }

export interface ProblemBody { title: string; status: number; detail: string; hint: string; code: string; field: string | null }

export interface PictureAnswer {
  index: number; seed: number; finish_reason: string; note: string; thoughts: string[]
  mime?: string; width?: number; height?: number; digest?: string; signature?: string; data?: string
}
export interface ImageAnswer {
  id: string; model: string; engine: string; width: number; height: number; aspect_ratio: string; note: string
  candidates: PictureAnswer[]
}
export interface StreamEvent { name: string; value: any }

export type Role = "object" | "character" | "style" | "base"

/** A picture that the user brought along. */
export interface Reference { id: number; blob: Blob; url: string; name: string; role: Role; signature: string }

/** A picture of a turn. `url` shows a preview until `blob` is there. */
export interface Picture {
  index: number; state: "waiting" | "done" | "missing"; seed: number | null; note: string; why: string
  width: number; height: number; url: string; blob: Blob | null; signature: string; name: string; turn: Turn
}
export interface Turn {
  number: number; prompt: string; history: string[]; parent: Picture | null; state: "drawing" | "done" | "failed" | "cancelled"
  pictures: Picture[]; progress: number | null; note: string; thoughts: string[]; problem: ProblemBody | null; engine: string
}

/** The form. `ratio` "" follows the picture that is edited; `seed` null is a new one each time. */
export interface FormValues {
  prompt: string; model: string; ratio: string; tier: string; count: number; seed: number | null; negative: string
  references: Reference[]; base: Picture | null
}

/** A call in words that a program can say again: pictures are names of files. */
export interface Call {
  prompt: string; model: string; ratio: string; tier: string; count: number; seed: number | null; negative: string
  files: { name: string; mime: string; role: Role }[]; defaultTier: string
}
export interface Place { origin: string; keyRequired: boolean }

/** What every element is given. */
export interface Studio {
  form: import("../studio/form_state.js").FormState
  turns: import("../studio/turns.js").Turns
  run: import("../studio/run.js").Run
  capabilities: Capabilities
  place: Place
}
