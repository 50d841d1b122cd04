/** Shortcuts of one key, or two in turn; none is taken from somebody who is typing. */

/** @typedef {{keys: string, means: string, run: (event: KeyboardEvent) => void}} Shortcut */

/** @type {Shortcut[]} */
const shortcuts = [];
let before = '';
let beforeAt = 0;

/**
 * @param {string} keys as `KeyboardEvent.key` has them, with a space between two
 * @param {string} means for the list under `?`
 * @param {(event: KeyboardEvent) => void} run
 * @param {AbortSignal} [signal] ends it
 */
export function shortcut(keys, means, run, signal) {
  const entry = { keys, means, run };
  shortcuts.push(entry);
  signal?.addEventListener('abort', () => shortcuts.splice(shortcuts.indexOf(entry), 1));
}

/** @returns {readonly Shortcut[]} */
export const allShortcuts = () => shortcuts;

/** @param {EventTarget | null} target */
function isTyping(target) {
  // A dialog that was just closed has the focus for a moment longer.
  return target instanceof HTMLElement && target.closest('dialog:not([open])') === null
    && (target.isContentEditable || target.closest('input, textarea, select, [data-keys]') !== null);
}

document.addEventListener('keydown', event => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(event.target) || document.querySelector('dialog[open]')) return;
  const both = Date.now() - beforeAt < 1000 ? `${before} ${event.key}` : event.key;
  before = event.key;
  beforeAt = Date.now();
  const found = shortcuts.find(each => each.keys === both)
    ?? shortcuts.find(each => each.keys === event.key);
  if (!found) return;
  event.preventDefault();
  before = '';
  found.run(event);
});
