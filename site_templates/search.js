// Search as you type, without a server: reads a few small files of the index that `catalogue publish` wrote.
// The files are scripts, so that they load from a folder, too. Strangers' text goes into the page as text only.
"use strict";
{
  const SHOWN = 10;
  const MOST = 290000; // bytes that a query reads, results included
  const LONGEST = 24, WORDS = 8; // letters of a word, words of a query
  const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const VALUE = new Uint8Array(128);
  [...LETTERS].forEach((letter, value) => { VALUE[letter.charCodeAt(0)] = value; });
  const root = new URL("..", document.currentScript.src).href;

  // --- words: the same as catalogue/site/search_words.py makes of names

  const PLAIN = /[A-Z]{2,}s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+/g;
  const RUN = /[\p{L}\p{Nl}\p{No}]+|\p{Nd}+/gu;
  const DENSE = /([\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+)/u;
  const UPPER = /^\p{Uppercase}/u, LOWER = /^\p{Lowercase}/u;

  function* humps(run) {
    const letters = [...run];
    let start = 0;
    for (let at = 1; at < letters.length; at++) {
      const endsCapitals = UPPER.test(letters[at - 1]) && LOWER.test(letters[at + 1] ?? "");
      if (UPPER.test(letters[at]) && (LOWER.test(letters[at - 1]) || endsCapitals)) {
        yield letters.slice(start, at).join("");
        start = at;
      }
    }
    yield letters.slice(start).join("");
  }

  function* wordsOfRun(run) {
    if (/^[\x00-\x7f]*$/.test(run)) {
      for (const word of run.match(PLAIN) ?? []) yield word.toLowerCase().slice(0, LONGEST);
      return;
    }
    for (const part of run.match(RUN) ?? []) {
      for (const hump of humps(part)) {
        const pieces = hump.normalize("NFKC").toLowerCase().split(DENSE);
        for (let at = 1; at < pieces.length; at += 2) {
          const dense = [...pieces[at]];
          for (let n = 0; n < Math.max(1, dense.length - 1); n++) yield dense.slice(n, n + 2).join("");
        }
        for (let at = 0; at < pieces.length; at += 2) {
          if (pieces[at]) yield [...pieces[at]].slice(0, LONGEST).join("");
        }
      }
    }
  }

  const wordsOf = (text) => [...new Set(text.split(/\s+/u).flatMap((run) => [...wordsOfRun(run)]))];

  // --- files of the index

  const loaded = new Map();
  const waiting = new Map();
  let bytes = 0;

  window.catalogueSearch = (name, value) => waiting.get(name)?.(value);

  function load(name) {
    if (!loaded.has(name)) {
      loaded.set(name, new Promise((resolve, reject) => {
        const script = document.createElement("script");
        waiting.set(name, (value) => {
          bytes += JSON.stringify(value).length;
          resolve(value);
        });
        script.src = `${root}search/${name}.js`;
        script.onerror = () => { loaded.delete(name); reject(new Error(`cannot read ${name}`)); };
        script.onload = () => { script.remove(); };
        document.head.append(script);
      }));
    }
    return loaded.get(name);
  }

  async function file(name) {
    const [index, value] = await Promise.all([load("index"), load(name)]);
    if ((value.layout ?? value[0]) !== index.layout) throw new Error("the catalogue has changed");
    return value;
  }

  // Records are there as they are, or packed: compressed, and without a path where it follows from the names.
  async function rowsOf(name) {
    const value = await file(name);
    if (!value.rows) {
      const packed = Uint8Array.from(atob(value.packed), (letter) => letter.charCodeAt(0));
      const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
      value.rows = JSON.parse(await new Response(stream).text());
    }
    return value.rows;
  }

  function* numbers(text, start) {
    let number = start;
    if (text[0] === "!") {
      for (let at = 1; at < text.length; at++, number += 6) {
        const six = VALUE[text.charCodeAt(at)];
        for (let bit = 0; bit < 6; bit++) if (six >> bit & 1) yield number + bit;
      }
      return;
    }
    for (let at = 1; at < text.length; number++) {
      let shift = 1, digit;
      do {
        digit = VALUE[text.charCodeAt(at++)];
        number += (digit & 31) * shift;
        shift *= 32;
      } while (digit >= 32);
      yield number;
    }
  }

  // --- what a word means: its own lists, and those of words that it begins

  const key = (word, length) => [...new TextEncoder().encode(word).slice(0, length)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  async function wordFile(name, word) {
    const value = await file(name);
    if (!value.cuts) return value;
    let at = 0;
    while (at + 1 < value.cuts.length && compare(value.cuts[at + 1], word) <= 0) at++;
    return { ...await file(`${name}-${at}`), tops: value.tops };
  }

  function compare(one, other) { // by code points, as Python does
    const a = [...one], b = [...other];
    for (let at = 0; at < a.length && at < b.length; at++) {
      if (a[at] !== b[at]) return a[at].codePointAt(0) - b[at].codePointAt(0);
    }
    return a.length - b.length;
  }

  async function lists(word, complete) {
    const index = await load("index");
    const name = (other) => `w/${key(other, index.key)}`;
    if (!(` ${index.keys} `).includes(` ${key(word, index.key)} `)) return [];
    const found = await wordFile(name(word), word);
    const exact = Object.hasOwn(found.words, word) ? [{ entry: found.words[word], exact: true }] : [];
    if (!complete || new TextEncoder().encode(word).length < 2) return exact;
    const tops = found.tops && Object.hasOwn(found.tops, word) ? found.tops[word] : null;
    const others = tops ?? Object.keys(found.words)
      .filter((other) => other.startsWith(word))
      .sort((a, b) => size(found.words[b]) - size(found.words[a]) || compare(a, b)).slice(0, 6);
    const entries = await Promise.all(others.filter((other) => other !== word)
      .map(async (other) => (await wordFile(name(other), other)).words[other]));
    return [...exact, ...entries.map((entry) => ({ entry, exact: false }))];
  }

  const size = (entry) => entry.reduce((sum, list) => sum + letters(list), 0);
  const letters = (list) => typeof list === "string" ? list.length
    : Array.isArray(list) ? list[1].reduce((sum, [, length]) => sum + length, 0) : 0;

  const cost = (found) => found.reduce((sum, { entry }) => sum + size(entry), 0);

  // --- one query

  // How good a place is: the name, the title, the description, the server; a completed word counts a little less.
  const WORTH = [[0, 4, 8, 12], [2, 6, 10, 14]];
  const NEVER = 255, SOMEWHERE = 16;
  const TOO_FREQUENT = 1; // in place of a list: the word may be anywhere

  class Query {
    constructor(text, filters) {
      this.words = wordsOf(text).slice(0, WORDS);
      this.filters = filters;
      this.completes = /[\p{L}\p{N}]$/u.test(text);
    }

    get empty() { return !this.words.length && !Object.keys(this.filters).length; }

    // Reads what the query needs, at most for the budget, and returns the numbers of what was found, best first.
    async run() {
      bytes = 0;
      this.index = await load("index");
      this.end = this.index.strata.reduce((sum, stratum) => sum + stratum[3], 0);
      const words = await Promise.all(this.words.map((word, at) =>
        lists(word, this.completes && at === this.words.length - 1)));
      const facets = await Promise.all(this.facets().map(async (group) =>
        (await Promise.all(group.map((word) => lists(word, false)))).flat().map(({ entry }) => ({ entry: [entry[0]], exact: true }))));
      // A word that may be anywhere excludes nothing: it is asked where the others leave something, to rank by.
      const everywhere = words.filter((found) => found.some(({ entry }) => entry.includes(TOO_FREQUENT)));
      const groups = [...words.filter((found) => !everywhere.includes(found)), ...facets];
      this.frequent = this.words.filter((_, at) => everywhere.includes(words[at]));
      this.wanted = this.allowed();
      this.scores = new Uint8Array(this.end);
      let limit = this.limit(groups);
      for (const found of groups.sort((a, b) => cost(a) - cost(b))) await this.keep(found, limit, NEVER);
      const rest = Math.min(limit, this.limit(everywhere));
      for (const found of everywhere) await this.keep(found, rest, SOMEWHERE);
      if (everywhere.length === this.words.length && this.words.length) limit = rest;
      this.partial = limit < this.end;
      return this.ranked(limit);
    }

    facets() {
      const { signal, source, transport, since } = this.filters;
      const groups = Object.entries({ signal, source, transport }).filter(([, value]) => value)
        .map(([kind, value]) => [`:${kind}:${value}`]);
      if (since) groups.push(this.months(since));
      return groups;
    }

    months(since) {
      const options = [...document.querySelectorAll("[data-search] select[name=since] option")].map((option) => option.value);
      return options.filter((month) => month && month >= since).map((month) => `:changed:${month}`);
    }

    // The number up to which these lists stay within the budget: early numbers are better answers.
    limit(groups) {
      const pieces = groups.flat().flatMap(({ entry }) => entry).filter(Array.isArray)
        .flatMap((list) => this.pieces(list)).filter(({ name }) => !loaded.has(name)).sort((a, b) => a.start - b.start);
      let sum = bytes;
      for (const { start, length } of pieces) {
        sum += length + 60;
        if (sum > this.index.budget && start > 0) return start;
      }
      return this.end;
    }

    // The pieces of a list in which a number is that is still wanted.
    pieces([digest, places]) {
      return places.map(([start, length], at) => ({ start, length, name: `l/${digest}-${at}`, end: places[at + 1]?.[0] ?? this.end }))
        .filter(({ start, end }) => {
          const next = this.wanted.indexOf(1, start);
          return next >= 0 && next < end;
        });
    }

    // One for each number whose stratum the filters allow.
    allowed() {
      const wanted = new Uint8Array(this.end);
      let start = 0;
      for (const [, severity, category, size] of this.index.strata) {
        const { risk, category: kind, signal } = this.filters;
        if ((!risk || risk === severity) && (!kind || kind === category) && !(signal && category === "server")) {
          wanted.fill(1, start, start + size);
        }
        start += size;
      }
      return wanted;
    }

    async each(list, limit, visit) {
      if (typeof list === "string") {
        for (const number of numbers(list, 0)) visit(number);
      } else if (Array.isArray(list)) {
        await Promise.all(this.pieces(list).filter(({ start }) => start < limit).map(async ({ name, start }) => {
          const [, text] = await file(name);
          for (const number of numbers(text, start)) visit(number);
        }));
      }
    }

    // Keeps what one of these words has, and adds to its score; `otherwise` is the score of the rest.
    async keep(found, limit, otherwise) {
      const best = new Uint8Array(this.end).fill(otherwise);
      await Promise.all(found.flatMap(({ entry, exact }) => entry.map((list, field) => {
        const worth = WORTH[exact ? 0 : 1][field];
        return this.each(list, limit, (number) => { if (worth < best[number]) best[number] = worth; });
      })));
      for (let number = 0; number < this.end; number++) {
        if (best[number] === NEVER) this.wanted[number] = 0;
        this.scores[number] += best[number];
      }
    }

    ranked(limit) {
      const buckets = new Map();
      const nowhere = SOMEWHERE * this.words.length; // nothing is known of any word
      let start = 0, total = 0;
      for (const [words, , , size] of this.index.strata) {
        for (let number = start; number < Math.min(start + size, limit); number++) {
          const score = this.scores[number];
          if (!this.wanted[number] || (nowhere && score === nowhere)) continue;
          total++;
          const bucket = score === 0 && words === this.words.length ? -1 : score; // -1: the whole name
          if (!buckets.has(bucket)) buckets.set(bucket, []);
          buckets.get(bucket).push(number);
        }
        start += size;
      }
      const order = [...buckets.keys()].sort((a, b) => a - b);
      return { order: order.flatMap((score) => buckets.get(score)), total };
    }

    stratum(number) {
      let start = 0;
      return this.index.strata.find(([, , , size]) => number < (start += size));
    }

    block(number) { return Math.floor(number / this.index.block); }

    // The first of these numbers whose records one may read without reading too much.
    near(order) {
      const files = new Set();
      const most = Math.max(1, Math.floor((MOST - bytes) / this.index.record));
      const end = order.findIndex((number) => files.add(this.block(number)).size > most);
      return end < 0 ? order : order.slice(0, end);
    }

    async record(number) {
      const rows = await rowsOf(`r/${this.block(number)}`);
      return Object.hasOwn(rows, number) ? rows[number] : null;
    }
  }

  // --- the page

  const form = document.querySelector("form[data-search]");
  const area = document.querySelector("[data-results]");
  const input = form.querySelector("input[type=search]");
  const status = area.querySelector("[role=status]");
  const list = area.querySelector("ul");
  const more = area.querySelector("button");
  const selects = [...form.querySelectorAll("select")];
  const shown = new Intl.NumberFormat("en");
  let latest = 0, query = null, found = null, place = 0;

  function element(name, className, text = "") {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  }

  function badge(kind, value) {
    const made = element("span", kind === "risk" ? `risk s-${value}` : `kind c-${value}`);
    if (kind === "risk") {
      const [svg, use] = ["svg", "use"].map((name) => document.createElementNS("http://www.w3.org/2000/svg", name));
      svg.setAttribute("aria-hidden", "true");
      use.setAttribute("href", `#i-${value}`);
      svg.append(use);
      made.append(svg);
    }
    made.append(value[0].toUpperCase() + value.slice(1));
    return made;
  }

  function row([name, server, path, about, note], [, severity, category]) {
    const item = document.createElement("li");
    const link = element("a", "name", name);
    link.href = new URL(path || `server/${server.replaceAll("/", "__")}/index.html#tool-${name}`, root).href;
    const tags = element("span", "tags");
    item.append(link, tags);
    if (category === "server") {
      tags.append(element("span", "note", "server"), element("span", "num", note === 1 ? "1 tool" : `${shown.format(note)} tools`));
    } else {
      tags.append(badge("kind", category), " ", badge("risk", severity));
      item.append(element("span", "of", server));
    }
    const declared = note && category !== "server";
    if (about || declared) item.append(element("p", "", about));
    if (declared) item.lastChild.append(" ", element("span", "sigs", "declared"));
    return item;
  }

  async function showMore(turn) {
    const numbersShown = query.near(found.order.slice(place, place + SHOWN));
    const records = await Promise.all(numbersShown.map((number) => query.record(number)));
    if (turn !== latest) return;
    place += numbersShown.length;
    const rows = records.flatMap((record, at) => record ? [row(record, query.stratum(numbersShown[at]))] : []);
    list.append(...rows);
    more.hidden = place >= found.order.length;
    return rows[0];
  }

  async function search() {
    const turn = ++latest;
    const filters = Object.fromEntries(selects.filter((select) => select.value).map((select) => [select.name, select.value]));
    const next = new Query(input.value, filters);
    remember();
    if (next.empty) {
      area.hidden = true;
      list.replaceChildren();
      busy(false);
      return;
    }
    area.hidden = false;
    busy(true);
    try {
      const result = await next.run();
      if (turn !== latest) return;
      [query, found, place] = [next, result, 0];
      list.replaceChildren();
      await showMore(turn);
      if (turn !== latest) return;
      status.textContent = summary();
      area.dataset.bytes = String(bytes);
    } catch (error) {
      if (turn !== latest) return;
      list.replaceChildren();
      more.hidden = true;
      status.textContent = `The search did not work: ${error.message}. Load this page again, or go through the lists.`;
    }
    busy(false);
  }

  const busy = (is) => area.setAttribute("aria-busy", String(is));

  function summary() {
    const count = found.total === 1 ? "1 result" : `${shown.format(found.total)} results`;
    if (!found.total) return "No results. Fewer words or filters find more.";
    if (query.partial) return `${count} among the shortest names; one more word finds the others.`;
    return query.frequent.length ? `${count}. Too frequent to be looked for outside of names: ${query.frequent.join(", ")}.` : `${count}.`;
  }

  function remember() {
    if (!("address" in form.dataset)) return;
    const parameters = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    history.replaceState(null, "", parameters.size ? `?${parameters}` : location.pathname);
  }

  let timer;
  input.addEventListener("input", () => {
    busy(true);
    clearTimeout(timer);
    timer = setTimeout(search, 60);
  });
  for (const select of selects) select.addEventListener("change", search);
  more.addEventListener("click", async () => {
    bytes = 0; // whoever asks for more waits for it
    (await showMore(latest))?.querySelector("a").focus();
  });
  form.addEventListener("submit", (event) => {
    if (!("address" in form.dataset)) return; // the search page has the filters
    event.preventDefault();
    clearTimeout(timer);
    search();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && (event.target === input || area.contains(event.target))) {
      if (event.target === input && input.value) {
        input.value = "";
        search();
      }
      input.focus();
      event.preventDefault();
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const links = [input, ...list.querySelectorAll("a.name")];
    const at = links.indexOf(document.activeElement);
    if (at < 0) return;
    const next = links[at + (event.key === "ArrowDown" ? 1 : -1)];
    next?.focus();
    event.preventDefault();
  });

  const asked = new URLSearchParams(location.search);
  if (asked.get("q")) input.value = asked.get("q");
  for (const select of selects) {
    if ([...select.options].some((option) => option.value === asked.get(select.name))) select.value = asked.get(select.name);
  }
  if ("address" in form.dataset || input.value) search();
}
