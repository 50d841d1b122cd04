/** One command by itself, under an address that can be sent to somebody. */

import * as api from './api.js';
import { asker, isOpen, lastedWords, outcome, statePill } from './command_view.js';
import { cancelButton } from './console.js';
import { copyButton } from './copying.js';
import { h, fill } from './dom.js';
import { follow } from './following.js';
import { duration, moment } from './format.js';
import { icon } from './icons.js';
import { jsonTree } from './json_tree.js';
import { whoAmI } from './me.js';
import { title } from './router.js';
import { View } from './view.js';

/** @typedef {import('./types').Command} Command */

class CommandPage extends View {
  /** @type {{[name: string]: string}} */
  params = {};

  /** @param {AbortSignal} signal */
  start(signal) {
    title('Command');
    fill(this, h('p', { class: 'wait' }, 'Loading …'));
    follow(this.params.id, command => this.show(command), problem => this.fail(problem), signal);
  }

  /** @param {api.Problem} problem */
  fail(problem) {
    fill(this, h('div', { class: 'empty' }, h('h1', {}, 'No such command'), h('p', {}, problem.message),
      h('a', { class: 'button', href: '/history' }, 'To the history')));
  }

  /** @param {Command} command */
  show(command) {
    title(`${command.action} on ${command.agent_id}`);
    const agent = `/agents/${encodeURIComponent(command.agent_id)}`;
    fill(this,
      h('nav', { class: 'crumbs', 'aria-label': 'Where this is' }, h('a', { href: '/history' }, 'History'),
        h('span', { 'aria-hidden': 'true' }, '/'), h('a', { href: agent }, command.agent_id)),
      h('div', { class: 'head' }, h('h1', { class: 'mono' }, command.action), statePill(command),
        h('span', { class: 'soft' }, lastedWords(command)),
        h('div', { class: 'head-tools' }, isOpen(command) && cancelButton(command),
          whoAmI().can_control && h('a', { class: 'button quiet',
            href: `${agent}/run?from=${encodeURIComponent(command.request_id)}` }, icon('reload'), 'Repeat …'))),
      h('div', { class: 'command-parts' },
        h('div', { class: 'command-main' }, isOpen(command) && h('p', { class: 'soft' },
          'It is not over yet; this page will say how it ends.'), ...outcome(command),
        command.withheld ? h('p', { class: 'soft' },
          'Visitors are not shown what a command was given, what it answered, and its files.')
          : h('section', { class: 'block' },
            h('div', { class: 'block-head' }, h('h2', {}, 'Params'),
              copyButton(() => JSON.stringify(command.params, null, 2))), jsonTree(command.params))),
        h('aside', { class: 'command-side', 'aria-label': 'Facts' }, times(command), facts(command))));
  }
}
customElements.define('x-command', CommandPage);

/** @param {Command} command */
function times(command) {
  const steps = [
    ['Created', command.created_at], ['Sent', command.dispatched_at],
    ['Started', command.started_at], ['Finished', command.finished_at],
  ].filter(([, time]) => time);
  const first = Date.parse(command.created_at);
  return h('section', { class: 'block' }, h('div', { class: 'block-head' }, h('h2', {}, 'Times')),
    h('ol', { class: 'steps' }, steps.map(([words, time]) => h('li', {}, h('span', {}, words),
      h('span', { class: 'soft', title: time }, words === 'Created' ? moment(time ?? '')
        : `+${duration(Date.parse(time ?? '') - first)}`)))));
}

/** @param {Command} command */
function facts(command) {
  const { page, requested_by: asked } = command;
  /** @type {[string, any][]} */
  const rows = [
    ['Request id', h('code', {}, command.request_id)],
    ['Agent', command.agent_id],
    ['Asked by', asked && h('a', { href: `/history?by=${encodeURIComponent(asked)}`,
      title: 'All that was asked by this credential' },
    asker(command) === asked ? asked : `${asker(command)} (${asked})`)],
    ['Page', page && `${page.id}${page.title ? ` · ${page.title}` : ''}`],
    ['URL', page?.url && h('code', {}, page.url)],
    ['Effect', command.effect],
    ['Timeout', `${command.timeout} s`],
    ['Attempt', String(command.attempt)],
    ['Idempotent', command.idempotent ? 'yes' : 'no'],
    ['Recorded', command.record],
  ];
  return h('section', { class: 'block' }, h('div', { class: 'block-head' }, h('h2', {}, 'Facts')),
    h('dl', { class: 'facts' }, rows.filter(([, value]) => value).map(([name, value]) => h('div', {},
      h('dt', {}, name), h('dd', {}, value)))));
}
