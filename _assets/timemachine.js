/* The report month by month: a slider, two buttons and a list move the panel over what was computed when the book was
   made. The month is kept in the address. Without this script the panel shows the last month and a table shows all. */
"use strict";
(() => {
  const build = (tag, properties, ...inside) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...inside);
    return made;
  };

  const start = (section) => {
    const data = JSON.parse(section.querySelector(".tm-data").textContent);
    const last = data.months.length - 1;
    if (last < 1) return;
    const say = section.querySelector(".tm-say");
    const moved = section.querySelector(".tm-moved");
    const marks = [...section.querySelectorAll("[data-claim]")];
    const said = marks.map((mark) => mark.parentElement.querySelector("a").textContent);
    let shown = last;

    const slider = build("input", { type: "range", min: "0", max: String(last), step: "1", id: "tm-month" });
    const list = build("select", {}, ...data.months.map((month, place) => new Option(month.name, String(place))));
    list.setAttribute("aria-label", "Month from a list");
    const back = build("button", { type: "button", textContent: "← Previous month" });
    const on = build("button", { type: "button", textContent: "Next month →" });
    const note = build("p", { className: "tm-note", hidden: true });
    note.setAttribute("role", "status");
    const bar = build(
      "div",
      { className: "tm-controls" },
      build("label", { htmlFor: "tm-month", textContent: "As known at the end of" }),
      slider,
      back,
      on,
      list,
    );
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Choose a month");

    const bars = (month) =>
      data.bars.forEach((name, row) => {
        const [value, low, high] = (month.bars[row] ?? [0, 0, 0]).map((end) => (100 * end) / data.reach);
        const [span, solid] = section.querySelectorAll(`[data-bar="${name}"]`);
        span.setAttribute("x", low);
        span.setAttribute("width", high - low);
        solid.setAttribute("width", value);
      });

    const changes = (month, before) => {
      if (!before) return "The first month: nothing to compare with.";
      const told = said.flatMap((text, claim) => {
        const [then, now] = [before, month].map((one) => data.verdicts[one.verdicts[claim]]);
        return then === now ? [] : [`${text} – ${then}, then ${now}`];
      });
      return told.length
        ? `Changed since the month before: ${told.join("; ")}.`
        : "No verdict changed since the month before.";
    };

    // A reader who drags should hear the month that is reached, not each one passed.
    let waiting;
    const tell = (text) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => (say.textContent = text), 250);
    };

    const show = (place, { keep = true, at_once = false } = {}) => {
      shown = Math.min(last, Math.max(0, place));
      const month = data.months[shown];
      slider.value = list.value = String(shown);
      slider.setAttribute("aria-valuetext", month.name);
      back.setAttribute("aria-disabled", String(shown === 0));
      on.setAttribute("aria-disabled", String(shown === last));
      if (at_once) say.textContent = month.say;
      else tell(month.say);
      data.figures.forEach((name, row) => {
        section.querySelector(`[data-figure="${name}"]`).textContent = month.texts[row];
      });
      bars(month);
      data.verdicts.forEach((_, kind) => {
        const count = [...month.verdicts].filter((digit) => Number(digit) === kind).length;
        section.querySelector(`[data-count="${kind}"]`).textContent = String(count);
      });
      const before = data.months[shown - 1];
      marks.forEach((mark, claim) => {
        const verdict = data.verdicts[month.verdicts[claim]];
        mark.textContent = verdict;
        mark.className = `verdict verdict-${verdict.replaceAll(" ", "-")}`;
        const now = before && before.verdicts[claim] !== month.verdicts[claim];
        mark.parentElement.classList.toggle("tm-new", Boolean(now));
      });
      moved.textContent = changes(month, before);
      if (keep) {
        note.hidden = true;
        history.replaceState(history.state, "", `#month=${month.key}`);
      }
    };

    // Only a month that is here is taken from the address; nothing of it is shown.
    const follow = () => {
      if (!location.hash.startsWith("#month")) return;
      const place = data.months.findIndex((month) => location.hash === `#month=${month.key}`);
      show(place < 0 ? last : place, { keep: false, at_once: true });
      note.hidden = place >= 0;
      note.textContent = place < 0 ? `The address names no month that is here; the latest is shown, ${data.months[last].name}.` : "";
      section.scrollIntoView();
    };

    slider.addEventListener("input", () => show(Number(slider.value)));
    list.addEventListener("change", () => show(Number(list.value)));
    back.addEventListener("click", () => show(shown - 1));
    on.addEventListener("click", () => show(shown + 1));
    section.prepend(bar, note);
    show(last, { keep: false, at_once: true });
    follow();
    addEventListener("hashchange", follow);
  };

  for (const section of document.querySelectorAll("section.time-machine")) start(section);
})();
