"use strict";
// Names that the theme's parts give by themselves and that hide the words on them from a screen reader.
addEventListener("load", function () {
  document.querySelectorAll("details.hide > summary").forEach((line) => line.removeAttribute("aria-label"));
  document.querySelectorAll(".citation-list").forEach((list) => list.removeAttribute("role"));
});

// Tables that sort: DataTables as itables packs it, loaded from this folder and only where there is such a table.
(function () {
  const tables = document.querySelectorAll("table.sortable");
  if (!tables.length) return;
  const root = document.documentElement.dataset.content_root + "_static/";
  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: root + "itables.css" });
  const script = Object.assign(document.createElement("script"), { src: root + "itables.js" });
  script.addEventListener("load", async function () {
    const { ITable } = await window.itables;
    const plain = { paging: false, info: false, searching: false, autoWidth: false, order: [], layout: { topStart: null, topEnd: null } };
    tables.forEach((table) => new ITable(table, plain));
    document.documentElement.dataset.sorts = "yes";
  });
  document.head.append(style, script);
})();
