/**
 * A small picture of what an agent shows, only while it can be seen. Until a live picture comes,
 * what is known stands in its place: the title, and where it is from.
 */

import { h, fill, say } from './dom.js';
import { mainPage } from './fleet_state.js';
import { shortUrl } from './format.js';
import { icon } from './icons.js';

export class Thumbnail extends HTMLElement {
  constructor() {
    super();
    /** @type {import('./types').Agent | null} */
    this.agent = null;
  }

  connectedCallback() {
    if (this.firstChild) return;
    this.name = h('span', { class: 'thumb-title' });
    this.place = h('span', { class: 'thumb-place' });
    fill(this, h('span', { class: 'thumb-window', 'aria-hidden': 'true' },
      h('span', { class: 'thumb-bar' }), h('span', { class: 'thumb-sheet' }, icon('globe'),
        this.name, this.place)));
    if (this.agent) this.show(this.agent);
  }

  /** @param {import('./types').Agent} agent */
  show(agent) {
    this.agent = agent;
    if (!this.name || !this.place) return;
    const page = mainPage(agent);
    const isBlank = !page || page.url === 'about:blank';
    say(this.name, isBlank ? 'Blank page' : page.title || shortUrl(page.url));
    say(this.place, isBlank ? '' : hostOf(page.url));
    this.classList.toggle('is-off', !agent.contact.connected.value);
  }
}
customElements.define('x-thumbnail', Thumbnail);

/** @param {string} url */
function hostOf(url) {
  try {
    return new URL(url).host;
  } catch {
    return '';
  }
}
