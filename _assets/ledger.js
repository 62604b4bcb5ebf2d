/* Tables marked data-sortable: a click on a head sorts; the ledger also filters and opens the claim one links to.
   Without this script they are plain tables in the article's order. */
"use strict";
(() => {
  const rank = ["holds", "holds in part", "overtaken", "does not hold", "cannot be checked"];
  const key = (cell) => {
    const text = cell.textContent.trim().toLowerCase();
    const place = rank.indexOf(text);
    return place < 0 ? text : String(place);
  };

  const sortable = (table) => {
    const body = table.tBodies[0];
    const first = [...body.rows];
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
        const next = now === "ascending" ? "descending" : now === "descending" ? null : "ascending";
        if (next) head.setAttribute("aria-sort", next);
        const sign = next === "descending" ? -1 : 1;
        const sorted = next
          ? [...first].sort((a, b) => sign * key(a.cells[column]).localeCompare(key(b.cells[column]), "en", { numeric: true }))
          : first;
        body.append(...sorted);
      });
    });
  };

  const filter = (table) => {
    const rows = [...table.tBodies[0].rows];
    const bar = document.createElement("form");
    bar.className = "ledger-bar";
    bar.addEventListener("submit", (event) => event.preventDefault());
    const said = document.createElement("output");
    const chosen = { now: "", then: "", section: "", words: "" };
    const apply = () => {
      let shown = 0;
      for (const row of rows) {
        const fits =
          ["now", "then", "section"].every((name) => !chosen[name] || row.dataset[name] === chosen[name]) &&
          (!chosen.words || row.textContent.toLowerCase().includes(chosen.words));
        row.hidden = !fits;
        shown += fits;
      }
      said.textContent = `${shown} of ${rows.length} claims`;
    };
    const field = (name, label, control) => {
      const holder = document.createElement("label");
      holder.append(`${label} `, control);
      control.addEventListener("input", () => {
        chosen[name] = control.value.trim().toLowerCase();
        apply();
      });
      bar.append(holder);
    };
    for (const [name, label, column] of [["now", "Now", 4], ["then", "Then", 3], ["section", "Section", 1]]) {
      const select = document.createElement("select");
      select.append(new Option("all", ""));
      const names = new Map(rows.map((row) => [row.dataset[name], row.cells[column].textContent.trim()]));
      const order = [...names.keys()].sort((a, b) => (name === "section" ? 0 : rank.indexOf(a) - rank.indexOf(b)));
      for (const value of order) select.append(new Option(names.get(value), value));
      field(name, label, select);
    }
    const words = document.createElement("input");
    words.type = "search";
    field("words", "Words", words);
    bar.append(said);
    table.parentElement.before(bar);
    apply();

    const open = () => {
      const row = location.hash && table.querySelector(CSS.escape ? `#${CSS.escape(location.hash.slice(1))}` : location.hash);
      const details = row && row.querySelector("details");
      if (details) {
        row.hidden = false;
        details.open = true;
        row.scrollIntoView();
      }
    };
    addEventListener("hashchange", open);
    open();
  };

  for (const table of document.querySelectorAll("table[data-sortable]")) {
    sortable(table);
    if (table.classList.contains("ledger")) filter(table);
  }
})();
