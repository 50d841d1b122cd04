/**
 * What somebody does with mouse and keyboard, as the page at the other end is to have it. Text goes
 * through a field that nobody sees, because only there input methods and the clipboard work.
 */

import { h } from './dom.js';

/** @typedef {{kind: string, [name: string]: any}} Input */

const BUTTONS = ['left', 'middle', 'right'];
const LINE_PX = 40;
const ON_MAC = /mac|iphone|ipad/i.test(navigator.userAgent);
const CONTROL = 2;
const META = 4;

export class Hands {
  /**
   * @param {HTMLElement} surface what shows the page, from edge to edge
   * @param {() => {width: number, height: number}} viewport of the page, in its own pixels
   * @param {(events: Input[]) => void} onEvents
   * @param {() => void} onLeave hears the keys that give the keyboard back
   */
  constructor(surface, viewport, onEvents, onLeave) {
    this.surface = surface;
    this.viewport = viewport;
    this.onEvents = onEvents;
    this.onLeave = onLeave;
    /** @type {Input | null} */
    this.move = null;
    this.isDue = false;
    /** @type {Map<string, Input>} keys that are down, with what lets them go */
    this.held = new Map();
    this.pressed = 0;
    this.field = h('textarea', { class: 'typing', 'aria-label': 'What you type goes to the page',
      autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', tabindex: '0', rows: 1 });
    this.life = new AbortController();
    this.listen(this.life.signal);
  }

  end() {
    this.life.abort();
    this.letGo();
    this.field.remove();
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const { surface, field } = this;
    const on = (/** @type {HTMLElement | Window} */ target, /** @type {string} */ name,
      /** @type {(event: any) => void} */ listener) => target.addEventListener(
      name, listener, { signal, passive: false });
    on(surface, 'mousedown', event => this.press(event));
    on(surface, 'mousemove', event => this.point(event));
    on(window, 'mouseup', event => this.release(event));
    on(window, 'mousemove', event => { if (this.pressed) this.point(event); });
    on(surface, 'wheel', event => this.turn(event));
    on(surface, 'contextmenu', event => event.preventDefault());
    on(surface, 'touchstart', event => { this.touch = event.touches[0]; });
    on(surface, 'touchmove', event => this.drag(event));
    on(field, 'keydown', event => this.keyDown(event));
    on(field, 'keyup', event => this.keyUp(event));
    on(field, 'paste', event => this.paste(event));
    on(field, 'compositionupdate', event => this.say({ kind: 'composition', text: event.data }));
    on(field, 'compositionend', event => this.compose(event));
    on(field, 'input', event => this.write(event));
    on(field, 'blur', () => this.letGo());
  }

  /** @param {...Input} events */
  say(...events) {
    if (this.move) events.unshift(this.move);
    this.move = null;
    this.onEvents(events);
  }

  /** @param {MouseEvent | Touch} event */
  place(event) {
    const box = this.surface.getBoundingClientRect();
    const { width, height } = this.viewport();
    const within = (/** @type {number} */ at, /** @type {number} */ most) => Math.min(Math.max(at, 0), most - 1);
    return {
      x: within(Math.round(((event.clientX - box.left) / box.width) * width), width),
      y: within(Math.round(((event.clientY - box.top) / box.height) * height), height),
    };
  }

  /** @param {MouseEvent} event */
  press(event) {
    event.preventDefault();
    this.field.focus({ preventScroll: true });
    this.pressed += 1;
    this.say({ kind: 'mouse', do: 'down', ...this.place(event), ...heldOf(event), clicks: clicksOf(event) });
  }

  /** @param {MouseEvent} event */
  release(event) {
    if (!this.pressed) return;
    this.pressed -= 1;
    event.preventDefault();
    this.say({ kind: 'mouse', do: 'up', ...this.place(event), ...heldOf(event), clicks: clicksOf(event) });
  }

  /** @param {MouseEvent} event */
  point(event) {
    this.move = { kind: 'mouse', do: 'move', ...this.place(event), ...heldOf(event),
      button: event.buttons & 1 ? 'left' : event.buttons & 2 ? 'right' : 'none', clicks: 0 };
    if (this.isDue) return;
    this.isDue = true;
    // One move a frame: nobody sees more.
    requestAnimationFrame(() => {
      this.isDue = false;
      if (this.move) this.say();
    });
  }

  /** @param {WheelEvent} event */
  turn(event) {
    event.preventDefault();
    const unit = event.deltaMode === 1 ? LINE_PX : event.deltaMode === 2 ? this.viewport().height : 1;
    this.say({ kind: 'wheel', ...this.place(event), dx: event.deltaX * unit, dy: event.deltaY * unit,
      modifiers: modifiersOf(event) });
  }

  /** @param {TouchEvent} event */
  drag(event) {
    const [now] = event.touches;
    if (event.touches.length !== 1 || !this.touch) return;
    event.preventDefault();
    const from = this.place(this.touch);
    const to = this.place(now);
    this.touch = now;
    this.say({ kind: 'wheel', ...to, dx: from.x - to.x, dy: from.y - to.y, modifiers: 0 });
  }

  /** @param {KeyboardEvent} event */
  keyDown(event) {
    if (event.ctrlKey && event.altKey && event.key === 'Enter') {
      event.preventDefault();
      this.letGo();
      this.onLeave();
      return;
    }
    // An input method is at work, or a keyboard on glass: what it comes to is told by `input`.
    if (event.isComposing || event.keyCode === 229 || event.key === 'Unidentified') return;
    // The paste itself brings the text.
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'v') return;
    event.preventDefault();
    const key = keyOf(event);
    this.held.set(event.code || event.key, { ...key, do: 'up', text: '' });
    this.say({ ...key, do: 'down', text: textOf(event), repeat: event.repeat });
  }

  /** @param {KeyboardEvent} event */
  keyUp(event) {
    const held = this.held.get(event.code || event.key);
    if (!held) return;
    event.preventDefault();
    this.held.delete(event.code || event.key);
    this.say({ ...held, modifiers: modifiersOf(event) });
  }

  letGo() {
    const held = [...this.held.values()];
    this.held.clear();
    if (held.length) this.say(...held.map(each => ({ ...each, modifiers: 0 })));
  }

  /** @param {ClipboardEvent} event */
  paste(event) {
    event.preventDefault();
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (text) this.say({ kind: 'text', text });
  }

  /** @param {CompositionEvent} event */
  compose(event) {
    this.field.value = '';
    this.say(event.data ? { kind: 'text', text: event.data } : { kind: 'composition', text: '' });
  }

  /** @param {InputEvent} event */
  write(event) {
    if (event.isComposing) return;
    const text = this.field.value;
    this.field.value = '';
    if (event.inputType === 'deleteContentBackward') this.say(...stroke('Backspace', 8));
    else if (event.inputType === 'insertLineBreak') this.say(...stroke('Enter', 13, '\r'));
    else if (text && event.inputType !== 'insertCompositionText') this.say({ kind: 'text', text });
  }
}

/**
 * @param {string} key
 * @param {number} code
 * @param {string} [text]
 * @returns {Input[]}
 */
function stroke(key, code, text = '') {
  const base = { kind: 'key', key, code: key, key_code: code, repeat: false, modifiers: 0 };
  return [{ ...base, do: 'down', text }, { ...base, do: 'up', text: '' }];
}

/** @param {MouseEvent} event */
function heldOf(event) {
  return { button: BUTTONS[event.button] ?? 'none', buttons: event.buttons & 7,
    modifiers: modifiersOf(event) };
}

/** @param {MouseEvent} event */
const clicksOf = event => Math.min(Math.max(event.detail, 1), 3);

/** @param {MouseEvent | KeyboardEvent} event */
function modifiersOf(event) {
  const sum = Number(event.altKey) + Number(event.ctrlKey) * CONTROL + Number(event.metaKey) * META
    + Number(event.shiftKey) * 8;
  // A person at a Mac holds ⌘ for what the browser at the other end knows by Control.
  return ON_MAC && sum & META ? (sum & ~META) | CONTROL : sum;
}

/** @param {KeyboardEvent} event @returns {Input} */
function keyOf(event) {
  const isCommand = ON_MAC && event.key === 'Meta';
  return {
    kind: 'key',
    key: isCommand ? 'Control' : event.key,
    code: isCommand ? 'ControlLeft' : event.code,
    key_code: isCommand ? 17 : event.keyCode,
    modifiers: modifiersOf(event),
  };
}

/** @param {KeyboardEvent} event */
function textOf(event) {
  if (event.key === 'Enter') return '\r';
  const isCommand = (event.ctrlKey || event.metaKey) && !event.getModifierState('AltGraph');
  return !isCommand && [...event.key].length === 1 ? event.key : '';
}
