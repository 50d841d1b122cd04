/**
 * A form out of a JSON Schema, as an agent announced it. What has no field of its own (anything
 * with open ends) is written as JSON; nothing that a schema can say makes the form fail.
 */

import { h, fill, freshId } from './dom.js';
import { icon } from './icons.js';

/** @typedef {import('./types').Schema} Schema */
/** @typedef {import('./types').Json} Json */
/** @typedef {{node: HTMLElement, read: () => Json | undefined}} Field */
/** @typedef {{root: Schema, changed: () => void}} Form */

/** What is written on more than one line. */
const LONG = /^(expression|function|html|content|code|script|css|body|text|reason|note)$/;

/** A field that cannot be read as what it should be. */
export class Unreadable extends Error {}

/**
 * Make the fields of an action's params.
 * @param {Schema} schema
 * @param {{[name: string]: Json}} values what to fill in
 * @param {() => void} changed
 * @returns {{node: HTMLElement, read: () => {[name: string]: Json}}}
 */
export function schemaForm(schema, values, changed) {
  const form = { root: schema, changed };
  const object = properties(schema, values, form);
  return { node: object.node, read: () => /** @type {any} */ (object.read() ?? {}) };
}

/**
 * @param {Schema | undefined} schema
 * @param {Form} form
 * @returns {Schema} without references, and without the null that only says that it may be left out
 */
function plain(schema, form) {
  let found = schema ?? {};
  for (let depth = 0; typeof found.$ref === 'string' && depth < 20; depth += 1) {
    const { $ref, ...rest } = found;
    const target = $ref.slice(2).split('/').reduce(
      (at, part) => at?.[part.replace(/~1/g, '/').replace(/~0/g, '~')], /** @type {any} */ (form.root));
    found = { ...target, ...rest };
  }
  const choices = found.anyOf ?? found.oneOf;
  if (Array.isArray(choices)) {
    const real = choices.filter(choice => choice.type !== 'null');
    const { anyOf: _anyOf, oneOf: _oneOf, ...rest } = found;
    // An object that has fields of its own, and rules about them beside, stays one object.
    if (found.properties) return { ...rest };
    if (real.length === 1) return plain({ ...real[0], ...rest }, form);
    return { ...rest, choices: real };
  }
  if (Array.isArray(found.type)) {
    const real = found.type.filter(kind => kind !== 'null');
    return real.length === 1 ? { ...found, type: real[0] } : { ...found, type: undefined };
  }
  return found;
}

/**
 * @param {Schema} schema
 * @param {{[name: string]: Json}} values
 * @param {Form} form
 * @returns {Field}
 */
function properties(schema, values, form) {
  const required = new Set(schema.required ?? []);
  const names = Object.keys(schema.properties ?? {});
  const isShown = (/** @type {string} */ name) => required.has(name) || name in values;
  const rows = names.map(name => ({
    name, isShown: isShown(name),
    ...row(name, schema.properties[name], values[name], required.has(name), form),
  }));
  const hidden = rows.filter(each => !each.isShown);
  const shown = rows.filter(each => each.isShown);
  const node = h('div', { class: 'fields' }, shown.map(each => each.node));
  if (hidden.length) {
    node.append(shown.length === 0 && hidden.length <= 3
      ? h('div', { class: 'fields' }, hidden.map(each => each.node))
      : h('details', { class: 'more-fields' }, h('summary', {}, `${hidden.length} more, all optional`),
        h('div', { class: 'fields' }, hidden.map(each => each.node))));
  }
  return { node, read: () => {
    /** @type {{[name: string]: Json}} */
    const read = {};
    for (const each of rows) {
      const value = each.read();
      if (value !== undefined) read[each.name] = value;
    }
    return read;
  } };
}

/**
 * A field with its name, and what is said about it.
 * @param {string} name
 * @param {Schema} given
 * @param {Json | undefined} value
 * @param {boolean} isRequired
 * @param {Form} form
 */
function row(name, given, value, isRequired, form) {
  const schema = plain(given, form);
  const id = freshId();
  const hintId = `${id}-hint`;
  const said = schema.description ?? '';
  const made = field(name, schema, value, isRequired, form, id, said ? hintId : null);
  const isGroup = made.node.matches('fieldset, .choice, .items');
  const hint = said ? h('p', { class: 'hint', id: hintId }, said) : null;
  const must = isRequired ? h('span', { class: 'must', title: 'Required' }, '*') : null;
  if (made.node.matches('.tick')) return { node: h('div', { class: 'field' }, made.node, hint), read: made.read };
  if (isGroup) {
    made.node.setAttribute('aria-label', name);
    return { node: h('div', { class: 'field' }, h('span', { class: 'name' }, name, must), hint, made.node),
      read: made.read };
  }
  return { node: h('div', { class: 'field' }, h('label', { for: id, class: 'name' }, name, must),
    made.node, hint), read: made.read };
}

/**
 * @param {string} name
 * @param {Schema} schema
 * @param {Json | undefined} value
 * @param {boolean} isRequired
 * @param {Form} form
 * @param {string} id
 * @param {string | null} hintId
 * @returns {Field}
 */
function field(name, schema, value, isRequired, form, id, hintId) {
  const about = { id, 'aria-describedby': hintId, on: { input: form.changed, change: form.changed } };
  if (schema.choices) return choice(name, schema, value, form);
  if (Array.isArray(schema.enum)) return enumeration(schema, value, isRequired, about);
  if (schema.type === 'boolean') return tick(name, schema, value, isRequired, about);
  if (schema.type === 'integer' || schema.type === 'number') {
    return number(name, schema, value, isRequired, about);
  }
  if (schema.type === 'string') return line(name, schema, value, isRequired, about);
  if (schema.type === 'array' && schema.items) return items(name, schema, value, isRequired, form);
  if (schema.type === 'object' && schema.properties) {
    const inner = properties(schema, isObject(value) ? value : {}, form);
    const node = h('fieldset', { id }, inner.node);
    return { node, read: () => {
      const read = inner.read();
      return !isRequired && isObject(read) && !Object.keys(read).length ? undefined : read;
    } };
  }
  return json(name, value ?? (isRequired ? schema.default : undefined), isRequired, about);
}

/** @param {any} value @returns {value is {[name: string]: Json}} */
const isObject = value => typeof value === 'object' && value !== null && !Array.isArray(value);

/** @returns {Field} */
function enumeration(/** @type {Schema} */ schema, /** @type {any} */ value,
  /** @type {boolean} */ isRequired, /** @type {any} */ about) {
  const usual = schema.default;
  const options = schema.enum.filter((/** @type {Json} */ each) => each !== null);
  const only = isRequired && options.length === 1;
  const node = h('select', about,
    !isRequired && h('option', { value: '' }, usual === undefined || usual === null ? '—'
      : `${usual} (default)`),
    options.filter((/** @type {Json} */ each) => isRequired || each !== usual || value === usual)
      .map((/** @type {Json} */ each) => h('option', { value: JSON.stringify(each) }, String(each))));
  if (value !== undefined && value !== null) node.value = JSON.stringify(value);
  else if (only) node.value = JSON.stringify(options[0]);
  return { node, read: () => (node.value ? JSON.parse(node.value) : undefined) };
}

/** @returns {Field} */
function tick(/** @type {string} */ name, /** @type {Schema} */ schema, /** @type {any} */ value,
  /** @type {boolean} */ isRequired, /** @type {any} */ about) {
  const usual = schema.default ?? false;
  const input = h('input', { ...about, type: 'checkbox', prop: { checked: value ?? usual } });
  return {
    node: h('label', { class: 'tick' }, input, h('span', { class: 'name' }, name)),
    read: () => (!isRequired && input.checked === usual ? undefined : input.checked),
  };
}

/** @returns {Field} */
function number(/** @type {string} */ name, /** @type {Schema} */ schema, /** @type {any} */ value,
  /** @type {boolean} */ isRequired, /** @type {any} */ about) {
  const usual = schema.default;
  const node = h('input', { ...about, type: 'number', step: schema.type === 'integer' ? '1' : 'any',
    min: schema.minimum, max: schema.maximum, required: isRequired,
    placeholder: usual === undefined || usual === null ? '' : String(usual) });
  if (value !== undefined && value !== null) node.value = String(value);
  return { node, read: () => {
    if (node.validity.badInput) throw new Unreadable(`${name} is no number`);
    return node.value === '' ? undefined : Number(node.value);
  } };
}

/** @returns {Field} */
function line(/** @type {string} */ name, /** @type {Schema} */ schema, /** @type {any} */ value,
  /** @type {boolean} */ isRequired, /** @type {any} */ about) {
  const usual = schema.default;
  const attributes = { ...about, required: isRequired, autocomplete: 'off', spellcheck: 'false',
    autocapitalize: 'none', placeholder: typeof usual === 'string' ? usual : '' };
  const given = typeof value === 'string' ? value : '';
  const node = LONG.test(name) || given.includes('\n')
    ? h('textarea', { ...attributes, rows: Math.min(12, Math.max(2, given.split('\n').length)) })
    : h('input', { ...attributes, type: 'text', class: 'mono' });
  node.value = given;
  // An empty text is a text where there has to be one, and else none at all.
  const wasGiven = value !== undefined && value !== null;
  return { node, read: () => (node.value === '' && !isRequired && !(wasGiven && given === '')
    ? undefined : node.value) };
}

/** @returns {Field} */
function json(/** @type {string} */ name, /** @type {any} */ value, /** @type {boolean} */ isRequired,
  /** @type {any} */ about) {
  const node = h('textarea', { ...about, rows: 3, spellcheck: 'false', placeholder: 'JSON',
    required: isRequired });
  node.value = value === undefined || value === null ? '' : JSON.stringify(value, null, 2);
  return { node, read: () => {
    node.removeAttribute('aria-invalid');
    if (!node.value.trim()) return undefined;
    try {
      return JSON.parse(node.value);
    } catch (error) {
      node.setAttribute('aria-invalid', 'true');
      throw new Unreadable(`${name} is no JSON: ${/** @type {Error} */ (error).message}`);
    }
  } };
}

/**
 * @param {string} name
 * @param {Schema} schema
 * @param {Json | undefined} value
 * @param {boolean} isRequired
 * @param {Form} form
 * @returns {Field}
 */
function items(name, schema, value, isRequired, form) {
  const each = plain(schema.items, form);
  if (Array.isArray(each.enum)) return ticks(name, each, value, isRequired, form);
  /** @type {Set<{node: HTMLElement, read: () => Json | undefined}>} */
  const entries = new Set();
  const list = h('div', { class: 'item-list' });
  const add = (/** @type {Json | undefined} */ given) => {
    const id = freshId();
    const made = field(name, each, given, true, form, id, null);
    if (!made.node.matches('fieldset, .choice, .items')) made.node.setAttribute('aria-label', `${name}, one of them`);
    const entry = { read: made.read, node: h('div', { class: 'item' }, made.node, h('button', {
      class: 'quiet icon-only', type: 'button', 'aria-label': `Take this out of ${name}`, on: {
        click: () => { entries.delete(entry); entry.node.remove(); form.changed(); },
      } }, icon('close'))) };
    entries.add(entry);
    list.append(entry.node);
  };
  if (Array.isArray(value)) value.forEach(add);
  else if (isRequired) add(undefined);
  const node = h('div', { class: 'items', role: 'group' }, list, h('button', {
    class: 'quiet tiny', type: 'button', on: { click: () => { add(undefined); form.changed(); } },
  }, icon('plus'), `Add to ${name}`));
  return { node, read: () => {
    const read = [...entries].map(entry => entry.read()).filter(one => one !== undefined);
    return !isRequired && !read.length ? undefined : /** @type {Json[]} */ (read);
  } };
}

/** @returns {Field} */
function ticks(/** @type {string} */ name, /** @type {Schema} */ each, /** @type {any} */ value,
  /** @type {boolean} */ isRequired, /** @type {Form} */ form) {
  const given = Array.isArray(value) ? value : [];
  const boxes = each.enum.map((/** @type {Json} */ one) => ({ one, input: h('input', {
    type: 'checkbox', prop: { checked: given.includes(one) }, on: { change: form.changed } }) }));
  const node = h('fieldset', { class: 'ticks' }, boxes.map((/** @type {any} */ { one, input }) => h(
    'label', { class: 'tick' }, input, h('span', {}, String(one)))));
  node.setAttribute('aria-label', name);
  return { node, read: () => {
    const read = boxes.filter((/** @type {any} */ box) => box.input.checked)
      .map((/** @type {any} */ box) => box.one);
    return !isRequired && !read.length ? undefined : read;
  } };
}

/**
 * One of several shapes, chosen by name.
 * @param {string} name
 * @param {Schema} schema
 * @param {Json | undefined} value
 * @param {Form} form
 * @returns {Field}
 */
function choice(name, schema, value, form) {
  const shapes = schema.choices.map((/** @type {Schema} */ one) => plain(one, form));
  const start = value === undefined || value === null ? -1
    : shapes.findIndex((/** @type {Schema} */ one) => fits(value, one));
  const holder = h('div', { class: 'choice-fields' });
  /** @type {Field | null} */
  let chosen = null;
  const select = h('select', { 'aria-label': `Kind of ${name}`, on: { change: () => {
    pick(undefined);
    form.changed();
  } } }, h('option', { value: '' }, '—'),
  shapes.map((/** @type {Schema} */ one, /** @type {number} */ at) => h('option', { value: at }, nameOf(one, at))));
  const pick = (/** @type {Json | undefined} */ given) => {
    const shape = shapes[Number(select.value)];
    chosen = select.value === '' || !shape ? null : field(name, shape, given, true, form, freshId(), null);
    if (chosen && !chosen.node.matches('fieldset, .items')) chosen.node.setAttribute('aria-label', name);
    fill(holder, chosen?.node);
  };
  if (start >= 0) select.value = String(start);
  else if (value !== undefined && value !== null) return json(name, value, true, { id: freshId(), on: { input: form.changed } });
  pick(value);
  return { node: h('div', { class: 'choice', role: 'group' }, select, holder),
    read: () => chosen?.read() };
}

/**
 * @param {Schema} schema
 * @param {number} at
 */
function nameOf(schema, at) {
  const done = schema.properties?.do?.enum?.[0];
  const kinds = /** @type {{[kind: string]: string}} */ ({ string: 'text', array: 'list', object: 'object' });
  return done ?? schema.title ?? kinds[schema.type] ?? schema.type ?? `form ${at + 1}`;
}

/**
 * Say whether a value looks like what a schema describes; the agent is the one to know.
 * @param {Json} value
 * @param {Schema} schema
 */
function fits(value, schema) {
  if (schema.enum) return schema.enum.includes(value);
  if (schema.type === 'array') return Array.isArray(value);
  if (schema.type === 'integer' || schema.type === 'number') return typeof value === 'number';
  if (schema.type !== 'object') return typeof value === schema.type;
  if (!isObject(value)) return false;
  const has = (/** @type {string} */ name) => name in value;
  const known = schema.properties ?? {};
  return (schema.required ?? []).every(has)
    && Object.entries(known).every(([name, part]) => !part.enum || !has(name) || part.enum.includes(value[name]));
}
