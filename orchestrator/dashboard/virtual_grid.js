/**
 * A grid that holds only the cells that can be seen, so that a thousand agents scroll like ten.
 * All cells are of one height, which makes the place of each a matter of arithmetic.
 */

import { h } from './dom.js';

const OVERSCAN_ROWS = 2;

/**
 * @template Item
 */
export class VirtualGrid {
  /**
   * @param {{
   *   key: (item: Item) => string,
   *   make: () => HTMLElement,
   *   show: (cell: HTMLElement, item: Item) => void,
   *   columns: (width: number) => number,
   *   height: (columnWidth: number) => number,
   *   gap: number,
   *   label: string,
   * }} how
   * @param {AbortSignal} signal
   */
  constructor(how, signal) {
    this.how = how;
    /** @type {Item[]} */
    this.items = [];
    /** @type {Map<string, HTMLElement>} */
    this.cells = new Map();
    /** @type {HTMLElement[]} */
    this.spare = [];
    this.element = h('div', { class: 'virtual', role: 'list', 'aria-label': how.label, on: {
      keydown: this.pressed.bind(this),
    } });
    this.isDue = false;
    const due = () => this.due();
    addEventListener('scroll', due, { passive: true, signal });
    const observer = new ResizeObserver(due);
    observer.observe(this.element);
    signal.addEventListener('abort', () => observer.disconnect());
  }

  /** @param {Item[]} items */
  set(items) {
    this.items = items;
    this.layOut();
  }

  /**
   * Show these anew, if they are to be seen.
   * @param {Iterable<Item>} items
   */
  update(items) {
    for (const item of items) {
      const cell = this.cells.get(this.how.key(item));
      if (cell) this.how.show(cell, item);
    }
  }

  due() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.layOut();
    });
  }

  layOut() {
    const { how, items, element } = this;
    const width = element.clientWidth;
    if (!width) return;
    const columns = Math.max(1, how.columns(width));
    const columnWidth = (width - how.gap * (columns - 1)) / columns;
    const height = how.height(columnWidth);
    const rowHeight = height + how.gap;
    const rows = Math.ceil(items.length / columns);
    element.style.height = `${Math.max(0, rows * rowHeight - how.gap)}px`;
    const top = -element.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(top / rowHeight) - OVERSCAN_ROWS) * columns;
    const last = Math.min(items.length,
      (Math.ceil((top + innerHeight) / rowHeight) + OVERSCAN_ROWS) * columns);
    this.columns = columns;
    const wanted = new Map();
    for (let at = first; at < last; at += 1) wanted.set(how.key(items[at]), at);
    this.drop(wanted);
    for (const [key, at] of wanted) {
      const cell = this.cells.get(key) ?? this.put(key, items[at]);
      cell.style.width = `${columnWidth}px`;
      cell.style.height = `${height}px`;
      cell.style.transform = `translate(${(at % columns) * (columnWidth + how.gap)}px, ${
        Math.floor(at / columns) * rowHeight}px)`;
      cell.setAttribute('aria-posinset', String(at + 1));
      cell.setAttribute('aria-setsize', String(items.length));
    }
    this.inOrder(wanted);
  }

  /** @param {Map<string, number>} wanted */
  drop(wanted) {
    for (const [key, cell] of this.cells) {
      // Who has the keyboard's focus keeps it, wherever the page is scrolled to.
      if (wanted.has(key) || cell.contains(document.activeElement)) continue;
      this.cells.delete(key);
      cell.remove();
      this.spare.push(cell);
    }
    if (!this.items.length) this.spare.length = 0;
  }

  /**
   * @param {string} key
   * @param {Item} item
   */
  put(key, item) {
    const cell = this.spare.pop() ?? this.how.make();
    this.how.show(cell, item);
    this.cells.set(key, cell);
    return cell;
  }

  /**
   * Tab goes through cells as they stand in the document, which is to be as they are seen.
   * @param {Map<string, number>} wanted
   */
  inOrder(wanted) {
    let before = null;
    for (const key of wanted.keys()) {
      const cell = /** @type {HTMLElement} */ (this.cells.get(key));
      const next = /** @type {ChildNode | null} */ (
        before ? before.nextSibling : this.element.firstChild);
      if (next !== cell) this.element.insertBefore(cell, next);
      before = cell;
    }
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const columns = this.columns ?? 1;
    const steps = /** @type {{[key: string]: number}} */ ({
      ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns,
    });
    const step = steps[event.key];
    const cell = /** @type {Element} */ (event.target).closest('[aria-posinset]');
    if (!step || !cell || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = Number(cell.getAttribute('aria-posinset')) - 1 + step;
    const item = this.items[at];
    if (!item) return;
    event.preventDefault();
    const next = this.cells.get(this.how.key(item));
    /** @type {HTMLElement | null | undefined} */ (next?.querySelector('a'))?.focus();
    next?.scrollIntoView({ block: 'nearest' });
  }
}
