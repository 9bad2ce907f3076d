// Theme, sorting, search, and keyboard access to what scrolls. No library, no network.
"use strict";
(function () {
  var page = document.documentElement, key = "sslslr-theme";
  function kept() { try { return localStorage.getItem(key); } catch (e) { return null; } }
  function dark() { return page.dataset.theme ? page.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches; }
  if (kept()) page.dataset.theme = kept();

  function theme() {
    var button = document.getElementById("theme");
    function say() { button.textContent = dark() ? "Light" : "Dark"; button.setAttribute("aria-label", button.textContent + " colours"); }
    button.hidden = false;
    button.addEventListener("click", function () {
      page.dataset.theme = dark() ? "light" : "dark";
      try { localStorage.setItem(key, page.dataset.theme); } catch (e) { /* kept for this page only */ }
      say();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", say);
    say();
  }

  // A cell's value: its first number, or else its words in small letters.
  function value(cell) {
    var data = cell.querySelector("data"), text = data ? data.value : cell.textContent.trim().replace(/\u2212/g, "-");
    var number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/i.exec(text);
    return number ? Number(number[0]) : text.toLowerCase();
  }
  function sortable(table) {
    var heads = table.querySelectorAll("thead th"), body = table.tBodies[0];
    heads.forEach(function (head, column) {
      var button = document.createElement("button");
      button.type = "button";
      button.append.apply(button, head.childNodes);
      head.append(button);
      button.addEventListener("click", function () {
        var down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach(function (h) { h.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        var rows = Array.from(body.rows).map(function (row) { return [value(row.cells[column]), row]; });
        rows.sort(function (a, b) {
          var x = a[0], y = b[0], order = typeof x === typeof y ? (x < y ? -1 : x > y ? 1 : 0) : typeof x === "number" ? -1 : 1;
          return down ? -order : order;
        });
        rows.forEach(function (row) { body.append(row[1]); });
      });
    });
  }

  // What scrolls sideways can be reached and scrolled with the keyboard.
  function reachable() {
    document.querySelectorAll(".scroll").forEach(function (box, i) {
      if (box.scrollWidth > box.clientWidth + 1) {
        var head = box.closest("main").querySelector("h1");
        box.tabIndex = 0;
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", "Scrolls sideways, part " + (i + 1) + " of " + (head ? head.textContent : "the page"));
      } else ["tabindex", "role", "aria-label"].forEach(function (a) { box.removeAttribute(a); });
    });
  }

  function search() {
    var list = document.getElementById("results"), found = document.getElementById("found");
    if (!list) return;
    var field = document.querySelector("[type=search]"), most = 50;
    var index = (window.SSLSLR_INDEX || []).map(function (e) { return { e: e, t: e.t.toLowerCase(), x: e.x.toLowerCase() }; });
    function marked(text, words) {
      var out = document.createDocumentFragment(), escaped = words.map(function (w) { return w.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"); });
      text.split(new RegExp("(" + escaped.join("|") + ")", "i")).forEach(function (part, i) {
        var piece = i % 2 ? document.createElement("mark") : document.createTextNode(part);
        if (i % 2) piece.textContent = part;
        out.append(piece);
      });
      return out;
    }
    function show() {
      var words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      list.textContent = "";
      if (!words.length) { found.textContent = "Nothing asked for yet."; return; }
      var hits = [];
      index.forEach(function (entry) {
        var score = 0;
        var all = words.every(function (w) {
          var inTitle = entry.t.includes(w), inText = entry.x.includes(w);
          score += 5 * inTitle + inText;
          return inTitle || inText;
        });
        if (all) hits.push([score, entry]);
      });
      hits.sort(function (a, b) { return b[0] - a[0]; });
      found.textContent = hits.length + (hits.length === 1 ? " place" : " places") + (hits.length > most ? ", the best " + most + " shown" : "");
      hits.slice(0, most).forEach(function (hit) {
        var e = hit[1].e, item = document.createElement("li"), link = document.createElement("a"), text = document.createElement("p");
        var at = Math.max(0, hit[1].x.indexOf(words[0]) - 60), kind = document.createElement("span");
        link.href = e.u;
        link.append(marked(e.t, words));
        kind.className = "stamp";
        kind.textContent = " " + e.k;
        text.append(marked((at ? "…" : "") + e.x.slice(at, at + 220), words));
        item.append(link, kind, text);
        list.append(item);
      });
    }
    field.value = new URLSearchParams(location.search).get("q") || "";
    field.addEventListener("input", show);
    field.form.addEventListener("submit", function (event) { event.preventDefault(); show(); });
    show();
  }

  addEventListener("DOMContentLoaded", function () {
    theme();
    document.querySelectorAll("table.sortable").forEach(sortable);
    search();
    reachable();
  });
  addEventListener("load", reachable);
  addEventListener("resize", reachable);
  addEventListener("toggle", reachable, true);
  addEventListener("keydown", function (event) {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || /INPUT|TEXTAREA|SELECT/.test(event.target.tagName)) return;
    event.preventDefault();
    document.querySelector("[type=search]").focus();
  });
})();
