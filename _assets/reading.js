/* What is behind a number, a verdict or a term, as a card beside it; and on the page of all findings a citation of each.
   A card comes on hover and on focus, stays while one is in it, and goes with Escape. Without this script the browser
   shows the same words as titles. */
"use strict";
(() => {
  const build = (tag, className, text = "") => Object.assign(document.createElement(tag), { className, textContent: text });

  const card = build("span", "card");
  card.id = "card";
  card.hidden = true;
  let owner;
  let timer;

  const fill = (link) => {
    const keys = (link.dataset.sources ?? "").split(" ").filter(Boolean);
    const address = link.getAttribute("href") ?? "";
    const home = address.includes("figures.html#") ? address.replace(/figures\.html#.*$/, "sources.html#source-") : "";
    const [first, ...lines] = link.dataset.told.split("\n");
    const rows = lines.map((line) => {
      const [, label, text] = line.match(/^([A-Z][a-z]+): (.*)$/) ?? [null, "", line];
      const row = build("span", "card-row");
      if (label) row.append(build("span", "card-label", `${label}:`), " ");
      const key = label === "Source" ? keys.shift() : "";
      if (key && home) row.append(Object.assign(build("a", "", text), { href: home + encodeURIComponent(key) }));
      else row.append(text);
      return row;
    });
    card.replaceChildren(build("span", "card-first", first), ...rows);
  };

  const place = (link) => {
    const at = link.getClientRects()[0] ?? link.getBoundingClientRect();
    const box = card.getBoundingClientRect();
    const below = at.bottom + box.height + 10 < innerHeight || at.top < box.height + 10;
    card.style.left = `${Math.max(8, Math.min(at.left, innerWidth - box.width - 8))}px`;
    card.style.top = `${below ? at.bottom + 4 : at.top - box.height - 4}px`;
  };

  const hide = () => {
    clearTimeout(timer);
    if (!owner) return;
    owner.title = owner.dataset.told;
    owner.removeAttribute("aria-describedby");
    owner = undefined;
    card.hidden = true;
  };

  const show = (link) => {
    if (owner === link) return;
    hide();
    owner = link;
    link.dataset.told = link.title;
    link.removeAttribute("title"); // else the browser would show it beside the card
    fill(link);
    link.after(card); // so that the next stop of the keyboard is the first source
    link.setAttribute("aria-describedby", card.id);
    card.hidden = false;
    place(link);
  };

  const later = (work, wait) => {
    clearTimeout(timer);
    timer = setTimeout(work, wait);
  };
  const asked = ":is(a, span):is(.figure-link, .verdict, .term)[title]";
  const within = (target) => owner && (owner.contains(target) || card.contains(target));

  addEventListener("pointerover", ({ target, pointerType }) => {
    if (pointerType === "touch" || !target.closest) return; // a touch follows the link, which tells more
    const link = target.closest(asked);
    if (link) later(() => show(link), 120);
    else if (within(target)) clearTimeout(timer);
    else if (owner && !within(document.activeElement)) later(hide, 250);
    else clearTimeout(timer);
  });
  addEventListener("focusin", ({ target }) => {
    if (target.matches(asked) && target.matches(":focus-visible")) show(target);
    else if (owner && !within(target)) hide();
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !owner) return;
    if (card.contains(document.activeElement)) owner.focus();
    hide();
  });
  addEventListener("scroll", () => owner && place(owner), { passive: true });
  addEventListener("resize", hide);

  // Citations: made when asked for, because there are hundreds of findings on one page.
  const escaped = (text) =>
    text
      .replace(/[\\{}]/g, "")
      .replace(/[&%$#_]/g, "\\$&")
      .replace(/~/g, "\\textasciitilde{}")
      .replace(/\^/g, "\\textasciicircum{}");
  const book = document.title.split(" — ").pop();

  const citation = (row) => {
    const { asOf, scenario } = row.closest("table").dataset;
    const cell = (place) => row.cells[place].textContent.trim();
    const served = location.protocol.startsWith("http");
    const fields = [
      ["title", `{${escaped(book)}}`],
      ["author", "{The aieq contributors}"],
      ["year", asOf.slice(0, 4)],
      ["note", escaped(`${cell(2)}: ${cell(1)}; interval: ${cell(3)}; grade: ${cell(4)}; as of ${asOf}; scenario ${scenario}; finding ${row.cells[0].querySelector("code").textContent}`)],
      ...(served ? [["url", `${location.href.replace(/#.*$/, "")}#${row.id}`]] : []),
    ];
    return `@misc{aieq-${row.id}-${asOf},\n${fields.map(([name, value]) => `  ${name} = {${value}}`).join(",\n")}\n}`;
  };

  const unfold = (row, button) => {
    const open = row.querySelector(".cite");
    button.setAttribute("aria-expanded", String(!open));
    if (open) return open.remove();
    const holder = build("div", "cite");
    const text = build("pre", "", citation(row));
    text.tabIndex = 0;
    const copy = Object.assign(build("button", "", "Copy"), { type: "button" });
    const said = build("span", "cite-said");
    said.setAttribute("role", "status");
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text.textContent);
        said.textContent = "Copied.";
      } catch {
        getSelection().selectAllChildren(text);
        said.textContent = "Selected: copy it with the keyboard.";
      }
    });
    holder.append(text, copy, " ", said);
    row.lastElementChild.append(holder);
  };

  const cite = () => {
    for (const kind of first) removeEventListener(kind, cite);
    for (const row of document.querySelectorAll("table.figures tr[id]")) {
      const button = Object.assign(build("button", "cite-button", "Cite"), { type: "button" });
      button.setAttribute("aria-expanded", "false");
      button.setAttribute("aria-label", `Cite ${row.cells[0].querySelector("code").textContent}`);
      button.addEventListener("click", () => unfold(row, button));
      row.cells[0].append(" ", button);
    }
  };
  const first = ["pointermove", "pointerdown", "scroll", "keydown", "touchstart"];
  if (document.querySelector("table.figures")) {
    for (const kind of first) addEventListener(kind, cite, { passive: true });
  }
})();
