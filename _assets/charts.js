/* Live charts on demand. Nothing is loaded until a reader has moved on the page and a chart is near; then the part of
   Vega that draws, once, and one script for each chart. The still drawing stays if anything fails. */
"use strict";
(() => {
  // A page opened as a file may not read other files, so search results there come without excerpts.
  if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS === "object") {
    DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  }

  const specs = new Map();
  window.aieqChart = (name, spec) => specs.set(name, spec);

  const load = (address) =>
    new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = resolve;
      script.onerror = () => reject(new Error(address));
      document.head.append(script);
    });

  let library;
  const vega = (address) => (library ??= load(address.replace(/[^/]+$/, "vega.js")));

  const tip = document.createElement("div");
  tip.className = "chart-tip";
  tip.setAttribute("role", "status");
  tip.hidden = true;

  const hover = (_, event, item, value) => {
    if (!value || typeof value !== "object") {
      tip.hidden = true;
      return;
    }
    const rows = Object.entries(value).filter(([, text]) => text !== null && text !== "" && text !== "null" && text !== "NaN");
    tip.replaceChildren(
      ...rows.map(([name, text]) => {
        const row = document.createElement("div");
        const label = document.createElement("span");
        label.textContent = name;
        row.append(label, String(text).replace(/\n/g, " "));
        return row;
      }),
    );
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const left = Math.min(event.clientX + 14, innerWidth - box.width - 8);
    const top = event.clientY + box.height + 22 > innerHeight ? event.clientY - box.height - 12 : event.clientY + 16;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${Math.max(8, top)}px`;
  };

  const wake = async (figure) => {
    const view = figure.querySelector(".chart-view");
    const still = [...view.querySelectorAll("svg.still")].find((svg) => svg.getBoundingClientRect().width > 0);
    const phone = still?.classList.contains("narrow");
    if (!still || (phone && figure.dataset.fluid === undefined)) return;
    const address = figure.dataset.live;
    await Promise.all([vega(address), specs.has(figure.id) ? null : load(address)]);
    const spec = structuredClone(specs.get(figure.id));
    if (phone) spec.width = Number(still.getAttribute("width"));
    const live = document.createElement("div");
    live.className = "chart-live";
    live.setAttribute("role", "img");
    live.setAttribute("aria-label", still.getAttribute("aria-label"));
    const drawing = window.aieqVega.draw(spec, { renderer: "svg", container: live, hover: true });
    drawing.tooltip(hover);
    await drawing.runAsync();
    const svg = live.querySelector("svg");
    svg.setAttribute("aria-hidden", "true");
    view.append(live);
    figure.dataset.state = "live";
    live.addEventListener("pointerleave", () => (tip.hidden = true));
    addEventListener("resize", () => sleep(figure, live, drawing), { once: true });
  };

  // After a change of width the still drawing of the right size comes back, and the chart may wake again.
  const sleep = (figure, live, drawing) => {
    drawing.finalize();
    live.remove();
    delete figure.dataset.state;
    watcher.unobserve(figure);
    watcher.observe(figure);
  };

  // One chart at a time, so that the page stays responsive.
  let queue = Promise.resolve();
  const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 1));
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watcher.unobserve(target);
        queue = queue
          .then(() => new Promise((resolve) => idle(resolve)))
          .then(() => wake(target))
          .catch((error) => console.warn("the chart stays still:", error.message));
      }
    },
    { rootMargin: "300px" },
  );

  const first = ["pointermove", "pointerdown", "scroll", "keydown", "touchstart"];
  const start = () => {
    for (const kind of first) removeEventListener(kind, start);
    document.body.append(tip);
    for (const figure of document.querySelectorAll("figure.chart[data-live]")) watcher.observe(figure);
  };
  for (const kind of first) addEventListener(kind, start, { passive: true });
})();
