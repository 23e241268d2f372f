// openai for Node, unmodified, against a running server. Prints one JSON object: scenario -> what came back.
import OpenAI, { toFile } from "openai";
import { readFileSync } from "node:fs";

const [url, key, badKey, photo, mask] = process.argv.slice(2);
const client = new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0 });
const google = new OpenAI({ apiKey: key, baseURL: `${url}/v1beta/openai/`, maxRetries: 0 });

const png = (b64) => {  // width and height from IHDR
  const bytes = Buffer.from(b64, "base64");
  return bytes.subarray(1, 4).toString() === "PNG" ? [bytes.readUInt32BE(16), bytes.readUInt32BE(20)] : null;
};
const inUrl = (dataUrl) => png(dataUrl.slice(dataUrl.indexOf(",") + 1));
const sizes = (answer) => answer.data.map((d) => png(d.b64_json));
const file = (path) => toFile(readFileSync(path), path.split("/").pop(), { type: "image/png" });
const failure = async (promise) => {
  try {
    await promise;
    return "no error";
  } catch (error) {
    return [error.constructor.name, error.status, error.code];
  }
};
const collected = async (stream) => {
  const events = [];
  for await (const event of stream) events.push([event.type, png(event.b64_json)]);
  return events;
};

async function chat() {
  const messages = [];
  const seen = [];
  for (const content of ["a puppy in a meadow", "make it night", "add a red ball", "remove the ball", "make the puppy blue",
                         "make it day"]) {
    messages.push({ role: "user", content });
    const answer = await client.chat.completions.create({ model: "flash", messages, modalities: ["image", "text"], seed: 4 });
    messages.push(answer.choices[0].message);
    seen.push(answer.choices[0].message.images[0].image_url.url);
  }
  return { turns: new Set(seen).size, sizes: seen.map(inUrl) };
}

async function chatStream() {
  const stream = await client.chat.completions.create({ model: "flash", stream: true, stream_options: { include_usage: true },
                                                        messages: [{ role: "user", content: "a puppy" }] });
  const found = { images: [], finish: null, tokens: 0 };
  for await (const chunk of stream) {
    for (const image of chunk.choices[0]?.delta.images ?? []) found.images.push(inUrl(image.image_url.url));
    found.finish = chunk.choices[0]?.finish_reason ?? found.finish;
    found.tokens = chunk.usage?.total_tokens ?? found.tokens;
  }
  return found;
}

const prompt = "a puppy";
const scenarios = {
  draw: async () => sizes(await client.images.generate({ model: "gpt-image-2", prompt, size: "1536x1024" })),
  large: async () => sizes(await client.images.generate({ model: "gpt-image-2", prompt, size: "3840x2160" })),
  several: async () => sizes(await client.images.generate({ model: "gpt-image-1", prompt, n: 2 })),
  stream: async () => collected(await client.images.generate({ model: "gpt-image-1", prompt, stream: true, partial_images: 1 })),
  edit: async () => sizes(await client.images.edit({ model: "gpt-image-1", image: await file(photo), prompt: "make it brighter",
                                                     size: "1024x1024" })),
  editSeveral: async () => sizes(await client.images.edit({ model: "gpt-image-1", image: [await file(photo), await file(photo)],
                                                            prompt: "make it brighter", size: "1024x1024" })),
  editMasked: async () => sizes(await client.images.edit({ model: "gpt-image-1", image: await file(photo), mask: await file(mask),
                                                           prompt: "make it brighter" })),
  editStream: async () => collected(await client.images.edit({ model: "gpt-image-1", image: await file(photo), stream: true,
                                                               prompt: "make it brighter", size: "1024x1024" })),
  variation: async () => {
    const drawn = await client.images.generate({ model: "dall-e-2", prompt, size: "512x512", response_format: "b64_json" });
    const image = await toFile(Buffer.from(drawn.data[0].b64_json, "base64"), "a.png");
    return sizes(await client.images.createVariation({ image, size: "512x512", response_format: "b64_json" }));
  },
  models: async () => {
    const names = [];
    for await (const model of client.models.list()) names.push(model.id);
    return names.includes("gpt-image-2") && names.includes("flash") && (await client.models.retrieve("gpt-image-2")).object;
  },
  blocked: () => failure(client.images.generate({ model: "gpt-image-2", prompt: "a pornographic poster" })),
  badKey: () => failure(new OpenAI({ apiKey: badKey, baseURL: `${url}/v1` }).images.generate({ model: "gpt-image-2", prompt })),
  unknownModel: () => failure(client.images.generate({ model: "gpt-image-99", prompt })),
  badSize: () => failure(client.images.generate({ model: "gpt-image-2", prompt, size: "1000x1000" })),
  chat,
  chatStream,
  google: async () => sizes(await google.images.generate({ model: "gemini-3-pro-image", prompt, n: 2 })),
  googleBadSize: () => failure(google.images.generate({ model: "gemini-3-pro-image", prompt, size: "1x1" })),
};

const found = {};
for (const [name, run] of Object.entries(scenarios)) {
  try {
    found[name] = await run();
  } catch (error) {
    found[name] = `${error.constructor.name}: ${error.message}`;
  }
}
console.log(JSON.stringify(found));
