/** Base64 to and from Blobs, by the browser's own code where it has it. */

/**
 * @param {string} text
 * @param {string} mime
 */
export function toBlob(text, mime) {
  const native = /** @type {any} */ (Uint8Array).fromBase64
  const bytes = native ? native.call(Uint8Array, text) : Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
  return new Blob([bytes], { type: mime })
}

/**
 * @param {Blob} blob
 * @returns {Promise<string>}
 */
export function toBase64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""))
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(blob)
  })
}
