/** Text to take along: a block of code with a button that copies it. */

import { h, fill } from './dom.js';
import { icon } from './icons.js';

/**
 * @param {() => string} text
 * @param {string} [label]
 */
export function copyButton(text, label = 'Copy') {
  const button = h('button', { class: 'quiet copy', type: 'button', on: { click: async () => {
    await navigator.clipboard.writeText(text()).then(
      () => tell('check', 'Copied'), () => tell('alert', 'Not allowed'));
  } } }, icon('copy'), label);

  /**
   * @param {any} picture
   * @param {string} words
   */
  function tell(picture, words) {
    fill(button, icon(picture), words);
    setTimeout(() => fill(button, icon('copy'), label), 1500);
  }
  return button;
}

/** @param {string} text */
export function copyable(text) {
  return h('div', { class: 'code-block' },
    h('pre', { tabindex: '0' }, h('code', {}, text)), copyButton(() => text));
}
