/** Base of every element of the page: it is given the studio, and its listeners end when it leaves the document. */

/** @import { Studio } from "../api/types.ts" */

export class Connected extends HTMLElement {
  /** @type {AbortController | undefined} */ #connection
  /** @type {Studio | undefined} */ #studio

  /** @param {Studio} studio */
  set studio(studio) {
    this.#studio = studio
    if (this.isConnected) this.connectedCallback()
  }

  /** @returns {Studio} */
  get studio() { return /** @type {Studio} */ (this.#studio) }

  connectedCallback() {
    this.#connection?.abort()
    if (!this.#studio) return
    this.#connection = new AbortController() // per connection: moving the node reconnects it
    this.listen(this.#connection.signal)
  }

  disconnectedCallback() { this.#connection?.abort() }

  /**
   * Subclasses add their listeners here and show themselves.
   * @param {AbortSignal} _signal
   */
  listen(_signal) {}

  /**
   * @param {string} name of a data- attribute inside this element
   * @returns {any}
   */
  named(name) { return this.querySelector(`[data-${name}]`) }
}
