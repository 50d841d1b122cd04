/**
 * The public API, as everybody else uses it. Whoever is not let in is sent to sign in; whatever is
 * refused is thrown as a `Problem`, with the API's own words.
 */

/** @typedef {import('./types').Json} Json */

/** What the API refused, or that it did not answer (`code` is then `unreachable`). */
export class Problem extends Error {
  /**
   * @param {string} code
   * @param {string} detail
   * @param {number} status
   * @param {{field: string, message: string}[]} errors
   */
  constructor(code, detail, status = 0, errors = []) {
    super(detail);
    this.code = code;
    this.status = status;
    this.errors = errors;
  }
}

const SHORT = 16_000;

let ahead = 0;

/** Return the time by the orchestrator's clock, which may differ from this machine's. */
export function serverNow() {
  return Date.now() + ahead;
}

/** @param {Response} response */
function noteClock(response) {
  const said = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(said)) return;
  // The header is cut to whole seconds; a smaller difference is none.
  const difference = said + 500 - Date.now();
  ahead = Math.abs(difference) > 2000 ? difference : 0;
}

/** Go and sign in, and come back to where we are. */
function signIn() {
  const here = location.pathname + location.search;
  location.replace(`/sign-in?next=${encodeURIComponent(here)}`);
}

/**
 * Ask the API; answers what came back, unread.
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}
 */
export async function ask(path, options = {}) {
  const headers = new Headers(options.headers);
  const method = options.method ?? 'GET';
  // No form and no page of another origin can send it: see docs/security.md.
  if (method !== 'GET') headers.set('X-Xagent', 'dashboard');
  let response;
  try {
    response = await fetch(path, { ...options, headers, credentials: 'same-origin' });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Problem('unreachable', 'The orchestrator does not answer.');
  }
  noteClock(response);
  if (response.ok) return response;
  if (response.status === 401) signIn();
  throw await problemOf(response);
}

/** @param {Response} response */
async function problemOf(response) {
  try {
    const told = await response.json();
    return new Problem(told.code, told.detail, response.status, told.errors ?? []);
  } catch {
    return new Problem('unreachable', `The server answered ${response.status}.`, response.status);
  }
}

/**
 * @param {string} path
 * @param {{[name: string]: string | number | null | undefined}} [query] empty values are left out
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function get(path, query = {}, signal) {
  return (await ask(path + queryOf(query), { signal })).json();
}

/**
 * @param {string} path
 * @param {Json} [body]
 * @param {{[name: string]: string | number}} [query]
 * @returns {Promise<any>}
 */
export async function post(path, body, query = {}) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const options = {
    body: text,
    headers: text === undefined ? undefined : { 'Content-Type': 'application/json' },
    // What somebody has decided is sent even if they leave the page in the same moment; browsers
    // do that for what is short.
    keepalive: (text ?? '').length < SHORT,
  };
  return (await ask(path + queryOf(query), { method: 'POST', ...options })).json();
}

/**
 * Send a command and come back at once; the event stream tells how it goes on.
 * @param {string} agentId
 * @param {{[name: string]: any}} body
 * @returns {Promise<import('./types').Command>}
 */
export function send(agentId, body) {
  return post(`/api/agents/${encodeURIComponent(agentId)}/commands`, body, { wait: 0 });
}

/** @param {string} requestId @returns {Promise<import('./types').Command>} */
export function command(requestId) {
  return get(`/api/commands/${encodeURIComponent(requestId)}`);
}

/** @param {string} requestId @returns {Promise<import('./types').Command>} */
export function cancel(requestId) {
  return post(`/api/commands/${encodeURIComponent(requestId)}/cancel`);
}

/** @param {{[name: string]: string | number | null | undefined}} query */
function queryOf(query) {
  const pairs = Object.entries(query).filter(([, value]) => value !== null && value !== undefined
    && value !== '');
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return text && `?${text}`;
}
