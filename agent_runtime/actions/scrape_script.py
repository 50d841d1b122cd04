"""What `scrape` runs in a page: one function from an element to what it says.

It reads what a person sees: what is not displayed is left out, open shadow roots are part of the
page, and addresses are whole. It changes nothing and asks the network for nothing.
"""

from __future__ import annotations

from typing import Final

from agent_runtime.actions.markdown_script import MARKDOWN

_WORDS: Final = r"""
  const names = list => {
    const all = Object.create(null);
    for (const name of list.split(" ")) all[name] = true;
    return all;
  };
  const UNREAD = names("script style noscript template head title meta link base iframe frame"
    + " object embed canvas audio video param source track datalist rp");
  const FIELDS = names("input select textarea");
  const INLINE = names("a abbr b bdi bdo button cite code data del dfn em font i img ins kbd"
    + " label mark meter output progress q s samp small span strike strong sub sup svg time tt u"
    + " var wbr");

  const tag = node => node.nodeType === 1 ? node.localName : "";
  const isText = node => node.nodeType === 3;
  const isElement = node => node.nodeType === 1;
  // Nothing changes while this runs, and each of these is asked of an element many times.
  const remembered = compute => {
    const known = new Map();
    return node => {
      if (!known.has(node)) known.set(node, compute(node));
      return known.get(node);
    };
  };
  const style = remembered(element => {
    const { display, visibility } = getComputedStyle(element);
    return { display, visibility };
  });
  const clean = text => text.replace(/\s+/g, " ");
  const flat = text => clean(text).trim();
  const isHidden = element => UNREAD[tag(element)] || style(element).display === "none";
  const isUnseen = text => {
    const above = text.parentElement || (text.parentNode && text.parentNode.host);
    return !!above && style(above).visibility !== "visible";
  };

  // As it is drawn: a shadow root in place of its host's children, those in place of its slots.
  const children = remembered(node => {
    if (tag(node) === "slot") {
      const assigned = node.assignedNodes({ flatten: true });
      if (assigned.length) return assigned;
    }
    const isShut = tag(node) === "details" && !node.open;
    return [...(node.shadowRoot || node).childNodes].filter(child =>
      isText(child) ? !isShut
        : isElement(child) && !isHidden(child) && (!isShut || tag(child) === "summary"));
  });
  const holdsBlocks = element =>
    children(element).some(child => isElement(child) && tag(child) !== "br" && isBlock(child));
  const isBlock = remembered(element => {
    if (/^(inline|contents|ruby)/.test(style(element).display)) return holdsBlocks(element);
    // What lies in a row as a part of it (a menu's links) is a word there, not a paragraph.
    const above = element.parentElement;
    const isInRow = above && /flex|grid/.test(style(above).display);
    return !(isInRow && INLINE[tag(element)]) || holdsBlocks(element);
  });

  // All that an element says, in one line; of a field, what can be seen to stand in it.
  const fieldText = element => {
    if (tag(element) === "select") {
      return [...element.selectedOptions].map(option => option.label).join(", ");
    }
    const isNoText = /^(hidden|checkbox|radio|file|image|password)$/.test(element.type);
    return isNoText ? "" : element.value;
  };
  const said = node => {
    if (isText(node)) return isUnseen(node) ? "" : clean(node.data);
    if (tag(node) === "br") return " ";
    const text = FIELDS[tag(node)] ? fieldText(node) : children(node).map(said).join("");
    return style(node).display === "inline" ? text : ` ${text} `;
  };
  const plain = node => isHidden(node) ? "" : flat(said(node));

  const address = (element, attribute) => {
    const value = element[attribute];
    if (typeof value === "string" && value) return value;
    const written = element.getAttribute(attribute);
    if (written === null) return null;
    try { return new URL(written, element.baseURI).href; } catch { return written; }
  };
  const all = (within, css) => {
    const found = [...within.querySelectorAll(css)];
    for (const element of within.querySelectorAll("*")) {
      if (element.shadowRoot) found.push(...all(element.shadowRoot, css));
    }
    if (within.shadowRoot) found.push(...all(within.shadowRoot, css));
    return found;
  };
  const allFrom = css => [...(root.matches(css) ? [root] : []), ...all(root, css)];
"""

_TABLES: Final = r"""
  const TABLES = "table, [role=table], [role=grid], [role=treegrid]";
  const CELLS = "[role=cell], [role=gridcell], [role=columnheader], [role=rowheader]";
  const rowsOf = table => tag(table) === "table" ? [...table.rows] : all(table, "[role=row]");
  const cellsOf = row => tag(row) === "tr" ? [...row.cells] : all(row, CELLS);
  const isHeader = cell => tag(cell) === "th" || cell.getAttribute("role") === "columnheader";
  const isData = table => !/^(presentation|none)$/.test(table.getAttribute("role") || "")
    && !table.querySelector(TABLES)
    && rowsOf(table).some(row => cellsOf(row).length > 1);

  // What spans several rows or columns stands in each of them.
  const grid = (table, read) => {
    const rows = [];
    const below = [];
    let heads = 0;
    for (const row of rowsOf(table).filter(row => !isHidden(row))) {
      const cells = cellsOf(row).filter(cell => !isHidden(cell));
      const line = [];
      const fill = () => {
        while (below[line.length] && below[line.length].rows > 0) {
          below[line.length].rows--;
          line.push(below[line.length].text);
        }
      };
      for (const cell of cells) {
        fill();
        const text = read(cell, isHeader(cell));
        for (let width = Math.min(cell.colSpan || 1, 100); width > 0; width--) {
          below[line.length] = { rows: Math.min(cell.rowSpan || 1, 1000) - 1, text };
          line.push(text);
        }
      }
      fill();
      if (!line.length) continue;
      const isHead = tag(row.parentElement) === "thead"
        || (cells.length > 0 && cells.every(isHeader));
      if (isHead && heads === rows.length) heads++;
      rows.push(line);
    }
    const width = rows.reduce((most, row) => Math.max(most, row.length), 0);
    const headers = [];
    for (let at = 0; heads && at < width; at++) {
      const parts = rows.slice(0, heads).map(row => row[at] || "");
      headers.push(parts.filter((part, place) => part && part !== parts[place - 1]).join(" "));
    }
    return { headers, rows: rows.slice(heads), width };
  };
  const captionOf = table => {
    const caption = table.caption ? plain(table.caption) : table.getAttribute("aria-label");
    return caption ? flat(caption) : null;
  };
  const tables = () => allFrom(TABLES)
    .filter(table => isData(table) && !isHidden(table))
    .map(table => {
      const { headers, rows } = grid(table, plain);
      return { caption: captionOf(table), headers, rows };
    });
"""

_LINKS: Final = r"""
  const links = () => {
    const seen = Object.create(null);
    const found = [];
    for (const link of allFrom("a[href], area[href]")) {
      const url = address(link, "href");
      const image = link.querySelector("img[alt]");
      const text = plain(link) || flat(link.getAttribute("aria-label") || (image && image.alt)
        || link.getAttribute("title") || link.getAttribute("alt") || link.textContent || "");
      const key = `${url}\n${text}`;
      if (!url || /^javascript:/i.test(url) || seen[key]) continue;
      seen[key] = true;
      found.push({ text, url });
    }
    return found;
  };
"""

_HTML: Final = r"""
  const KEPT = names("td th tr li option dt dd");
  const TRANSPARENT = names("span font slot");
  const VOID = names("area br col hr img input wbr");
  const ATTRIBUTES = names("href src alt title id name type value placeholder for action method"
    + " colspan rowspan scope role checked selected disabled datetime lang start");
  const inText = text => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  const opening = element => {
    let text = "";
    for (const { name, value } of element.attributes) {
      if (!ATTRIBUTES[name] && !name.startsWith("aria-")) continue;
      if (name === "value" && element.type === "password") continue;
      const shown = /^(href|src|action)$/.test(name) ? address(element, name) || value : value;
      if (/^(data|javascript):/i.test(shown)) continue;
      text += ` ${name}="${inText(shown).replace(/"/g, "&quot;")}"`;
    }
    return text;
  };
  const html = (node, isPre) => {
    if (isText(node)) return isUnseen(node) ? "" : inText(isPre ? node.data : clean(node.data));
    const name = tag(node);
    const attributes = opening(node);
    if (VOID[name]) return `<${name}${attributes}>`;
    const inner = name === "svg" ? ""
      : children(node).map(child => html(child, isPre || name === "pre")).join("");
    const isBare = !attributes && !KEPT[name] && !inner.trim();
    if (isBare || (!attributes && TRANSPARENT[name])) return inner;
    return `<${name}${attributes}>${inner}</${name}>`;
  };
"""

_VALUES: Final = r"""
  const valueOf = (element, attribute) => {
    if (!attribute) return FIELDS[tag(element)] ? fieldText(element) : plain(element);
    const isAddress = /^(href|src|action)$/.test(attribute);
    return isAddress ? address(element, attribute) : element.getAttribute(attribute);
  };
  const select = (within, place, wanted) => {
    const { selector, attribute, all: isAll, fields } =
      typeof wanted === "string" ? { selector: wanted } : wanted;
    let found;
    try {
      found = selector === ":scope" ? [within] : all(within, selector);
    } catch (error) {
      throw { place, selector, message: error.message };
    }
    const read = element =>
      fields ? selected(element, `${place}.fields`, fields) : valueOf(element, attribute);
    return isAll ? found.map(read) : found.length ? read(found[0]) : null;
  };
  const selected = (within, place, wanted) => {
    const values = {};
    for (const name of Object.keys(wanted)) {
      values[name] = select(within, `${place}.${name}`, wanted[name]);
    }
    return values;
  };
"""

_ANSWER: Final = r"""
  if (selectors) {
    try {
      return { values: selected(root, "selectors", selectors) };
    } catch (error) {
      if (error.place) return { invalid: error };
      throw error;
    }
  }
  switch (format) {
    case "links": return { links: links() };
    case "tables": return { tables: tables() };
    case "markdown": return { text: markdown(root) };
  }
  if (isHidden(root)) return { text: "" };
  if (format === "html") return { text: html(root) };
  return { text: root.innerText === undefined ? plain(root) : root.innerText };
"""

SCRAPE: Final = (
    "(root, { format, selectors }) => {"
    + _WORDS
    + _TABLES
    + _LINKS
    + _HTML
    + _VALUES
    + MARKDOWN
    + _ANSWER
    + "}"
)
