
"use strict";
(() => {
  const records = JSON.parse(document.getElementById("data").textContent);
  const main = document.getElementById("records");
  const input = document.getElementById("find");
  const status = document.getElementById("status");
  const chips = [...document.querySelectorAll("[data-filter]")];
  const CHUNK = 30, CUT = 600;
  // What reads backwards or not at all is shown by its number.
  const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
  const narrow = matchMedia("(max-width: 52rem)");
  let terms = [], filter = "", shown = [], drawn = 0, watcher = null;

  const node = (tag, cls, ...kids) => {
    const e = document.createElement(tag);
    if (cls) e.className = cls;
    e.append(...kids);
    return e;
  };
  // plain writes text so that nothing of it is taken for anything but text.
  const plain = (text, cls, dir) => {
    const e = node("bdi", cls);
    e.dir = dir || "auto";
    let from = 0;
    for (const m of text.matchAll(hidden)) {
      e.append(text.slice(from, m.index), node("span", "ctl", "U+" + m[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")));
      from = m.index + 1;
    }
    e.append(text.slice(from));
    return e;
  };
  const value = (text, cls, dir) => {
    if (text.length <= CUT + 200) return plain(text, cls, dir);
    const out = node("span");
    const all = node("button", "all", "show all " + text.length.toLocaleString("en") + " characters");
    all.type = "button";
    all.addEventListener("click", () => { out.replaceChildren(plain(text, cls, dir)); });
    out.append(plain(text.slice(0, CUT), cls, dir), "… ", all);
    return out;
  };

  // Searching goes over one text for each record, made when it is first asked for.
  const textOf = (r) => {
    if (r.text === undefined) {
      const part = [r.key, r.flow];
      for (const l of r.raw) part.push(l[1], l[2]);
      for (const o of r.objects) {
        part.push(o.kind, o.name, o.type, o.description, o.source, o.tlp, o.note, ...(o.tags || []));
        for (const f of [...(o.fields || []), ...(o.attributes || [])]) part.push(f.n, f.v);
        for (const c of o.changes || []) part.push(c.name, c.old, c.new);
      }
      for (const l of r.letters) part.push(l.rule, l.field, l.reason, l.where, l.code);
      r.text = part.filter(Boolean).join("\n").toLowerCase();
    }
    return r.text;
  };
  const passes = (o) => filter === "" || filter === "kind:" + o.kind || filter === "op:" + (o.op || "");
  const fits = (r) => {
    if (filter === "dead" ? r.letters.length === 0 : filter !== "" && !r.objects.some(passes)) return false;
    return terms.every((t) => textOf(r).includes(t));
  };

  const rawSide = (r) => {
    const lines = node("div", "lines");
    const folds = [];
    const close = (from, shut) => {
      for (let i = from + 1; i < rows.length && r.raw[i][0] > r.raw[from][0]; i++) rows[i].hidden = shut || rows[i].hidden;
      if (!shut) { // what is folded further in stays so
        for (let i = from + 1; i < rows.length && r.raw[i][0] > r.raw[from][0]; i++) rows[i].hidden = false;
        for (let i = from + 1; i < rows.length && r.raw[i][0] > r.raw[from][0]; i++) if (folds[i] && folds[i].getAttribute("aria-expanded") === "false") close(i, true);
      }
      rows[from].classList.toggle("shut", shut);
    };
    const rows = r.raw.map(([depth, key, text, kind, used], i) => {
      const row = node("div", "l d" + Math.min(depth, 8) + (used ? " used" : ""));
      if (kind === "{" && depth > 0) {
        const b = node("button", "fold");
        b.type = "button";
        b.setAttribute("aria-expanded", "true");
        b.setAttribute("aria-label", "Fold " + (key || "element"));
        b.addEventListener("click", () => {
          const open = b.getAttribute("aria-expanded") === "true";
          b.setAttribute("aria-expanded", String(!open));
          close(i, open);
        });
        folds[i] = b;
        row.append(b);
      }
      if (key) row.append(plain(key, "k", "ltr"), node("span", "p", ": "));
      row.append(value(text, kind === "s" ? "s" : kind === "v" ? "v" : "p", "ltr"));
      return row;
    });
    lines.append(...rows);
    const d = node("details", "", node("summary", "", "Record" + (r.raw.some((l) => l[4]) ? ", marked where the flow names a field" : "")), lines);
    d.open = !narrow.matches;
    return node("div", "raw", d);
  };

  const rows = (pairs, gap) => pairs.map(([name, what], i) => node("div", gap && i === 0 ? "first" : "", node("dt", "", typeof name === "string" ? plain(name) : name), node("dd", "", what)));
  const card = (o) => {
    const d = node("details", "object" + (o.hangs ? " hangs" : ""));
    d.open = !o.hangs && o.op !== "=" || filter.startsWith("op:");
    const head = node("summary");
    if (o.op) {
      const sign = node("span", "sign", o.op);
      sign.dataset.op = o.op;
      sign.title = { "+": "create", "~": "update", "=": "unchanged", "!": "refused" }[o.op];
      head.append(sign);
    }
    head.append(node("span", "kind", o.kind.replaceAll("_", " ")), value(o.name, "name"));
    if (o.type) head.append(plain(o.type, "type"));
    if (o.tlp) {
      const tlp = node("span", "tlp", "TLP:" + o.tlp);
      tlp.dataset.tlp = o.tlp;
      head.append(tlp);
    }
    d.append(head);
    if (o.note) d.append(node("p", o.op === "!" ? "letter" : "held", plain(o.note)));
    if (o.changes) {
      const list = node("div", "changes");
      for (const c of o.changes) {
        const sign = node("span", "sign", c.op), row = node("div", "", sign);
        row.dataset.op = c.op;
        row.append(plain(c.part === "attribute" || c.part === "field" ? c.name : c.part + (c.name ? " " + c.name : "")));
        const both = node("div");
        if (c.op === "~" || c.op === "-") both.append(node("del", "", value(c.old || "(none)")));
        if (c.op === "~" || c.op === "+") both.append(node("ins", "", value(c.new || "(none)")));
        row.append(both);
        list.append(row);
      }
      d.append(list);
    }
    const own = (o.fields || []).map((f) => [f.n, value(f.v)]);
    if (o.source) own.push(["source", plain(o.source)]);
    if (o.id) own.push(["id in ThreatQ", plain(String(o.id))]);
    if (o.description) own.push(["description", value(o.description)]);
    if (o.tags) own.push(["tags", node("span", "", ...o.tags.map((t) => plain(t, "tag")))]);
    const list = node("dl", "rows", ...rows(own));
    list.append(...rows((o.attributes || []).map((f) => [f.n, value(f.v)]), own.length > 0));
    list.append(...rows((o.relations || []).map((l) => [node("span", "", "→ " + l.kind.replaceAll("_", " ")), node("span", "", value(l.name), l.type ? plain("  " + l.type, "type") : "")]), true));
    if (list.childElementCount) d.append(list);
    return d;
  };

  const several = (n, kind) => {
    kind = kind.replaceAll("_", " ");
    if (n === 1 || /ware$|structure$/.test(kind)) return n + " " + kind;
    return n + " " + (/y$/.test(kind) ? kind.slice(0, -1) + "ies" : kind + "s");
  };
  const summary = (r) => {
    const by = new Map();
    for (const o of r.objects) by.set(o.kind, (by.get(o.kind) || 0) + 1);
    const parts = [...by].map(([k, n]) => several(n, k));
    if (r.letters.length) parts.push(r.letters.length + " not mapped");
    return parts.join(" · ") || "no objects";
  };
  const draw = (i) => {
    const r = records[i];
    const a = node("article", "record");
    a.id = "r" + (i + 1);
    const title = node("h2", "", node("span", "no", "record " + (i + 1)), value(r.key || "(no key)", "key"), node("span", "sum", r.flow + " · " + summary(r)));
    title.id = a.id + "-title";
    a.setAttribute("aria-labelledby", title.id);
    const made = node("div", "made", node("h3", "", "Becomes"));
    for (const l of r.letters) {
      const box = node("div", "letter", node("b", "", (l.rule ? l.rule + " is not made" : "Not mapped") + (l.field ? ", because of " + l.field : "")), ": ", plain(l.reason));
      if (l.where || l.code) box.append(node("code", "", [l.where, l.code].filter(Boolean).join("  ")));
      if (l.stage) box.append(node("div", "", "in the stage ", plain(l.stage, "mono")));
      for (const f of l.values || []) box.append(node("div", "", plain(f.n, "mono"), " = ", value(f.v, "mono")));
      made.append(box);
    }
    made.append(...r.objects.filter(passes).map(card));
    a.append(title, node("div", "sides", rawSide(r), made));
    return a;
  };

  // found marks what was searched for, without touching the text.
  const found = () => {
    if (!window.Highlight || !CSS.highlights) return;
    CSS.highlights.delete("found");
    if (!terms.length) return;
    const ranges = [];
    const walk = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    while (walk.nextNode() && ranges.length < 3000) {
      const text = walk.currentNode.data.toLowerCase();
      for (const t of terms) {
        for (let at = text.indexOf(t); at >= 0 && ranges.length < 3000; at = text.indexOf(t, at + t.length)) {
          if (at + t.length > walk.currentNode.data.length) break;
          const range = new Range();
          range.setStart(walk.currentNode, at);
          range.setEnd(walk.currentNode, at + t.length);
          ranges.push(range);
        }
      }
    }
    if (ranges.length) CSS.highlights.set("found", new Highlight(...ranges));
  };

  const more = node("button", "more");
  more.type = "button";
  const grow = () => {
    const next = shown.slice(drawn, drawn + CHUNK);
    drawn += next.length;
    more.before(...next.map(draw));
    more.hidden = drawn >= shown.length;
    more.textContent = "Show more (" + (shown.length - drawn).toLocaleString("en") + " left)";
    found();
  };
  more.addEventListener("click", () => {
    const at = main.childElementCount - 1;
    grow();
    const first = main.children[at];
    if (first) { first.tabIndex = -1; first.focus({ preventScroll: true }); }
  });
  const show = () => {
    shown = records.map((_, i) => i).filter((i) => fits(records[i]));
    drawn = 0;
    main.replaceChildren(more);
    const n = (x) => x.toLocaleString("en");
    status.textContent = shown.length === records.length ? n(records.length) + (records.length === 1 ? " record" : " records") : n(shown.length) + " of " + n(records.length) + " records";
    grow();
    if (!shown.length) {
      main.prepend(node("p", "empty", records.length ? "No record has that. " : "No records came. If there should be some, look at what cuts them out (decode, extract), and at the window and the parameters of the request."));
    }
  };
  const go = (number) => {
    const i = number - 1;
    if (!(i >= 0 && i < records.length)) return;
    if (!shown.includes(i)) { reset(); show(); }
    while (drawn <= shown.indexOf(i)) grow();
    document.querySelectorAll(".record.at").forEach((e) => e.classList.remove("at"));
    const a = document.getElementById("r" + number);
    a.classList.add("at");
    a.tabIndex = -1;
    a.focus({ preventScroll: true });
    a.scrollIntoView();
  };
  const press = (chosen) => {
    filter = chosen;
    for (const c of chips) c.setAttribute("aria-pressed", String(c.dataset.filter === filter && filter !== ""));
  };
  const reset = () => { input.value = ""; terms = []; press(""); };

  let timer = 0;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const asked = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      if (asked.join(" ") === terms.join(" ")) return; // what is drawn stays as the reader has folded it
      terms = asked;
      show();
    }, records.length > 200 ? 120 : 0);
  });
  for (const c of chips) c.addEventListener("click", () => { press(c.dataset.filter === filter ? "" : c.dataset.filter); show(); });
  document.querySelector("form").addEventListener("submit", (e) => e.preventDefault());
  for (const a of document.querySelectorAll("[data-record]")) a.addEventListener("click", (e) => { e.preventDefault(); go(Number(a.dataset.record)); });
  document.addEventListener("keydown", (e) => {
    if (e.key === "/" && e.target !== input && !e.ctrlKey && !e.metaKey && !e.altKey) { e.preventDefault(); input.focus(); input.select(); }
    if (e.key === "Escape" && e.target === input) { reset(); show(); }
  });
  if (window.IntersectionObserver) {
    watcher = new IntersectionObserver((all) => { 
      if (!all.some((x) => x.isIntersecting) || drawn >= shown.length) return;
      grow();
      watcher.unobserve(more); // it may still be in sight, which is told only anew
      watcher.observe(more);
    }, { rootMargin: "800px" });
    watcher.observe(more);
  }
  show();
  const target = /^#r(\d+)$/.exec(location.hash);
  if (target) go(Number(target[1]));
})();
