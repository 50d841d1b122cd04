"""The part of `scrape_script` that writes Markdown.

It escapes only what would be misread: most of it is read by people and by models, which a
backslash before every dot helps as little as the address of every picture.
"""

from __future__ import annotations

from typing import Final

MARKDOWN: Final = r"""
  const SPECIAL = new RegExp([
    "\\\\(?=[!-\\/:-@[-`{-~])", "[*`]",
    "(?<![\\p{L}\\p{N}_])_", "_(?![\\p{L}\\p{N}_])",
    "<(?=[a-zA-Z\\/!?])", "&(?=#?\\w+;)", "~(?=~)", "\\[(?=[^\\]]*\\]\\()",
  ].join("|"), "gu");
  const escaped = text => text.replace(SPECIAL, "\\$&");
  const atLineStart = text => text
    .replace(/^(#{1,6}(?=\s|$)|[-+](?=\s|$)|>|-{3,}\s*$|={3,}\s*$)/gm, "\\$1")
    .replace(/^(\d{1,9})([.)])(?=\s|$)/gm, "$1\\$2");
  const tidy = text => text
    .replace(/[ \t]+/g, " ").replace(/ *\n */g, "\n").replace(/\n+/g, "\n").trim();
  const oneLine = text => tidy(text).replace(/\n/g, " ");
  const indented = (text, by) => text.replace(/^(?=.)/gm, " ".repeat(by));
  const marked = (mark, text) => {
    const [, before, inner, after] = text.match(/^(\s*)([^]*?)(\s*)$/);
    return inner ? before + mark + inner + mark + after : text;
  };
  const fence = (text, least) => {
    const runs = text.match(/`+/g) || [];
    return "`".repeat(runs.reduce((most, run) => Math.max(most, run.length + 1), least));
  };
  const linked = (text, element) => {
    const url = element.hasAttribute("href") ? address(element, "href") : null;
    if (!url || /^(javascript|data):/i.test(url)) return text;
    const here = document.location.href.split("#")[0];
    const short = url.startsWith(`${here}#`) ? url.slice(here.length) : url;
    return `[${text}](${short.replace(/[()<>\s]/g, one => `%${one.charCodeAt(0).toString(16)}`)})`;
  };

  // Words. *within* says what they stand in: code, a link, what is strong or emphatic already.
  const inlines = (node, within) => children(node).map(child => inline(child, within)).join("");
  const code = text => {
    if (!text) return "";
    const ticks = fence(text, 1);
    const gap = /^`|`$/.test(text) ? " " : "";
    return ticks + gap + text + gap + ticks;
  };
  const picture = (element, within) => {
    const title = tag(element) === "svg" ? element.querySelector("title") : null;
    const alt = escaped(flat(element.getAttribute("alt") || element.getAttribute("aria-label")
      || (title && title.textContent) || ""));
    return !alt ? "" : within.link ? alt : `![${alt}]()`;
  };
  const inline = (node, within) => {
    if (isText(node)) {
      if (isUnseen(node)) return "";
      return within.code ? clean(node.data) : escaped(clean(node.data));
    }
    const name = tag(node);
    const inside = flag => inlines(node, { ...within, [flag]: true });
    const emphasis = (flag, mark) => within[flag] ? inside(flag) : marked(mark, inside(flag));
    if (name === "br") return "\n";
    if (within.code) return inlines(node, within);
    let text;
    switch (name) {
      case "b": case "strong": text = emphasis("strong", "**"); break;
      case "i": case "em": text = emphasis("em", "*"); break;
      case "s": case "del": case "strike": text = emphasis("gone", "~~"); break;
      case "q": text = `"${inlines(node, within)}"`; break;
      case "code": case "kbd": case "samp": case "tt": text = code(flat(inside("code"))); break;
      case "img": case "svg": text = picture(node, within); break;
      case "a": {
        const title = flat(node.getAttribute("aria-label") || node.getAttribute("title") || "");
        const words = oneLine(inside("link")) || escaped(title);
        text = words && linked(words, node);
        break;
      }
      case "input": return node.type === "checkbox" ? (node.checked ? "[x] " : "[ ] ") : "";
      default: text = FIELDS[name] ? "" : inlines(node, within);
    }
    // Boxes in a row are apart without a space between them.
    return /^(inline|contents|ruby)$/.test(style(node).display) ? text : ` ${text} `;
  };

  // Paragraphs and the like, each as {kind, text}.
  const one = (kind, text) => text ? [{ kind, text }] : [];
  const joinedBlocks = list => list.map(block => block.text).join("\n\n");
  const blocks = (node, within) => {
    const found = [];
    let line = "";
    const flush = () => {
      found.push(...one("text", atLineStart(tidy(line))));
      line = "";
    };
    for (const child of children(node)) {
      if (isElement(child) && tag(child) !== "br" && !FIELDS[tag(child)] && isBlock(child)) {
        flush();
        found.push(...block(child, within));
      } else {
        line += inline(child, within);
      }
    }
    flush();
    return found;
  };
  const level = element => {
    if (/^h[1-6]$/.test(tag(element))) return Number(tag(element)[1]);
    if (element.getAttribute("role") !== "heading") return 0;
    return Math.min(6, Math.max(1, Number(element.getAttribute("aria-level")) || 2));
  };
  const heading = (element, within) => {
    const text = oneLine(inlines(element, { ...within, strong: true }));
    return one("heading", text && `${"#".repeat(level(element))} ${text}`);
  };
  const listing = element => {
    const classes = `${(element.querySelector("code") || element).className} ${element.className}`;
    const language = classes.match(/\b(?:language|lang|highlight-source)-([\w+#-]+)/);
    const text = element.textContent.replace(/^\n|\s+$/g, "");
    const ticks = fence(text, 3);
    return one("code", text && `${ticks}${language ? language[1] : ""}\n${text}\n${ticks}`);
  };
  const quote = (element, within) => {
    const text = joinedBlocks(blocks(element, within));
    return one("quote", text && text.replace(/^/gm, "> ").replace(/^> $/gm, ">"));
  };
  const linkedBlocks = (element, within) => {
    const [first, ...rest] = blocks(element, { ...within, link: true });
    if (!first || !/^(heading|text)$/.test(first.kind)) return first ? [first, ...rest] : [];
    const [, mark, text] = first.text.match(/^(#{1,6} |)([^]*)$/);
    return [{ ...first, text: mark + linked(oneLine(text), element) }, ...rest];
  };
  const block = (element, within) => {
    const name = tag(element);
    if (level(element)) return heading(element, within);
    switch (name) {
      case "ul": case "ol": case "menu": return list(children(element), within, element);
      case "li": return list([element], within, element);
      case "pre": return listing(element);
      case "blockquote": return quote(element, within);
      case "hr": return one("rule", "---");
      case "dt": case "summary":
        return one("text", marked("**", oneLine(inlines(element, { ...within, strong: true }))));
      case "a": return linkedBlocks(element, within);
    }
    if (element.matches(TABLES) && isData(element)) return table(element, within);
    if (INLINE[name] && !holdsBlocks(element)) {
      return one("text", atLineStart(tidy(inline(element, within))));
    }
    return blocks(element, within);
  };
  const list = (nodes, within, element) => {
    let number = tag(element) === "ol" ? element.start : null;
    let isLoose = false;
    const items = [];
    for (const child of nodes.filter(isElement)) {
      const isItem = tag(child) === "li";
      const parts = isItem ? blocks(child, within) : block(child, within);
      if (!parts.length) continue;
      let text = "";
      parts.forEach((part, at) => {
        const isTight = part.kind === "list" && at > 0 && parts[at - 1].kind !== "list";
        isLoose = isLoose || (at > 0 && !isTight);
        text += (at === 0 ? "" : isTight ? "\n" : "\n\n") + part.text;
      });
      if (!isItem && parts[0].kind === "list" && items.length) {
        items.push(`${items.pop()}\n${indented(text, 2)}`);
        continue;
      }
      const marker = number === null ? "- " : `${number++}. `;
      items.push(marker + indented(text, marker.length).trimStart());
    }
    return one("list", items.join(isLoose ? "\n\n" : "\n"));
  };
  const table = (element, within) => {
    const cell = (box, isHead) =>
      oneLine(inlines(box, { ...within, strong: isHead })).replace(/\|/g, "\\|");
    const { headers, rows, width } = grid(element, cell);
    const line = cells => {
      let text = "|";
      for (let at = 0; at < width; at++) text += ` ${cells[at] || ""} |`;
      return text;
    };
    const lines = [line(headers), `|${" --- |".repeat(width)}`, ...rows.map(line)].join("\n");
    const caption = captionOf(element);
    return [...one("text", caption && `**${escaped(caption)}**`), ...one("table", lines)];
  };
  const markdown = element => isHidden(element) ? ""
    : joinedBlocks(element === document.body ? blocks(element, {}) : block(element, {}));
"""
