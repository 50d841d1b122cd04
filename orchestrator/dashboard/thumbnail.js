/**
 * A small picture of what an agent shows, only while it can be seen. Until the first one comes, or
 * where none does, what is known stands in its place: the title, and where it is from.
 */

import { h, fill, say } from './dom.js';
import { mainPage } from './fleet_state.js';
import { shortUrl } from './format.js';
import { icon } from './icons.js';
import { draw, LiveSocket } from './live_socket.js';

const WANT = { fps: 0.5, quality: 40 };
/** So that cards of about one size want the same, and a page is drawn once for all who look. */
const STEP = 160;
const WIDEST = 640;
/** Whoever scrolls past does not look. */
const LOOK_MS = 250;

/** @type {WeakMap<Element, Thumbnail>} */
const thumbnails = new WeakMap();
const observer = new IntersectionObserver(entries => {
  for (const { target, isIntersecting } of entries) thumbnails.get(target)?.see(isIntersecting);
});
document.addEventListener('visibilitychange', () => {
  for (const each of document.querySelectorAll('x-thumbnail')) thumbnails.get(each)?.heed();
});

export class Thumbnail extends HTMLElement {
  constructor() {
    super();
    /** @type {import('./types').Agent | null} */
    this.agent = null;
    this.looksAt = '';
    /** @type {LiveSocket | null} */
    this.socket = null;
    this.isSeen = false;
    this.timer = 0;
    thumbnails.set(this, this);
  }

  connectedCallback() {
    observer.observe(this);
    if (this.firstChild) return;
    this.canvas = h('canvas', { 'aria-hidden': 'true', hidden: true });
    this.name = h('span', { class: 'thumb-title' });
    this.place = h('span', { class: 'thumb-place' });
    fill(this, h('span', { class: 'thumb-window', 'aria-hidden': 'true' },
      h('span', { class: 'thumb-bar' }), h('span', { class: 'thumb-sheet' }, icon('globe'),
        this.name, this.place)), this.canvas);
    if (this.agent) this.show(this.agent);
  }

  disconnectedCallback() {
    observer.unobserve(this);
    this.see(false);
  }

  /** @param {boolean} isSeen */
  see(isSeen) {
    this.isSeen = isSeen;
    clearTimeout(this.timer);
    if (isSeen) this.timer = setTimeout(() => this.heed(), LOOK_MS);
    else this.heed();
  }

  /** Look at the page, or look away. */
  heed() {
    const { agent } = this;
    const page = agent && mainPage(agent);
    const wanted = this.isSeen && !document.hidden && agent?.contact.browser_ok.value
      && page && page.url !== 'about:blank' ? `${agent.agent_id} ${page.id}` : '';
    if (this.looksAt === wanted) return;
    this.socket?.close();
    this.socket = null;
    if (this.looksAt.split(' ')[0] !== agent?.agent_id && this.canvas) this.canvas.hidden = true;
    this.looksAt = wanted;
    if (!wanted || !agent || !page) return;
    this.socket = new LiveSocket(agent.agent_id, page.id, this.wanted(), { onPicture: picture => {
      if (!this.canvas) return;
      draw(this.canvas, picture);
      this.canvas.hidden = false;
    } });
  }

  /** As wide as the card is on this screen; of a page on end, its upper part is what is seen. */
  wanted() {
    const pixels = this.clientWidth * Math.min(devicePixelRatio || 1, 2);
    const width = Math.min(WIDEST, Math.max(STEP, Math.ceil(pixels / STEP) * STEP));
    return { ...WANT, width, height: 2 * width };
  }

  /** @param {import('./types').Agent} agent */
  show(agent) {
    if (this.agent?.agent_id !== agent.agent_id && this.canvas) this.canvas.hidden = true;
    this.agent = agent;
    if (this.isSeen) this.heed();
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
