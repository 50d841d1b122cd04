/** What all our elements have: a signal that ends with them, so that nothing outlives its view. */

export class View extends HTMLElement {
  constructor() {
    super();
    this.life = new AbortController();
  }

  connectedCallback() {
    if (this.life.signal.aborted) this.life = new AbortController();
    this.start(this.life.signal);
  }

  disconnectedCallback() {
    this.life.abort();
  }

  /**
   * Fill the element, and begin what it does.
   * @param {AbortSignal} _signal is aborted when it leaves the page
   */
  start(_signal) {}
}

/** @type {Map<HTMLElement, () => void>} */
const ticking = new Map();
setInterval(() => {
  if (!document.hidden) ticking.forEach(tick => tick());
}, 1000);

/** A text that grows old: how long ago something was, or how long it has lasted. */
export class XTime extends HTMLElement {
  constructor() {
    super();
    /** @type {() => string} */
    this.words = () => '';
  }

  connectedCallback() {
    this.tick();
    ticking.set(this, () => this.tick());
  }

  disconnectedCallback() {
    ticking.delete(this);
  }

  tick() {
    const words = this.words();
    if (this.textContent !== words) this.replaceChildren(words);
  }
}
customElements.define('x-time', XTime);

/**
 * Return an element whose text is made anew each second.
 * @param {() => string} words
 * @param {string} [title]
 */
export function living(words, title) {
  const element = /** @type {XTime} */ (document.createElement('x-time'));
  element.words = words;
  if (title) element.title = title;
  return element;
}
