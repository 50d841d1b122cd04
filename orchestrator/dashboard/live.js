/** A page as it is now, and its wheel: who drives it, and how to take that over and hand it back. */

import { Problem } from './api.js';
import { h, fill, say } from './dom.js';
import { fleet } from './fleet_state.js';
import { clock, whole } from './format.js';
import { Hands } from './hands.js';
import { icon } from './icons.js';
import { Lease, rememberedName, rememberName } from './lease.js';
import { draw, LiveSocket } from './live_socket.js';
import { whoAmI } from './me.js';
import { chooserForm, dialogForm } from './page_questions.js';
import { View } from './view.js';

/** @typedef {import('./types').LiveState} LiveState */

const WANT = { fps: 30, quality: 60 };
const SOON_SECONDS = 30;
/** What was typed last goes another way than the hand-back, which must not overtake it. */
const SETTLE_MS = 300;
/** Whoever drags the edge of a window does not want a picture of each step. */
const FIT_MS = 150;
const HAS_KEYS = !matchMedia('(pointer: coarse)').matches;
const SOMEBODY = 'A person at the dashboard';

/** @type {{[code: string]: string}} */
const GONE = {
  '': 'The connection is cut.',
  agent_offline: 'The agent is away.',
  page_closed: 'The page was closed.',
  page_not_found: 'There is no such page.',
  page_crashed: 'The page has crashed. Reload it.',
  browser_restarted: 'The browser was restarted.',
};

export class Live extends View {
  agentId = '';
  pageId = '';
  /** @type {LiveSocket | null} */
  socket = null;
  /** @type {Lease | null} */
  lease = null;
  /** @type {LiveState | null} */
  state = null;
  /** @type {Hands | null} */
  hands = null;
  /** @type {AbortController | null} */
  taking = null;
  viewport = { width: 1280, height: 800 };
  hasPicture = false;
  pictureAt = 0;
  sentAt = 0;
  goneCode = '';
  isGone = false;
  toldWheel = '';
  toldAsked = '';
  told = h('div', { class: 'control-told', role: 'status', hidden: true });

  /** @param {AbortSignal} signal */
  start(signal) {
    this.canvas = /** @type {HTMLCanvasElement} */ (h('canvas', { class: 'stage-canvas', role: 'img',
      'aria-label': 'The page as it is now' }));
    this.veil = h('div', { class: 'stage-veil', role: 'status' }, 'Waiting for the picture …');
    this.stage = h('div', { class: 'stage' }, this.canvas, this.veil);
    this.who = h('div', { class: 'who', role: 'status' });
    this.wheel = h('div', { class: 'wheel' });
    this.asked = h('div');
    fill(this, h('div', { class: 'control-bar' }, this.who, this.wheel), this.told, this.asked, this.stage);
    const ticks = setInterval(() => this.tick(), 500);
    let fits = 0;
    const size = new ResizeObserver(() => {
      clearTimeout(fits);
      fits = setTimeout(() => this.fit(), FIT_MS);
    });
    size.observe(this);
    const seen = () => (document.hidden && !this.lease?.isHeld ? this.unlook() : this.connect());
    document.addEventListener('visibilitychange', seen, { signal });
    fleet.listen(changes => {
      if (changes.agents.has(this.agentId) || changes.missed) this.socket?.hurry();
    }, signal);
    signal.addEventListener('abort', () => {
      clearInterval(ticks);
      clearTimeout(fits);
      size.disconnect();
      this.taking?.abort();
      this.hands?.end();
      this.unlook();
    });
    this.showWheel();
    if (this.pageId) this.connect();
  }

  /**
   * Show another page, if it is another one.
   * @param {string} pageId
   */
  look(pageId) {
    if (pageId === this.pageId) return;
    this.pageId = pageId;
    if (!this.isConnected) return;
    this.unlook();
    this.dropHands();
    this.hasPicture = false;
    this.state = null;
    this.isGone = false;
    this.lease = null;
    this.veiled('Waiting for the picture …');
    this.connect();
    this.showWheel();
  }

  /** The token that commands of whoever drives this page carry. */
  get controlToken() {
    return this.lease?.isHeld ? this.lease.token : null;
  }

  connect() {
    if (this.socket || !this.pageId || !this.isConnected) return;
    this.socket = new LiveSocket(this.agentId, this.pageId, this.wanted(), {
      onPicture: picture => this.show(picture),
      onState: state => this.takeState(state),
      onRefused: (code, message) => this.refuse(code, message),
      onGone: (code, message) => this.leave(code, message),
    });
  }

  /** Pictures as large as the place that they have, on this screen. */
  wanted() {
    const scale = Math.min(devicePixelRatio || 1, 2);
    const width = Math.min(1920, Math.max(320, Math.round(this.clientWidth * scale)));
    return { ...WANT, width, height: width };
  }

  /** Ask for others when the place has become another, as when a telephone is turned. */
  fit() {
    const want = this.wanted();
    if (this.socket && this.socket.want.width !== want.width) this.socket.ask(want);
  }

  unlook() {
    this.socket?.close();
    this.socket = null;
  }

  /** @param {import('./live_socket.js').Picture} picture */
  show(picture) {
    draw(/** @type {HTMLCanvasElement} */ (this.canvas), picture);
    this.viewport = picture;
    this.pictureAt = Date.now();
    if (this.hasPicture && this.veil.hidden) return;
    this.hasPicture = true;
    this.stage.classList.remove('is-gone');
    this.veil.hidden = true;
  }

  /** @param {string} words */
  veiled(words) {
    this.veil.hidden = false;
    say(this.veil, words);
    this.stage.classList.toggle('is-gone', this.hasPicture);
  }

  /**
   * @param {string} code
   * @param {string} message
   */
  leave(code, message) {
    // `gone` says why, and the end of the socket that follows it adds nothing.
    if (!code && this.goneCode) return;
    this.goneCode = code;
    this.isGone = true;
    const since = this.hasPicture ? ` This is how it was at ${clock(this.pictureAt)}.` : '';
    this.veiled(`${GONE[code] ?? message}${since}`);
    this.showWheel();
  }

  /** @param {LiveState} state */
  takeState(state) {
    this.goneCode = '';
    this.isGone = false;
    // Whoever was refused because of another hears that the other is gone.
    if (this.state?.control && !state.control && !this.lease?.isHeld) this.tell('');
    this.state = state;
    if (this.hasPicture) {
      this.veil.hidden = true;
      this.stage.classList.remove('is-gone');
    }
    if (this.lease?.isHeld) {
      if (state.control) this.lease.endsAt = Date.now() + state.control.seconds * 1000;
      else this.loseControl('Your control is over.');
    }
    this.showWheel();
    this.showAsked();
  }

  /**
   * @param {string} code
   * @param {string} message
   */
  refuse(code, message) {
    if (code === 'not_in_control' || code === 'forbidden') this.loseControl(message);
    else this.tell(message);
  }

  /** @param {string} words */
  loseControl(words) {
    this.lease?.forget();
    this.dropHands();
    this.showWheel();
    this.showAsked();
    this.tell(words);
    this.dispatchEvent(new Event('x-control', { bubbles: true }));
  }

  dropHands() {
    this.hands?.end();
    this.hands = null;
    this.stage?.classList.remove('is-driven');
  }

  tick() {
    if (this.lease?.isHeld && Date.now() > this.lease.endsAt + 2000) {
      this.loseControl('Your control is over: nothing was done for a minute.');
    } else if (this.lease?.isHeld || this.state?.control) this.showWho();
  }

  showWho() {
    const control = this.state?.control;
    if (this.lease?.isHeld) {
      const left = Math.max(0, Math.round((this.lease.endsAt - Date.now()) / 1000));
      say(this.who, left <= SOON_SECONDS ? `You have control, for ${whole(left)} more if you do nothing`
        : `You have control${HAS_KEYS ? '. Ctrl Alt Enter gives the keyboard back' : ''}`);
      if (this.stay) this.stay.hidden = left > SOON_SECONDS;
    } else say(this.who, this.isGone ? 'There is nothing to see now' : control ? `${control.holder} has control` : 'You are watching');
    this.who.classList.toggle('is-held', Boolean(this.lease?.isHeld || control));
  }

  /** Show what can be done about who drives; not while it is being typed into. */
  showWheel() {
    const isHeld = Boolean(this.lease?.isHeld);
    // Whoever drives may be writing a note, and nothing but the end of it is to empty that.
    const told = isHeld ? `held ${this.pageId}`
      : `${this.isGone} ${Boolean(this.state?.control)} ${this.pageId} ${whoAmI().can_control}`;
    this.showWho();
    if (this.toldWheel === told) return;
    this.toldWheel = told;
    this.stay = null;
    if (!whoAmI().can_control || !this.pageId || (this.isGone && !isHeld)) fill(this.wheel);
    else if (isHeld) this.showHandBack();
    else this.showTake();
    this.showWho();
  }

  showTake() {
    const name = h('input', { type: 'text', 'aria-label': 'Your name', placeholder: 'Your name',
      maxlength: '100', autocomplete: 'nickname', value: rememberedName(), class: 'holder' });
    fill(this.wheel, h('form', { on: { submit: (/** @type {Event} */ event) => {
      event.preventDefault();
      rememberName(name.value.trim());
      this.take(name.value.trim() || SOMEBODY, false);
    } } }, name, h('button', { type: 'submit' }, icon('hand'), 'Take control')));
  }

  showHandBack() {
    const note = h('input', { type: 'text', 'aria-label': 'Note for the commands that wait',
      placeholder: 'Note, if any', maxlength: '1000', autocomplete: 'off' });
    this.stay = h('button', { class: 'quiet', type: 'button', hidden: true, on: {
      click: () => this.send([]) } }, icon('clock'), 'Stay');
    fill(this.wheel, h('form', { on: { submit: (/** @type {Event} */ event) => {
      event.preventDefault();
      this.handBack(note.value.trim());
    } } }, this.stay, note, this.giver = h('button', { type: 'submit' }, icon('check'), 'Hand back')));
  }

  /**
   * @param {string} holder
   * @param {boolean} interrupts
   */
  take(holder, interrupts) {
    this.lease ??= new Lease(this.agentId, this.pageId);
    const lease = this.lease;
    this.taking?.abort();
    this.taking = new AbortController();
    this.tell('Taking control …');
    lease.take(holder, interrupts, command => {
      if (this.lease !== lease) return;
      if (command.state === 'succeeded') this.begin();
      else if (command.finished_at) this.tell(command.error?.message ?? 'Nobody gave control.');
      else {
        this.tell('Waiting for the command that runs on this page …', h('button', {
          class: 'quiet', type: 'button', on: { click: () => this.take(holder, true) },
        }, icon('stop'), 'Interrupt it'));
      }
    }, problem => this.tell(problem.message), this.taking.signal);
  }

  begin() {
    this.tell('');
    this.dropHands();
    this.hands = new Hands(/** @type {HTMLElement} */ (this.canvas), () => this.viewport,
      events => this.send(events), () => this.giver?.focus());
    this.stage.append(this.hands.field);
    this.stage.classList.add('is-driven');
    this.hands.field.focus({ preventScroll: true });
    this.showWheel();
    this.showAsked();
    this.dispatchEvent(new Event('x-control', { bubbles: true }));
  }

  /** @param {string} note */
  async handBack(note) {
    const { lease } = this;
    this.dropHands();
    if (this.giver) this.giver.disabled = true;
    const left = SETTLE_MS - (Date.now() - this.sentAt);
    if (left > 0) await new Promise(done => setTimeout(done, left));
    try {
      await lease?.giveBack(note);
      this.tell('');
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (lease?.isHeld) {
        this.begin();
        if (this.giver) this.giver.disabled = false;
        this.tell(`${error.message} You still have control: hand it back again.`);
        return;
      }
      this.tell(error.message);
    }
    this.showWheel();
    this.showAsked();
    this.dispatchEvent(new Event('x-control', { bubbles: true }));
  }

  /** @param {import('./hands.js').Input[]} events */
  send(events) {
    if (!this.lease?.isHeld) return;
    this.socket?.say({ type: 'input', token: this.lease.token, events });
    this.lease.extend();
    this.sentAt = Date.now();
    this.showWho();
  }

  /**
   * @param {string} words
   * @param {...Node} more
   */
  tell(words, ...more) {
    fill(this.told, words, ...more);
    this.told.hidden = !words;
  }

  /** Show the dialog or the file chooser that waits for whoever drives. */
  showAsked() {
    const isHeld = Boolean(this.lease?.isHeld);
    const dialog = isHeld ? this.state?.dialog : null;
    const chooser = isHeld ? this.state?.chooser : null;
    const told = JSON.stringify([dialog, chooser]);
    if (this.toldAsked === told) return;
    this.toldAsked = told;
    const answer = (/** @type {{type: string, [key: string]: unknown}} */ message) => this.answer(message);
    fill(this.asked, dialog && dialogForm(dialog, answer), chooser && chooserForm(chooser, answer));
    this.asked.querySelector('input, button')?.focus();
  }

  /** @param {{type: string, [key: string]: unknown}} message */
  answer(message) {
    this.socket?.say({ ...message, token: this.lease?.token });
    this.lease?.extend();
    this.hands?.field.focus({ preventScroll: true });
  }
}
customElements.define('x-live', Live);
