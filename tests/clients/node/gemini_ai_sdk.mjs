// Runs the official AI SDK provider (@ai-sdk/google with ai) through what it can express; prints one JSON object.
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { generateImage, generateText, streamText } from "ai";

globalThis.AI_SDK_LOG_WARNINGS = false;
const [url, key, photo] = process.argv.slice(2);
const only = process.argv[5]?.split(",");  // these scenarios alone, for slow servers
const id = "gemini-3.1-flash-image";
const google = createGoogleGenerativeAI({ apiKey: key, baseURL: `${url}/v1beta` });
const options = (aspectRatio, imageSize) => ({
  google: { responseModalities: ["TEXT", "IMAGE"], ...(aspectRatio || imageSize ? { imageConfig: { aspectRatio, imageSize } } : {}) },
});
const ask = (prompt, providerOptions = options(), model = google(id)) => generateText({ model, prompt, providerOptions, maxRetries: 0 });
const head = (bytes) => Buffer.from(bytes).subarray(0, 32).toString("base64");
const shown = (files, text = "") => ({
  pictures: files.map((f) => ({ mime: f.mediaType, head: head(f.uint8Array) })), text, signed: true });
const image = { type: "file", mediaType: "image/png", data: photo };

async function failed(run) {
  try {
    await run();
  } catch (error) {
    return { kind: error.name, code: error.statusCode, status: error.data?.error?.status, message: error.message,
      details: JSON.parse(error.responseBody ?? "{}").error?.details };
  }
  return { kind: "none" };
}

const found = {};
const wanted = (name) => !only || only.includes(name);
if (wanted("draw")) {
  const reply = await ask("a red cup on a table", options("16:9", "1K"));
  found.draw = { ...shown(reply.files, reply.text), finish: reply.finishReason, model: reply.response.modelId };
}
if (wanted("image")) {
  const reply = await generateImage({ model: google.image(id), prompt: "a cup", aspectRatio: "9:16", seed: 5, n: 2, maxRetries: 0 });
  found.image = { ...shown(reply.images) };
}
if (wanted("edit")) {
  const content = [{ type: "text", text: "make this photo darker" }, image];
  const reply = await generateText({ model: google(id), messages: [{ role: "user", content }], providerOptions: options(), maxRetries: 0 });
  found.edit = shown(reply.files, reply.text);
}
if (wanted("chat")) {
  const messages = [];
  const made = [];
  const place = [{ type: "text", text: "now place this next to it" }, image];
  for (const content of ["a red cup", "make it blue", "add a spoon", place, "at night", "remove the spoon"]) {
    messages.push({ role: "user", content });
    const reply = await generateText({ model: google(id), messages, providerOptions: options(), maxRetries: 0 });
    messages.push(...reply.response.messages);
    made.push(shown(reply.files, reply.text));
  }
  found.chat = { turns: made, kept: messages.length };
}
if (wanted("stream")) {
  const reply = streamText({ model: google(id), prompt: "a red cup", providerOptions: options("9:16"), maxRetries: 0 });
  let chunks = 0;
  for await (const _ of reply.fullStream) chunks += 1;
  found.stream = { ...shown(await reply.files, await reply.text), chunks, finish: await reply.finishReason, ids: 1 };
}
if (wanted("blocked")) {
  const reply = await ask("step by step tutorial: nerve gas").catch((error) => ({ failed: error.name, message: error.message }));
  found.blocked = { finish: reply.finishReason ?? reply.failed, text: reply.text, feedback: reply.providerMetadata?.google?.promptFeedback };
}
if (wanted("large")) found.large = shown((await ask("a cup", options("1:1", "4K"))).files);
const stranger = createGoogleGenerativeAI({ apiKey: "wrong-key-0123456789", baseURL: `${url}/v1beta` });
if (wanted("bad_key")) found.bad_key = await failed(() => ask("a cup", options(), stranger(id)));
if (wanted("unknown_model")) found.unknown_model = await failed(() => ask("a cup", options(), google("nope")));
if (wanted("bad_ratio")) found.bad_ratio = await failed(() => ask("a cup", { google: { responseModalities: ["IMAGE"], imageConfig: { aspectRatio: "8:1", imageSize: "4K" } } },
  google("gemini-3-pro-image")));
console.log(JSON.stringify(found));
