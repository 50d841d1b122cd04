/**
 * What is known of all agents and of the commands that are not over: fetched once, and kept up by
 * events. Whoever shows it hears of changes once a frame, however many there were.
 */

import { get } from './api.js';
import { EventStream } from './events.js';
import { whoAmI } from './me.js';

/** @typedef {import('./types').Agent} Agent */
/** @typedef {import('./types').CommandSummary} CommandSummary */
/** @typedef {{agents: Set<string>, commands: CommandSummary[], all: boolean, missed: boolean}} Changes
 *   `all`: any agent may be another; `missed`: so may any command */
/** @typedef {(changes: Changes) => void} Listener */

export const OPEN_STATES = ['queued', 'dispatched', 'running'];
const PAGE = 500;

/**
 * Return where commands are listed; of one agent they are under its own path.
 * @param {string | null} agentId
 */
export function commandsPath(agentId) {
  return agentId ? `/api/agents/${encodeURIComponent(agentId)}/commands` : '/api/commands';
}

/** @returns {Changes} */
const nothingNew = () => ({ agents: new Set(), commands: [], all: false, missed: false });

class FleetState {
  constructor() {
    /** @type {Map<string, Agent>} */
    this.agents = new Map();
    /** @type {Map<string, CommandSummary>} */
    this.open = new Map();
    /** @type {Map<string, Set<string>>} open commands by agent */
    this.openOf = new Map();
    this.isLoaded = false;
    /** @type {Set<Listener>} */
    this.listeners = new Set();
    /** @type {Set<(line: import('./events.js').Line) => void>} */
    this.lineListeners = new Set();
    this.changes = nothingNew();
    this.isDue = false;
    /** @type {Set<string> | null} what was told while a list was on its way, and is newer */
    this.newer = null;
    this.stream = new EventStream(
      told => this.hear(told),
      line => this.lineListeners.forEach(listener => listener(line)),
    );
  }

  start() {
    this.stream.connect();
  }

  /**
   * Hear of changes until the signal says so.
   * @param {Listener} listener
   * @param {AbortSignal} signal
   */
  listen(listener, signal) {
    this.listeners.add(listener);
    signal.addEventListener('abort', () => this.listeners.delete(listener));
  }

  /** @param {import('./events.js').Told} told */
  hear({ name, data }) {
    if (name === 'ready' || name === 'reset') {
      if (name === 'reset') {
        this.changes.missed = true;
        this.due();
      }
      if (name === 'reset' || !this.isLoaded) this.load();
    } else if (name === 'command') this.takeCommand(data.command);
    else if (data.agent) this.takeAgent(data.agent);
  }

  async load() {
    const newer = new Set();
    this.newer = newer;
    try {
      const [agents, ...commands] = await Promise.all([
        all('/api/agents', {}, items => { if (!this.isLoaded) this.takeFirst(items); }),
        ...OPEN_STATES.map(state => all(commandsPath(whoAmI().agent_id), { state }, () => {})),
      ]);
      if (this.newer !== newer) return;
      this.takeAll(agents, commands.flat(), newer);
    } catch {
      // The stream is cut by the same cause, and what it tells when it is back begins this anew.
    } finally {
      if (this.newer === newer) this.newer = null;
    }
  }

  /** @param {Agent[]} agents */
  takeFirst(agents) {
    for (const agent of agents) {
      if (!this.newer?.has(agent.agent_id)) this.agents.set(agent.agent_id, agent);
    }
    this.changes.all = true;
    this.due();
  }

  /**
   * @param {Agent[]} agents
   * @param {CommandSummary[]} commands
   * @param {Set<string>} newer
   */
  takeAll(agents, commands, newer) {
    const ids = new Set(agents.map(agent => agent.agent_id));
    for (const id of this.agents.keys()) {
      if (!ids.has(id) && !newer.has(id)) this.agents.delete(id);
    }
    for (const agent of agents) {
      if (!newer.has(agent.agent_id)) this.agents.set(agent.agent_id, agent);
    }
    const names = [...this.agents.keys()].sort();
    this.agents = new Map(names.map(id => [id, /** @type {Agent} */ (this.agents.get(id))]));
    for (const id of [...this.open.keys()]) if (!newer.has(id)) this.forget(id);
    for (const command of commands) if (!newer.has(command.request_id)) this.remember(command);
    this.isLoaded = true;
    this.changes.all = true;
    this.due();
  }

  /** @param {Agent} agent */
  takeAgent(agent) {
    const id = agent.agent_id;
    this.newer?.add(id);
    if (!this.agents.has(id)) this.changes.all = true;
    this.agents.set(id, agent);
    this.changes.agents.add(id);
    this.due();
  }

  /** @param {CommandSummary} command */
  takeCommand(command) {
    this.newer?.add(command.request_id);
    if (OPEN_STATES.includes(command.state)) this.remember(command);
    else {
      this.forget(command.request_id);
      this.takePage(command);
    }
    this.changes.commands.push(command);
    this.changes.agents.add(command.agent_id);
    this.due();
  }

  /**
   * A command says where its page is now; the agent's next beat says it, too, but later.
   * @param {CommandSummary} command
   */
  takePage({ agent_id: id, page, finished_at: finishedAt }) {
    const agent = this.agents.get(id);
    if (!agent?.browser || !finishedAt || page?.url == null) return;
    const pages = agent.browser.pages.map(each => (each.id === page.id
      ? { ...each, url: page.url ?? each.url, title: page.title ?? each.title } : each));
    this.agents.set(id, { ...agent, browser: { ...agent.browser, pages } });
  }

  /** @param {CommandSummary} command */
  remember(command) {
    this.open.set(command.request_id, command);
    const ids = this.openOf.get(command.agent_id);
    if (ids) ids.add(command.request_id);
    else this.openOf.set(command.agent_id, new Set([command.request_id]));
  }

  /** @param {string} requestId */
  forget(requestId) {
    const known = this.open.get(requestId);
    if (!known) return;
    this.open.delete(requestId);
    this.openOf.get(known.agent_id)?.delete(requestId);
  }

  /** @param {string} agentId @returns {CommandSummary[]} */
  openCommands(agentId) {
    return [...this.openOf.get(agentId) ?? []].map(
      id => /** @type {CommandSummary} */ (this.open.get(id)));
  }

  due() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      const changes = this.changes;
      this.changes = nothingNew();
      this.listeners.forEach(listener => listener(changes));
    });
  }
}

/**
 * @param {string} path
 * @param {{[name: string]: string}} query
 * @param {(items: any[]) => void} onPage
 * @returns {Promise<any[]>}
 */
async function all(path, query, onPage) {
  const items = [];
  let cursor = '';
  do {
    const page = await get(path, { ...query, limit: PAGE, cursor });
    onPage(page.items);
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return items;
}

export const fleet = new FleetState();

/** @typedef {'away' | 'silent' | 'no_browser' | 'human' | 'busy' | 'ready'} Condition */

/** @type {{[condition in Condition]: {words: string, tone: string}}} */
export const CONDITIONS = {
  human: { words: 'Needs a person', tone: 'warn' },
  silent: { words: 'Not responding', tone: 'bad' },
  no_browser: { words: 'Browser down', tone: 'bad' },
  busy: { words: 'Busy', tone: 'info' },
  ready: { words: 'Ready', tone: 'ok' },
  away: { words: 'Away', tone: 'off' },
};

/** @param {Agent} agent @returns {Condition} */
export function conditionOf(agent) {
  const { connected, responsive, browser_ok: browserOk } = agent.contact;
  if (!connected.value) return 'away';
  if (!responsive.value) return 'silent';
  if (!browserOk.value) return 'no_browser';
  let isBusy = false;
  for (const id of fleet.openOf.get(agent.agent_id) ?? []) {
    const command = /** @type {CommandSummary} */ (fleet.open.get(id));
    if (command.action === 'request_human' && command.state !== 'queued') return 'human';
    isBusy = true;
  }
  return isBusy ? 'busy' : 'ready';
}

/** @param {Agent} agent @returns {import('./types').Page | null} */
export function mainPage(agent) {
  const pages = agent.browser?.pages ?? [];
  return pages.find(page => page.main) ?? pages[0] ?? null;
}
