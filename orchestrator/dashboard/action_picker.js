/** Choosing an action: a field to search in, and all there are by their families. */

import { h, fill, freshId } from './dom.js';
import { icon } from './icons.js';

/** @typedef {import('./types').Action} Action */

export class ActionPicker {
  /**
   * @param {Action[]} actions
   * @param {(action: Action) => void} onChosen
   */
  constructor(actions, onChosen) {
    this.actions = actions;
    this.onChosen = onChosen;
    /** @type {Action[]} */
    this.shown = [];
    this.at = -1;
    const listId = freshId();
    this.list = h('div', { class: 'picker-list', id: listId, role: 'listbox', hidden: true,
      'aria-label': 'Actions' });
    this.input = h('input', {
      type: 'text', role: 'combobox', 'aria-label': 'Action', 'aria-expanded': 'false',
      'aria-controls': listId, 'aria-autocomplete': 'list', autocomplete: 'off', class: 'mono',
      spellcheck: 'false', autocapitalize: 'none',
      placeholder: `Search ${actions.length} actions`,
      on: {
        focus: () => { this.input.select(); this.open(''); },
        click: () => this.open(''),
        input: () => this.open(this.input.value),
        keydown: this.pressed.bind(this),
        blur: () => this.close(),
      },
    });
    this.element = h('div', { class: 'picker' },
      h('div', { class: 'field-with-icon' }, icon('search'), this.input), this.list);
    /** @type {Action | null} */
    this.action = null;
  }

  /** @param {string} name */
  choose(name) {
    const action = this.actions.find(each => each.name === name);
    if (!action) return;
    this.action = action;
    this.input.value = action.name;
    this.close();
    this.onChosen(action);
  }

  /** @param {string} text */
  open(text) {
    const wanted = text.trim().toLowerCase();
    const fits = (/** @type {Action} */ action) => action.name.includes(wanted)
      || action.family.includes(wanted) || action.description.toLowerCase().includes(wanted);
    const rank = (/** @type {Action} */ action) => (action.name === wanted ? 0
      : action.name.startsWith(wanted) ? 1 : action.name.includes(wanted) ? 2 : 3);
    this.shown = this.actions.filter(fits);
    if (wanted) this.shown.sort((a, b) => rank(a) - rank(b));
    let family = '';
    const rows = this.shown.flatMap((action, at) => {
      const heading = !wanted && action.family !== family
        ? [h('div', { class: 'picker-family', role: 'presentation' }, action.family)] : [];
      family = action.family;
      return [...heading, h('div', {
        role: 'option', id: `${this.list.id}-${at}`, class: 'picker-option',
        // Before the field loses the focus, which would close the list.
        on: { mousedown: (/** @type {Event} */ event) => { event.preventDefault(); this.choose(action.name); } },
      }, h('span', { class: 'mono' }, action.name), h('span', { class: 'soft' }, summary(action)))];
    });
    fill(this.list, rows.length ? rows : h('div', { class: 'picker-option soft', role: 'option',
      'aria-disabled': 'true' }, 'No action is like that.'));
    this.list.hidden = false;
    this.input.setAttribute('aria-expanded', 'true');
    const current = this.shown.findIndex(each => each === this.action);
    this.mark(wanted ? 0 : current);
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute('aria-expanded', 'false');
    this.input.removeAttribute('aria-activedescendant');
    if (this.action) this.input.value = this.action.name;
  }

  /** @param {number} at */
  mark(at) {
    this.at = at;
    const options = this.list.querySelectorAll('[role=option]');
    options.forEach((/** @type {Element} */ option, /** @type {number} */ index) => option
      .setAttribute('aria-selected', String(index === at)));
    const option = options[at];
    if (!option?.id) return;
    option.scrollIntoView({ block: 'nearest' });
    this.input.setAttribute('aria-activedescendant', option.id);
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const last = this.shown.length - 1;
    if (event.key === 'ArrowDown') {
      if (this.list.hidden) this.open('');
      else this.mark(this.at >= last ? 0 : this.at + 1);
    } else if (event.key === 'ArrowUp') this.mark(this.at <= 0 ? last : this.at - 1);
    else if (event.key === 'Enter' && !this.list.hidden) {
      if (this.shown[this.at]) this.choose(this.shown[this.at].name);
    } else if (event.key === 'Escape' && !this.list.hidden) this.close();
    else return;
    event.preventDefault();
  }
}

/** @param {Action} action */
export function summary(action) {
  return action.description.split('\n')[0];
}
