/**
 * The live channel of one page: pictures, newest only, and how the page is. Comes back by itself
 * when the connection breaks, and after the agent or the orchestrator was away.
 *
 * See docs/live.md for what is said.
 */

/** @typedef {{fps: number, width: number, height: number, quality: number}} Want */
/** @typedef {{bitmap: ImageBitmap, width: number, height: number, takenAt: number}} Picture */
/** @typedef {import('./types').LiveState} LiveState */

const PROTOCOL = 'xagent.live.v1';
const HEAD_BYTES = 16;
const LONGEST_WAIT_MS = 15_000;

export class LiveSocket {
  /**
   * @param {string} agentId
   * @param {string} pageId
   * @param {Want} want
   * @param {{
   *   onPicture: (picture: Picture) => void,
   *   onState?: (state: LiveState) => void,
   *   onRefused?: (code: string, message: string) => void,
   *   onGone?: (code: string, message: string) => void,
   * }} ears
   */
  constructor(agentId, pageId, want, ears) {
    this.path = `/api/agents/${encodeURIComponent(agentId)}/pages/${encodeURIComponent(pageId)}/live`;
    this.want = want;
    this.ears = ears;
    this.isOver = false;
    this.failures = 0;
    this.timer = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {ArrayBuffer | null} the newest picture that waits while another is decoded */
    this.waiting = null;
    this.isDecoding = false;
    this.open();
  }

  open() {
    clearTimeout(this.timer);
    if (this.isOver) return;
    const url = new URL(this.path, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url, PROTOCOL);
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    socket.onopen = () => this.say({ type: 'want', ...this.want });
    socket.onmessage = ({ data }) => {
      if (this.socket !== socket) return;
      if (typeof data === 'string') this.hear(JSON.parse(data));
      else this.take(data);
    };
    socket.onclose = () => {
      if (this.socket !== socket || this.isOver) return;
      this.socket = null;
      this.failures += 1;
      const longest = Math.min(LONGEST_WAIT_MS, 500 * 2 ** this.failures);
      this.timer = setTimeout(() => this.open(), longest * (0.5 + Math.random() / 2));
      this.ears.onGone?.('', '');
    };
  }

  /**
   * Let pictures be so from now on.
   * @param {Want} want
   */
  ask(want) {
    this.want = want;
    this.say({ type: 'want', ...want });
  }

  /** Try at once, because there is reason to hope. */
  hurry() {
    if (!this.socket && !this.isOver) {
      this.failures = 0;
      this.open();
    }
  }

  close() {
    this.isOver = true;
    clearTimeout(this.timer);
    this.socket?.close();
    this.socket = null;
    this.waiting = null;
  }

  /** @param {{type: string, [name: string]: any}} message */
  say(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** @param {any} message */
  hear(message) {
    if (message.type === 'state') {
      this.failures = 0;
      this.ears.onState?.(message);
    } else if (message.type === 'refused') this.ears.onRefused?.(message.code, message.message);
    else if (message.type === 'gone') this.ears.onGone?.(message.code, message.message);
  }

  /** @param {ArrayBuffer} data */
  take(data) {
    this.failures = 0;
    if (this.isDecoding) {
      // What has been overtaken has arrived all the same, and makes room for the next.
      if (this.waiting) this.seen(this.waiting);
      this.waiting = data;
    } else this.decode(data);
  }

  /** @param {ArrayBuffer} data */
  async decode(data) {
    this.isDecoding = true;
    try {
      const head = new DataView(data, 0, HEAD_BYTES);
      const blob = new Blob([new Uint8Array(data, HEAD_BYTES)], { type: 'image/jpeg' });
      const bitmap = await createImageBitmap(blob);
      if (!this.isOver) {
        this.ears.onPicture({ bitmap, takenAt: head.getFloat64(4), width: head.getUint16(12),
          height: head.getUint16(14) });
      }
      bitmap.close();
    } catch {
      // A picture that is none is passed over; the next one shows what it would have shown.
    }
    this.isDecoding = false;
    this.seen(data);
    const next = this.waiting;
    this.waiting = null;
    if (next && !this.isOver) this.decode(next);
  }

  /** @param {ArrayBuffer} data */
  seen(data) {
    this.say({ type: 'seen', number: new DataView(data).getUint32(0) });
  }
}

/**
 * Draw a picture as large as it is; the style sheet gives the canvas its place.
 * @param {HTMLCanvasElement} canvas
 * @param {Picture} picture
 */
export function draw(canvas, { bitmap }) {
  if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
  }
  canvas.getContext('2d', { alpha: false })?.drawImage(bitmap, 0, 0);
}
