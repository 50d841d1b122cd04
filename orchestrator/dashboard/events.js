/**
 * `GET /api/events`, heard for as long as the page is looked at: comes back by itself, and goes on
 * where it was. An `EventSource` would not say why it was refused, so the stream is read here.
 */

import { ask, Problem } from './api.js';

/** @typedef {{name: string, data: any}} Told */
/** @typedef {{state: 'connecting' | 'live' | 'away', since: number, retryAt: number}} Line */

const SILENCE_MS = 40_000;
const LONGEST_WAIT_MS = 10_000;
/** Browsers open few connections to one server; a page that nobody sees gives its own back. */
const HIDDEN_MS = 30_000;

export class EventStream {
  /**
   * @param {(told: Told) => void} onEvent
   * @param {(line: Line) => void} onLine hears how the connection is
   */
  constructor(onEvent, onLine) {
    this.onEvent = onEvent;
    this.onLine = onLine;
    this.lastId = '';
    this.failures = 0;
    /** @type {Line} */
    this.line = { state: 'connecting', since: Date.now(), retryAt: 0 };
    /** @type {AbortController | null} */
    this.connection = null;
    this.timer = 0;
    document.addEventListener('visibilitychange', () => this.heedVisibility());
  }

  /** Connect now, whatever was planned. */
  async connect() {
    clearTimeout(this.timer);
    this.connection?.abort();
    const connection = new AbortController();
    this.connection = connection;
    this.timer = 0;
    try {
      await this.listen(connection);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return;
    }
    // Whoever has taken our place looks after itself.
    if (this.connection === connection) this.lose();
  }

  /** @param {AbortController} connection */
  async listen(connection) {
    const headers = this.lastId ? { 'Last-Event-ID': this.lastId } : undefined;
    let silence = setTimeout(() => connection.abort(), SILENCE_MS);
    try {
      const response = await ask('/api/events', { signal: connection.signal, headers });
      if (!response.body) return;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let unread = '';
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(silence);
        silence = setTimeout(() => connection.abort(), SILENCE_MS);
        const blocks = (unread + value).split('\n\n');
        unread = blocks.pop() ?? '';
        for (const block of blocks) this.hear(block);
      }
    } finally {
      clearTimeout(silence);
      connection.abort();
    }
  }

  /** @param {string} block */
  hear(block) {
    let name = '';
    let data = '';
    for (const line of block.split('\n')) {
      const at = line.indexOf(': ');
      const field = line.slice(0, at);
      if (field === 'event') name = line.slice(at + 2);
      else if (field === 'id') this.lastId = line.slice(at + 2);
      else if (field === 'data') data += line.slice(at + 2);
    }
    if (!name) return;
    if (this.line.state !== 'live') this.tell({ state: 'live', since: Date.now(), retryAt: 0 });
    this.failures = 0;
    this.onEvent({ name, data: JSON.parse(data) });
  }

  lose() {
    if (document.hidden && this.line.state === 'connecting') return;
    this.failures += 1;
    const longest = Math.min(LONGEST_WAIT_MS, 250 * 2 ** this.failures);
    const wait = longest * (0.5 + Math.random() / 2);
    const since = this.line.state === 'away' ? this.line.since : Date.now();
    this.tell({ state: 'away', since, retryAt: Date.now() + wait });
    this.timer = setTimeout(() => this.connect(), wait);
  }

  heedVisibility() {
    if (!document.hidden) {
      if (this.line.state === 'connecting') this.connect();
      return;
    }
    setTimeout(() => {
      if (!document.hidden || this.line.state !== 'live') return;
      const connection = this.connection;
      this.connection = null;
      this.tell({ state: 'connecting', since: Date.now(), retryAt: 0 });
      connection?.abort();
    }, HIDDEN_MS);
  }

  /** @param {Line} line */
  tell(line) {
    this.line = line;
    this.onLine(line);
  }
}
