/* The form of the playground. It loads numbers and engine when a reader comes near, keeps the setting in the address,
   and draws what follows. Nothing a link says is ever put on the page: it is matched against what may be set. */
"use strict";
(() => {
  const place = document.querySelector("[data-playground]");
  if (!place || place.dataset.state) return;
  place.dataset.state = "waiting";
  const one = (selector, within = place) => within.querySelector(selector);
  const all = (selector, within = place) => [...within.querySelectorAll(selector)];
  const MARK = "#set:";
  const LONGEST = 600;

  const load = (address) =>
    new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = resolve;
      script.onerror = () => reject(new Error(address));
      document.head.append(script);
    });

  /* --- settings and links --- */

  const fresh = (root) => ({ root, changes: new Map() });

  /** Read a link; nothing but what may be set comes out of it, and a link that says anything else is refused whole. */
  const read = (fragment, data) => {
    if (fragment.length > LONGEST) return null;
    let text;
    try {
      text = decodeURIComponent(fragment.slice(MARK.length));
    } catch {
      return null;
    }
    const [root, ...parts] = text.split(",");
    if (!Object.hasOwn(data.roots, root)) return null;
    const setting = fresh(root);
    for (const part of parts) {
      const [, name, value] = /^([a-z_.]+)=([a-z0-9.]{1,20})$/.exec(part) ?? [];
      const knob = data.knobs.find((entry) => entry.name === name);
      if (!knob || setting.changes.has(name)) return null;
      if (knob.choices.length) {
        if (!knob.choices.some((choice) => choice.id === value)) return null;
        setting.changes.set(name, value);
      } else {
        const number = /^\d{1,4}(\.\d{1,17})?$/.test(value) ? Number(value) : NaN;
        if (!(number >= knob.low && number <= knob.high)) return null;
        setting.changes.set(name, number);
      }
    }
    return setting;
  };

  const write = ({ root, changes }) => MARK + [root, ...[...changes].map(([name, value]) => `${name}=${value}`)].join(",");
  const plain = ({ root, changes }) => ({ root, changes: Object.fromEntries(changes) });

  /* --- words --- */

  const NARROW = "\u00a0";
  const money = (x) => `$${x >= 1e4 ? (x / 1000).toFixed(1) + NARROW + "tn" : Number(x.toPrecision(3)) + NARROW + "bn"}`;
  const share = (x) => `${x >= 0.0995 ? Math.round(100 * x) : (100 * x).toFixed(1)}${NARROW}%`;
  const teller = (data) => {
    const [year, month, day] = data.day.split("-").map(Number);
    const start = year + (Date.UTC(year, month - 1, day) - Date.UTC(year, 0, 1)) / 31557600000;
    const last = data.known.dates[data.known.dates.length - 1].slice(0, 4);
    const when = (years) => (years === Infinity ? `not by ${last}` : String(Math.floor(start + years)));
    return { money, share, year: when, start, last };
  };

  /* --- drawings --- */

  const svg = (name, attributes = {}, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const W = 620;

  const histogram = (found, data) => {
    const [lowest, highest, each] = data.bins;
    const [height, foot, top] = [190, 26, 18];
    const x = (log) => 8 + ((log - lowest) / (highest - lowest)) * (W - 16);
    const counts = found.histogram;
    const most = Math.max(...counts);
    const y = (count) => top + (1 - count / most) * (height - foot - top);
    const path = (from, to) => {
      let d = "";
      for (let i = from; i < to; i++) {
        if (!counts[i]) continue;
        const [left, right] = [x(lowest + i / each), x(lowest + (i + 1) / each)];
        d += `M${left.toFixed(1)} ${height - foot}V${y(counts[i]).toFixed(1)}H${right.toFixed(1)}V${height - foot}Z`;
      }
      return d;
    };
    const even = -lowest * each;
    const ticks = [];
    for (let log = lowest; log <= highest; log++) {
      ticks.push(svg("text", { x: x(log), y: height - 8, class: "play-tick", "text-anchor": log === lowest ? "start" : log === highest ? "end" : "middle" }, share(2 ** log)));
    }
    const paid = data.levels.length;
    const middle = found.bands.coverage_capital_ratio[(paid - 1) / 2];
    const inside = (v) => Math.min(Math.max(Math.log2(v), lowest), highest);
    return svg("svg", { viewBox: `0 0 ${W} ${height}`, role: "img", "aria-label": `Histogram. ${bandWords(found.bands.coverage_capital_ratio, share)}.`, class: "play-svg" },
      svg("path", { d: path(0, even), class: "play-short" }),
      svg("path", { d: path(even, counts.length), class: "play-enough" }),
      svg("line", { x1: 8, x2: W - 8, y1: height - foot, y2: height - foot, class: "play-axis" }),
      svg("line", { x1: x(0), x2: x(0), y1: top - 4, y2: height - foot, class: "play-one" }),
      svg("text", { x: x(0) + 5, y: top + 6, class: "play-label" }, "revenue pays"),
      svg("line", { x1: x(inside(middle)), x2: x(inside(middle)), y1: top, y2: height - foot, class: "play-middle" }),
      svg("text", { x: x(inside(middle)), y: top - 6, class: "play-label", "text-anchor": "middle" }, share(middle)),
      ...ticks);
  };

  const ahead = (found, data) => {
    const [lowest, highest] = data.bins;
    const [height, foot, side] = [250, 24, 52];
    const when = data.known.when;
    const x = (t) => side + (when[t] / when[when.length - 1]) * (W - side - 10);
    const y = (v) => 10 + (1 - (Math.min(Math.max(Math.log2(v), lowest), highest) - lowest) / (highest - lowest)) * (height - foot - 10);
    const line = (level, back) => {
      const points = when.map((_, t) => `${x(t).toFixed(1)} ${y(found.ahead[t][level]).toFixed(1)}`);
      return (back ? points.reverse() : points).join("L");
    };
    const levels = data.levels.length;
    const band = (low, kind) => svg("path", { d: `M${line(low)}L${line(levels - 1 - low, true)}Z`, class: kind });
    const marks = [];
    for (let log = lowest; log <= highest; log++) {
      marks.push(svg("line", { x1: side, x2: W - 10, y1: y(2 ** log), y2: y(2 ** log), class: log === 0 ? "play-one" : "play-grid" }));
      marks.push(svg("text", { x: side - 6, y: y(2 ** log) + 4, class: "play-tick", "text-anchor": "end" }, share(2 ** log)));
    }
    data.known.dates.forEach((date, t) => {
      if (t > 0 && t % 2 === 0) marks.push(svg("text", { x: x(t), y: height - 6, class: "play-tick", "text-anchor": "middle" }, date.slice(0, 4)));
    });
    const end = found.ahead[when.length - 1];
    return svg("svg", { viewBox: `0 0 ${W} ${height}`, role: "img", "aria-label": `Coverage from now to the end of ${data.known.dates[when.length - 1].slice(0, 4)}. At the end: ${bandWords(end, share)}.`, class: "play-svg" },
      ...marks, band(0, "play-wide"), band(1, "play-half"),
      svg("path", { d: `M${line((levels - 1) / 2)}`, class: "play-line" }),
      svg("text", { x: side + 6, y: y(1) - 5, class: "play-label" }, "revenue pays"));
  };

  const bandWords = (band, say) => `middle ${say(band[(band.length - 1) / 2])}, nine draws in ten between ${say(band[0])} and ${say(band[band.length - 1])}`;

  /* --- the page --- */

  const run = (data, evaluate) => {
    const say = teller(data);
    const note = one("[data-note]");
    const start = one("#play-start");
    let setting = fresh(data.own);
    let waiting = 0;
    let spoken = 0;
    let heard = false;

    const own = (name) => data.roots[setting.root].all[name];
    const scale = (knob) => (knob.unit === "ratio" ? 100 : 1);
    const shown = (knob, value) => String(Number((value * scale(knob)).toPrecision(10)));

    const fields = new Map(data.knobs.map((knob) => {
      const box = all("[data-knob]").find((element) => element.dataset.knob === knob.name);
      return [knob.name, { knob, box, choice: one("select", box), number: one("input[type=number]", box), slider: one("input[type=range]", box), refusal: one(".play-refusal", box) }];
    }));

    const refuse = ({ knob, number, refusal }) => {
      number.setAttribute("aria-invalid", "true");
      refusal.textContent = `Give a number between ${shown(knob, knob.low)} and ${shown(knob, knob.high)}${knob.unit === "ratio" ? NARROW + "%" : " years"}. What follows still uses the last one.`;
      refusal.hidden = false;
    };
    const accept = ({ number, refusal }) => {
      number.removeAttribute("aria-invalid");
      refusal.hidden = true;
    };

    /** Put the setting into the fields; the one being typed into is left alone. */
    const fill = (except) => {
      for (const [name, field] of fields) {
        if (field.choice) {
          field.choice.value = setting.changes.get(name) ?? "";
          continue;
        }
        const value = shown(field.knob, setting.changes.get(name) ?? own(name));
        if (field.number !== except) field.number.value = value;
        if (field.slider !== except) field.slider.value = value;
        if (field.number !== except) accept(field);
      }
    };

    const text = () => {
      const parts = [];
      for (const [name, value] of setting.changes) {
        const { knob } = fields.get(name);
        const values = knob.choices.length ? knob.choices.find((choice) => choice.id === value).values : { [name]: value };
        for (const [full, number] of Object.entries(values)) if (number !== own(full)) parts.push(`${full}=${number}`);
      }
      return [setting.root, ...parts].join(", ");
    };

    /** Which claims are judged otherwise. Verdicts are worked out beforehand, for one change at a time. */
    const flipped = () => {
      const { count, says, now, roots, moved } = data.claims;
      const line = (words) => Object.assign(document.createElement("p"), { textContent: words });
      const changes = [...setting.changes];
      let flips;
      if (!changes.length) flips = Object.entries(roots[setting.root]);
      else if (changes.length === 1 && setting.root === data.own) {
        const [name, value] = changes[0];
        const stretch = (spells) => spells.find(([upto]) => (typeof upto === "number" ? value <= upto : value === upto)) ?? spells[spells.length - 1];
        flips = Object.entries(moved[name] ?? {}).map(([claim, spells]) => [claim, stretch(spells)[1]]).filter(([claim, verdict]) => verdict !== now[claim]);
      } else return [line("Which claims of the article flip is worked out for one change at a time: put the others back to see it.")];
      if (!flips.length) return [line(`None of the article's ${count} claims is judged otherwise.`)];
      const list = document.createElement("ul");
      list.append(...flips.map(([claim, verdict]) => {
        const item = document.createElement("li");
        const link = Object.assign(document.createElement("a"), { href: `verdict.html#claim-${claim}`, textContent: says[claim][0].toUpperCase() + says[claim].slice(1) });
        item.append(link, `: ${verdict} (${now[claim]} in this book)`);
        return item;
      }));
      return [line(`Judged otherwise, of the article's ${count} claims:`), list];
    };

    const draw = () => {
      waiting = 0;
      const found = evaluate(plain(setting));
      for (const cell of all("[data-show]")) {
        const [key, words] = [cell.dataset.show, say[cell.dataset.as]];
        const band = found.bands[key];
        const [low, high] = [words(band[0]), words(band[band.length - 1])];
        cell.replaceChildren(Object.assign(document.createElement("strong"), { textContent: words(found.point[key]) }), low === high ? " in nine draws of ten" : ` (${low} to ${high})`);
      }
      for (const cell of all("[data-chance]")) cell.textContent = found.chance[cell.dataset.chance] === null ? "not asked" : share(found.chance[cell.dataset.chance]);
      one("[data-draw=histogram]").replaceChildren(histogram(found, data));
      one("[data-draw=ahead]").replaceChildren(ahead(found, data));
      one("[data-text]").textContent = text();
      one("[data-claims]").replaceChildren(...flipped());
      const { point, chance } = found;
      const paid = point.coverage_capital_ratio >= 1 ? "Revenue pays for the capital in use today" : `Revenue covers ${share(point.coverage_capital_ratio)} of what the capital in use requires`;
      const later = chance.capital === null ? "" : `; the chance that it has paid by the end of 2030 is ${share(chance.capital)}`;
      one("[data-summary]").textContent = `${paid}${later}.`;
      clearTimeout(spoken);
      if (heard) spoken = setTimeout(() => (one("[data-heard]").textContent = `${paid}${later}.`), 700);
      place.dataset.state = "drawn";
    };
    const soon = () => {
      waiting ||= requestAnimationFrame(draw);
    };

    const changed = (except, started = `root:${setting.root}`) => {
      heard = true;
      fill(except);
      soon();
      start.value = started;
      one("[data-start-says]").textContent = data.presets.find(({ id }) => started === `preset:${id}`)?.says ?? "";
      // Browsers limit how often an address may change.
      clearTimeout(changed.later);
      changed.later = setTimeout(() => history.replaceState(null, "", setting.changes.size || setting.root !== data.own ? write(setting) : location.pathname + location.search), 250);
    };

    const set = (field, value, except) => {
      const { name } = field.knob;
      if (value === "" || value === own(name)) setting.changes.delete(name);
      else setting.changes.set(name, value);
      changed(except);
    };

    for (const field of fields.values()) {
      const { knob, choice, number, slider } = field;
      if (choice) {
        choice.addEventListener("change", () => set(field, choice.value));
        continue;
      }
      slider.addEventListener("input", () => {
        accept(field);
        set(field, Math.min(Math.max(Number(slider.value) / scale(knob), knob.low), knob.high), slider);
      });
      number.addEventListener("input", () => {
        const value = number.value === "" ? NaN : Number(number.value) / scale(knob);
        if (!(value >= knob.low && value <= knob.high)) return refuse(field);
        accept(field);
        set(field, value, number);
      });
      number.addEventListener("change", () => {
        if (number.getAttribute("aria-invalid")) return;
        number.value = shown(knob, setting.changes.get(knob.name) ?? own(knob.name));
      });
    }

    start.addEventListener("change", () => {
      const [kind, name] = start.value.split(":");
      const preset = data.presets.find(({ id }) => kind === "preset" && id === name);
      setting = preset ? { root: data.own, changes: new Map(Object.entries(preset.changes)) } : fresh(name);
      changed(undefined, start.value);
    });
    one("[data-do=reset]").addEventListener("click", () => {
      setting = fresh(data.own);
      note.textContent = "";
      changed();
    });
    one("[data-do=link]").addEventListener("click", async () => {
      const address = location.href.split("#")[0] + write(setting);
      try {
        await navigator.clipboard.writeText(address);
        note.textContent = "The link is copied.";
      } catch {
        history.replaceState(null, "", write(setting));
        note.textContent = "This browser does not let a page copy; the link is in the address bar.";
      }
    });
    one("[data-do=file]").addEventListener("click", () => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([yaml(setting, data)], { type: "application/yaml" }));
      link.download = "scenario.yml";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
      note.textContent = "Saved as scenario.yml.";
    });

    const follow = () => {
      const fragment = location.hash;
      if (!fragment || document.getElementById(fragment.slice(1))) return;
      const found = fragment.startsWith(MARK) ? read(fragment, data) : null;
      setting = found ?? fresh(data.own);
      note.textContent = found ? "These are the assumptions of the link." : "The link says nothing this page understands, so it shows the assumptions of the book.";
      fill();
      start.value = `root:${setting.root}`;
      soon();
    };
    addEventListener("hashchange", follow);
    follow();
    fill();
    one("fieldset").disabled = false;
    soon();
  };

  /** A scenario file: everything in which the setting differs from the base scenario, groups written out by member. */
  const yaml = ({ root, changes }, data) => {
    const values = new Map(Object.entries(data.roots[root].sets));
    for (const [name, value] of changes) {
      const knob = data.knobs.find((entry) => entry.name === name);
      const chosen = knob.choices.length ? knob.choices.find((choice) => choice.id === value).values : { [name]: value };
      for (const [full, number] of Object.entries(chosen)) values.set(full, number);
    }
    const groups = new Map();
    for (const [full, number] of values) {
      const [group, member] = full.split(".");
      if (member === undefined) groups.set(group, number);
      else groups.set(group, (groups.get(group) ?? new Map()).set(member, number));
    }
    const lines = [...groups].map(([name, value]) =>
      value instanceof Map ? `  ${name}: {${[...value].map(([member, number]) => `${member}: ${number}`).join(", ")}}` : `  ${name}: ${value}`);
    return `title: Set on the page\nbecause: Chosen by a reader, starting from the scenario ${root}.\nvalues:${lines.length ? "\n" + lines.join("\n") : " {}"}\n`;
  };

  let asked;
  const begin = () =>
    (asked ??= (async () => {
      try {
        await load(place.dataset.engine);
        await load(place.dataset.playground);
        const { data, evaluate } = window.aieqPlayground;
        window.aieqPlayground.scenarioFile = (setting) => yaml({ root: setting.root, changes: new Map(Object.entries(setting.changes)) }, data);
        run(data, evaluate);
      } catch (error) {
        place.dataset.state = "failed";
        one(".play-off").textContent = "The numbers of this page could not be loaded; the table below shows three sets of assumptions.";
        console.warn("the playground stays still:", error.message);
      }
    })());

  one(".play-off").textContent = "";
  one(".play-answers").hidden = false;
  if (location.hash.startsWith(MARK)) begin();
  const first = ["pointermove", "pointerdown", "scroll", "keydown", "touchstart", "focusin", "hashchange"];
  const wake = () => {
    for (const kind of first) removeEventListener(kind, wake);
    begin();
  };
  for (const kind of first) addEventListener(kind, wake, { passive: true });
})();
