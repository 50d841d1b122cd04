/**
 * Which view a path names. Links of ours are followed without loading the page anew, and what a
 * view was filtered by stands in its address, so that it can be sent to somebody.
 */

/** @typedef {{[name: string]: string}} Params */
/** @typedef {(params: Params) => HTMLElement} MakeView */

/** @type {{pattern: RegExp, make: MakeView}[]} */
const routes = [];
/** @type {() => HTMLElement} */
let makeUnknown = () => document.createElement('p');
let shown = '';

/**
 * Name a view's path; `:name` stands for one part of it.
 * @param {string} path
 * @param {MakeView} make
 */
export function route(path, make) {
  const pattern = path.replace(/:(\w+)/g, '(?<$1>[^/]+)');
  routes.push({ pattern: new RegExp(`^${pattern}$`), make });
}

/** @param {() => HTMLElement} make what to show for a path that no view has */
export function otherwise(make) {
  makeUnknown = make;
}

export function start() {
  addEventListener('popstate', () => render());
  document.addEventListener('click', follow);
  render();
}

/**
 * Go to a path of ours.
 * @param {string} path
 */
export function go(path) {
  history.pushState(null, '', path);
  render();
  scrollTo(0, 0);
}

/** Return what the address has after its `?`. */
export function query() {
  return new URLSearchParams(location.search);
}

/**
 * Change what stands in the address after the `?`, without going anywhere.
 * @param {{[name: string]: string | null}} values empty ones are taken out
 */
export function setQuery(values) {
  const now = query();
  for (const [name, value] of Object.entries(values)) {
    if (value) now.set(name, value);
    else now.delete(name);
  }
  const text = now.toString();
  shown = location.pathname + (text && `?${text}`);
  history.replaceState(null, '', shown);
}

/** @param {MouseEvent} event */
function follow(event) {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey
    || event.altKey) return;
  const link = /** @type {Element} */ (event.target).closest?.('a[href]');
  if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute('download')) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || (url.hash && url.pathname === location.pathname)) return;
  if (!find(url.pathname)) return;
  event.preventDefault();
  go(url.pathname + url.search);
}

/** @param {string} path */
function find(path) {
  for (const { pattern, make } of routes) {
    const match = pattern.exec(path);
    if (match) return { make, params: decoded(match.groups ?? {}) };
  }
  return null;
}

/** @param {Params} params */
function decoded(params) {
  return Object.fromEntries(Object.entries(params).map(([name, text]) => {
    try {
      return [name, decodeURIComponent(text)];
    } catch {
      return [name, text];
    }
  }));
}

function render() {
  const here = location.pathname + location.search;
  if (here === shown) return;
  const isFirst = shown === '';
  shown = here;
  const found = find(location.pathname);
  const view = found ? found.make(found.params) : makeUnknown();
  const main = /** @type {HTMLElement} */ (document.getElementById('main'));
  main.replaceChildren(view);
  // Whoever uses a keyboard or a screen reader is taken to the new view, too.
  if (!isFirst && !main.contains(document.activeElement)) main.focus({ preventScroll: true });
  dispatchEvent(new Event('x-routed'));
}

/** @param {string} name */
export function title(name) {
  document.title = name ? `${name} · Xagent` : 'Xagent';
}
