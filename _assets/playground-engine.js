/* The engine of the playground: the equation of the book on the reader's assumptions. The relations come from the one symbolic
   definition, printed as functions when the book is built (aieq/report/playground); what is written here mirrors
   aieq/outlook: beliefs, joint draws, fading growth and stocks of capital for 4,096 draws. A test holds the two together. */
"use strict";
(() => {
  const QUARTER = 0.25;

  /* --- normal distribution: Wichura's AS 241, and the error function as in Sun's fdlibm --- */

  const poly = (x, c) => {
    let sum = 0;
    for (let i = c.length - 1; i >= 0; i--) sum = sum * x + c[i];
    return sum;
  };
  const CENTRE = [
    [3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125, 45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727],
    [1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867, 39307.89580009271061, 28729.085735721942674, 5226.495278852854561],
  ];
  const NEAR = [
    [1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504, 1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4],
    [1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459, 0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9],
  ];
  const FAR = [
    [6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123, 0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7],
    [1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4, 1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15],
  ];

  /** Score below which a share p of the normal distribution lies. */
  const ndtri = (p) => {
    const q = p - 0.5;
    if (Math.abs(q) <= 0.425) {
      const r = 0.180625 - q * q;
      return (q * poly(r, CENTRE[0])) / poly(r, CENTRE[1]);
    }
    const tail = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
    const [part, shift] = tail <= 5 ? [NEAR, 1.6] : [FAR, 5];
    const score = poly(tail - shift, part[0]) / poly(tail - shift, part[1]);
    return q < 0 ? -score : score;
  };

  const ERF = [
    [0.128379167095512558561, -0.3250421072470014993, -0.0284817495755985104766, -0.00577027029648944159157, -2.37630166566501626084e-5],
    [1, 0.397917223959155352819, 0.0650222499887672944485, 0.00508130628187576562776, 1.32494738004321644526e-4, -3.96022827877536812320e-6],
  ];
  const ERX = 0.845062911510467529297;
  const MIDDLE = [
    [-0.00236211856075265944077, 0.414856118683748331666, -0.372207876035701323847, 0.318346619901161753674, -0.110894694282396677476, 0.0354783043256182359371, -0.00216637559486879084300],
    [1, 0.106420880400844228286, 0.540397917702171048937, 0.0718286544141962662868, 0.126171219808761642112, 0.0136370839120290507362, 0.0119844998467991074170],
  ];
  const OUTER = [
    [-0.00986494403484714822705, -0.693858572707181764372, -10.5586262253232909814, -62.3753324503260060396, -162.396669462573470355, -184.605092906711035994, -81.2874355063065934246, -9.81432934416914548592],
    [1, 19.6512716674392571292, 137.657754143519042600, 434.565877475229228821, 645.387271733267880336, 429.008140027567833386, 108.635005541779435134, 6.57024977031928170135, -0.0604244152148580987438],
  ];
  const LAST = [
    [-0.00986494292470009928597, -0.799283237680523006574, -17.7579549177547519889, -160.636384855821916062, -637.566443368389627722, -1025.09513161107724954, -483.519191608651397019],
    [1, 30.3380607434824582924, 325.792512996573918826, 1536.72958608443695994, 3199.85821950859553908, 2553.05040643316442583, 474.528541206955367215, -22.4409524465858183362],
  ];

  const erfc = (x) => {
    const size = Math.abs(x);
    if (size < 0.84375) {
      const y = poly(x * x, ERF[0]) / poly(x * x, ERF[1]);
      return x < 0.25 ? 1 - (x + x * y) : 0.5 - (x - 0.5 + x * y);
    }
    if (size < 1.25) {
      const y = poly(size - 1, MIDDLE[0]) / poly(size - 1, MIDDLE[1]);
      return x >= 0 ? 1 - ERX - y : 1 + (ERX + y);
    }
    if (size > 28) return x > 0 ? 0 : 2;
    const s = 1 / (size * size);
    const part = size < 1 / 0.35 ? OUTER : LAST;
    // The square of a number with few digits is exact, and so is the rest.
    const z = Math.fround(size);
    const r = (Math.exp(-z * z - 0.5625) * Math.exp((z - size) * (z + size) + poly(s, part[0]) / poly(s, part[1]))) / size;
    return x > 0 ? r : 2 - r;
  };

  /** Share of the normal distribution below a score. */
  const ndtr = (z) => 0.5 * erfc(-z * Math.SQRT1_2);

  /* --- beliefs: aieq/outlook/distributions.py --- */

  const threePoints = (low, middle, high, lower, upper, holds) => {
    const edge = -ndtri((1 - holds) / 2);
    const width = upper - lower;
    const [first, centre, last] = [low, middle, high].map((x) => ndtri((x - lower) / width));
    const skew = first + last - 2 * centre;
    if (Math.abs(skew) < 1e-9 * (last - first)) {
      const slope = (last - first) / (2 * edge);
      return (_, z) => lower + width * ndtr(centre + slope * z);
    }
    const bend = Math.acosh((last - first) / (2 * Math.min(centre - first, last - centre))) / edge;
    const scale = (last - first) / Math.sinh(2 * bend * edge);
    const [start, shift] = skew > 0 ? [first, edge] : [last, -edge];
    return (_, z) => lower + width * ndtr(start + scale * Math.sinh(bend * (z + shift)));
  };

  const triangular = (low, middle, high) => {
    if (low === high) return () => middle;
    const c = (middle - low) / (high - low);
    return (u) => (u < c ? Math.sqrt(c * u) : 1 - Math.sqrt((1 - c) * (1 - u))) * (high - low) + low;
  };

  /** What is believed of an assumption with this base: a function of probability and score. */
  const assumed = ({ kind, span, possible }, base, holds) => {
    const [low, high] = [Math.min(span[0], base), Math.max(span[1], base)];
    const [lower, upper] = possible;
    if (kind === "fixed") return () => base;
    if (kind === "uniform") return (u) => low + (high - low) * u;
    const inside = lower < low && low < base && base < high && high < upper;
    return kind === "range" && inside ? threePoints(low, base, high, lower, upper, holds) : triangular(low, base, high);
  };

  /** What is believed of a figure of the evidence: in logarithms, beyond its interval by a factor at most. */
  const observed = ([value, low, high], holds, widest) => {
    if (!(low < value && value < high)) return triangular(low, value, high);
    const [a, b, c] = [low, value, high].map(Math.log);
    const bend = threePoints(a, b, c, Math.log(low / widest), Math.log(high * widest), holds);
    return (u, z) => Math.exp(bend(u, z));
  };

  /* --- draws: a Sobol sequence from its first point and its directions, in the order of Gray's code --- */

  const sequence = ({ first, directions, bits, count }) => {
    const unit = 2 ** -bits;
    return first.map((start, i) => {
      const column = new Float64Array(count);
      let point = start;
      for (let n = 0; n < count; n++) {
        column[n] = point * unit;
        point ^= directions[i][31 - Math.clz32(~n & -~n)] ?? 0;
      }
      return column;
    });
  };

  const scores = (data) => {
    const edge = data.edge;
    const plain = sequence(data.sequence).map((column) => column.map((u) => Math.min(Math.max(u, edge), 1 - edge)));
    const z = plain.map((column) => column.map(ndtri));
    const tied = data.tied.map((i) => z[i]);
    data.tied.forEach((place, row) => {
      const sum = new Float64Array(data.sequence.count);
      data.factor[row].forEach((weight, k) => {
        if (weight) for (let d = 0; d < sum.length; d++) sum[d] += weight * tied[k][d];
      });
      z[place] = sum;
      plain[place] = sum.map(ndtr);
    });
    return { u: plain, z };
  };

  /* --- the model: aieq/outlook/ahead.py and result.py --- */

  const make = (data, equation) => {
    const CLASSES = data.classes;
    const use = (name, ...wanted) => {
      const [names, relation] = equation[name];
      if (names.join() !== wanted.join()) throw new Error(`the relation for ${name} is written in other symbols now`);
      return relation;
    };
    const requiredByCahn = use("required_revenue_usd_bn", "accelerator_run_rate_usd_bn", "accelerator_share_ratio", "buyer_gross_margin_ratio");
    const coverage = use("coverage_ratio", "actual_ai_revenue_usd_bn", "required_revenue_usd_bn");
    const rentalFactor = use("rental_factor", "asset_life_years", "cost_of_capital_ratio", "replacement_price_fall_ratio");
    const capitalCharge = use("capital_charge_usd_bn", "effective_stock_usd_bn", "rental_factor");
    const runningCost = use("running_cost_usd_bn", "energy_to_capital_ratio", "gross_stock_usd_bn", "operations_to_capital_ratio");
    const requiredByCapital = use("required_revenue_capital_usd_bn", "buyer_gross_margin_ratio", "capital_charge_usd_bn", "running_cost_usd_bn");
    const coverageOfCapital = use("coverage_capital_ratio", "actual_ai_revenue_usd_bn", "required_revenue_capital_usd_bn");

    /** Remember the last result of each step, and take it again while all it rests on is the same array. */
    const cache = () => {
      const kept = new Map();
      return (key, inputs, work) => {
        const last = kept.get(key);
        if (last && last.inputs.length === inputs.length && last.inputs.every((one, i) => Object.is(one, inputs[i]))) return last.result;
        const result = work();
        kept.set(key, { inputs, result });
        return result;
      };
    };

    const logGrowth = (now, lasting, decay, years) => lasting * years + ((now - lasting) * -Math.expm1(-decay * years)) / decay;

    /** One number a draw, and one a draw at each time. Plain loops: they run on every movement of a slider. */
    const filled = (n, value) => {
      const column = new Float64Array(n);
      for (let d = 0; d < n; d++) column[d] = value(d);
      return column;
    };
    const overTime = (n, times, value) => times.map((_, t) => filled(n, (d) => value(d, t)));

    /**
     * Stock per dollar of one class at each time: what serves in full, and of what is leaving its part, by running
     * totals over vintages. A draw's vintages lie side by side.
     */
    const stock = (n, births, place, spent, worth, later, life, when) => {
      const vintages = births.length;
      const [total, moment, own, ownMoment] = [1, 2, 3, 4].map(() => new Float64Array(vintages + 1));
      const ends = when.map((time) => births.filter((birth) => birth <= time).length);
      const gross = when.map(() => new Float64Array(n));
      const effective = worth ? when.map(() => new Float64Array(n)) : gross;
      // A function for each draw, not one long loop: browsers compile what is called often, and stay with it.
      const one = (d) => {
        const row = d * vintages;
        for (let v = 0; v < vintages; v++) {
          const value = spent[row + v];
          total[v + 1] = total[v] + value;
          moment[v + 1] = moment[v] + births[v] * value;
        }
        if (worth) {
          for (let v = 0; v < vintages; v++) {
            const value = spent[row + v] * worth[row + v];
            own[v + 1] = own[v] + value;
            ownMoment[v + 1] = ownMoment[v] + births[v] * value;
          }
        }
        for (let t = 0; t < when.length; t++) {
          const end = ends[t];
          const from = when[t] - life[d] - QUARTER / 2;
          const some = Math.min(place(from, true), end);
          const full = Math.min(place(from + QUARTER, false), end);
          gross[t][d] = serving(total, moment, some, full, end, from);
          if (worth) effective[t][d] = serving(own, ownMoment, some, full, end, from) * later[t][d];
        }
      };
      for (let d = 0; d < n; d++) one(d);
      return { gross, effective };
    };

    /** Number of births below a time, or not above it; a table of narrow steps says where to begin to look. */
    const finder = (births) => {
      const [first, steps] = [births[0], 32];
      const begins = [];
      for (let cell = 0; first + cell / steps <= births[births.length - 1] + 1; cell++) {
        begins.push(births.filter((birth) => birth < first + cell / steps).length);
      }
      return (time, orAt) => {
        const cell = Math.floor((time - first) * steps);
        if (cell < 0) return 0;
        let i = begins[Math.min(cell, begins.length - 1)];
        while (i < births.length && (births[i] < time || (orAt && births[i] === time))) i++;
        return i;
      };
    };

    const serving = (total, moment, some, full, end, from) => {
      const leaving = total[full] - total[some];
      return total[end] - total[full] + (moment[full] - moment[some] - from * leaving) / QUARTER;
    };

    const add = (charge, running, effective, gross, part, rent, energy, operations) => {
      for (let d = 0; d < charge.length; d++) {
        charge[d] += capitalCharge(effective[d] * part[d], rent[d]);
        running[d] += runningCost(energy[d], gross[d] * part[d], operations[d]);
      }
    };

    /** Carry values of every input, n of each, through both rules at the times of a day. */
    const carry = (n, values, day, keep) => {
      const get = (name) => values.get(name);
      const byClass = (name) => CLASSES.map((member) => get(`${name}.${member}`));
      const when = day.when;
      const old = day.born.length;
      const ahead = Array.from({ length: Math.ceil((when[when.length - 1] - 0.125) / QUARTER) }, (_, i) => 0.125 + i * QUARTER);
      const born = Float64Array.from([...day.born, ...ahead]);

      const shares = day.share_of.map(get);
      const pace = keep("pace", shares, () => {
        const sum = (rows) => filled(n, (d) => rows.reduce((whole, v) => whole + shares[v][d] * day.spending[v], 0));
        const [now, before] = [sum(day.latest), sum(day.year_before)];
        return { now, growth: filled(n, (d) => Math.log(now[d] / before[d])) };
      });
      const lasting = keep("lasting", [get("lasting_growth_ratio")], () => filled(n, (d) => Math.log1p(get("lasting_growth_ratio")[d])));
      const fade = get("building_growth_half_life_years");
      const built = (d, years) => Math.exp(logGrowth(pace.growth[d], lasting[d], Math.LN2 / fade[d], years));
      const spent = keep("spent", [...shares, pace, lasting, fade], () => {
        const found = new Float64Array(n * born.length);
        const one = (d) => {
          const row = d * born.length;
          for (let v = 0; v < old; v++) found[row + v] = shares[v][d] * day.spending[v];
          // Quarter by quarter the distance left shrinks by the same factor: half of the exponentials are saved.
          const decay = Math.LN2 / fade[d];
          const factor = Math.exp(-decay * QUARTER);
          const slope = (pace.growth[d] - lasting[d]) / decay;
          let left = Math.exp(-decay * ahead[0]);
          for (let v = 0; v < ahead.length; v++) {
            found[row + old + v] = pace.now[d] * Math.exp(lasting[d] * ahead[v] + slope * (1 - left));
            left *= factor;
          }
        };
        for (let d = 0; d < n; d++) one(d);
        return found;
      });

      const [revenueNow, growth, half] = ["actual_ai_revenue_usd_bn", "actual_growth_multiple", "revenue_growth_half_life_years"].map(get);
      const revenue = keep("revenue", [revenueNow, lasting, growth, half], () => {
        const logs = filled(n, (d) => Math.log(growth[d]));
        return overTime(n, when, (d, t) => revenueNow[d] * Math.exp(logGrowth(logs[d], lasting[d], Math.LN2 / half[d], when[t])));
      });

      const parts = byClass("asset_share_ratio");
      const shareOf = keep("shares", parts, () => {
        const whole = filled(n, (d) => parts.reduce((sum, part) => sum + part[d], 0));
        return parts.map((part) => filled(n, (d) => part[d] / whole[d]));
      });
      const lives = byClass("asset_life_years");
      const falls = byClass("replacement_price_fall_ratio");
      const place = keep("place", [], () => finder(born));
      const stocks = CLASSES.map((member, c) => {
        const rates = keep(`rates ${member}`, [falls[c]], () => filled(n, (d) => Math.log1p(-falls[c][d])));
        const worth = keep(`worth ${member}`, [rates], () => {
          if (rates.every((rate) => rate === 0)) return null;
          const found = new Float64Array(n * born.length);
          for (let d = 0, i = 0; d < n; d++) for (let v = 0; v < born.length; v++) found[i++] = Math.exp(-rates[d] * born[v]);
          return found;
        });
        const later = keep(`later ${member}`, [rates], () => overTime(n, when, (d, t) => Math.exp(rates[d] * when[t])));
        return keep(`stock ${member}`, [spent, worth, lives[c]], () => stock(n, born, place, spent, worth, later, lives[c], when));
      });

      const rate = get("cost_of_capital_ratio");
      const rents = keep("rents", [rate, ...lives, ...falls], () =>
        CLASSES.map((_, c) => filled(n, (d) => rentalFactor(lives[c][d], rate[d], falls[c][d]))));
      const [margin, energy, operations] = ["buyer_gross_margin_ratio", "energy_to_capital_ratio", "operations_to_capital_ratio"].map(get);
      const costs = keep("costs", [...stocks, shareOf, rents, energy, operations], () => {
        const [charge, running] = [0, 1].map(() => when.map(() => new Float64Array(n)));
        for (let c = 0; c < CLASSES.length; c++) {
          const { gross, effective } = stocks[c];
          for (let t = 0; t < when.length; t++) add(charge[t], running[t], effective[t], gross[t], shareOf[c], rents[c], energy, operations);
        }
        return { charge, running };
      });
      const capital = keep("capital", [costs, margin], () =>
        overTime(n, when, (d, t) => requiredByCapital(margin[d], costs.charge[t][d], costs.running[t][d])));
      const [chips, chipShare, chipMargin] = ["accelerator_run_rate_usd_bn", "cahn_accelerator_share_ratio", "cahn_buyer_gross_margin_ratio"].map(get);
      const buying = keep("buying", [pace, lasting, fade], () => overTime(n, when, (d, t) => built(d, when[t])));
      const cahn = keep("cahn", [chips, chipShare, chipMargin, buying], () =>
        overTime(n, when, (d, t) => requiredByCahn(chips[d] * buying[t][d], chipShare[d], chipMargin[d])));
      return {
        revenue,
        capital,
        cahn,
        coverageOfCapital: keep("covered", [revenue, capital], () => overTime(n, when, (d, t) => coverageOfCapital(revenue[t][d], capital[t][d]))),
        coverage: keep("covered by Cahn", [revenue, cahn], () => overTime(n, when, (d, t) => coverage(revenue[t][d], cahn[t][d]))),
      };
    };

    return { carry, cache };
  };

  /* --- answers --- */

  /** Values below which given shares lie, read between neighbours; infinite where a neighbour is. */
  const quantiles = (values, levels) => {
    const sorted = Float64Array.from(values).sort();
    return levels.map((level) => {
      const place = level * (sorted.length - 1);
      const [below, part] = [Math.floor(place), place - Math.floor(place)];
      const [left, right] = [sorted[below], sorted[Math.min(below + 1, sorted.length - 1)]];
      if (part === 0 || left === right) return left;
      return right === Infinity ? right : left + (right - left) * part;
    });
  };

  /** When each draw first reaches one, between the times in logarithms; infinite if it never does. */
  const crossing = (when, coverage) =>
    coverage[0].map((_, d) => {
      const t = coverage.findIndex((row) => row[d] >= 1);
      if (t <= 0) return t === 0 ? when[0] : Infinity;
      const [left, right] = [Math.log(coverage[t - 1][d]), Math.log(coverage[t][d])];
      return when[t - 1] + (-left / (right - left)) * (when[t] - when[t - 1]);
    });

  const histogram = (coverage, [lowest, highest, each]) => {
    const counts = new Array((highest - lowest) * each).fill(0);
    for (const x of coverage) counts[Math.min(Math.max(Math.floor((Math.log2(x) - lowest) * each), 0), counts.length - 1)]++;
    return counts;
  };

  const highest = (coverage) => {
    const most = Float64Array.from(coverage[0]);
    for (const row of coverage) for (let d = 0; d < most.length; d++) if (row[d] > most[d]) most[d] = row[d];
    return most;
  };

  /** Make the function that answers a setting, from the numbers and relations of a day. */
  const answering = (data, equation) => {
    const { carry, cache } = make(data, equation);
    const knobs = new Map(data.knobs.map((knob) => [knob.name, knob]));
    const roots = new Map(Object.entries(data.roots));
    const when = data.known.when;
    const until = data.known.dates.slice(1).findIndex((date) => date.startsWith("2030"));
    const labs = "labs_share_of_cloud_ai_ratio";
    const drawn = scores(data);
    const remember = cache();

    /** What the changes of a setting come to, by full name; what changes nothing is left out. */
    const changed = ({ root, changes }) => {
      const found = new Map();
      const before = new Map(Object.entries(roots.get(root).all));
      for (const [name, value] of Object.entries(changes)) {
        const knob = knobs.get(name);
        const values = knob.choices.length ? knob.choices.find((choice) => choice.id === value).values : { [name]: value };
        for (const [full, number] of Object.entries(values)) if (number !== before.get(full)) found.set(full, number);
      }
      return found;
    };

    /** Every input in doubt: its base, and the key and maker of what is drawn for it. */
    const inputs = (setting) => {
      const { values, evidence, labs_share, drawn: given } = roots.get(setting.root);
      const set = changed(setting);
      const shares = knobs.get(labs).choices.find((choice) => choice.values[labs] === set.get(labs))?.id ?? labs_share;
      const figures = evidence[shares];
      return data.inputs.map((name, i) => {
        if (i < data.evidence.length) return { name, base: figures[i][0], key: figures[i].join(), belief: () => observed(figures[i], data.holds, data.widest) };
        const base = set.get(name) ?? values[name];
        if (!Object.hasOwn(data.beliefs, name)) return { name, base, key: `${setting.root} ${base}`, belief: () => (_, __, d) => given[name][d] };
        return { name, base, key: String(base), belief: () => assumed(data.beliefs[name], base, data.holds) };
      });
    };

    const answers = ({ revenue, capital, cahn, coverageOfCapital, coverage }, keep) => ({
      actual_ai_revenue_usd_bn: revenue[0],
      required_revenue_capital_usd_bn: capital[0],
      required_revenue_usd_bn: cahn[0],
      coverage_capital_ratio: coverageOfCapital[0],
      coverage_ratio: coverage[0],
      best_coverage_capital_ratio: keep("best capital", [coverageOfCapital], () => highest(coverageOfCapital)),
      best_coverage_ratio: keep("best Cahn", [coverage], () => highest(coverage)),
      break_even_capital_years: keep("even capital", [coverageOfCapital], () => crossing(when, coverageOfCapital)),
      break_even_years: keep("even Cahn", [coverage], () => crossing(when, coverage)),
    });

    const afresh = (_, __, work) => work();
    const every = drawn.u.map((column) => column.length)[0];

    return (setting) => {
      const entries = inputs(setting);
      const values = new Map(
        entries.map(({ name, key, belief }, i) => [
          name,
          remember(`draws ${name}`, [key], () => {
            const value = belief();
            const [u, z, column] = [drawn.u[i], drawn.z[i], new Float64Array(every)];
            for (let d = 0; d < every; d++) column[d] = value(u[d], z[d], d);
            return column;
          }),
        ]),
      );
      const found = carry(every, values, data.known, remember);
      const bases = new Map(entries.map(({ name, base }) => [name, Float64Array.of(base)]));
      const point = answers(carry(1, bases, data.known, afresh), afresh);
      const read = (name, array) => remember(`quantiles ${name}`, [array], () => quantiles(array, data.levels));
      const share = (key, coverage) =>
        until < 0 ? null : remember(`share ${key}`, [coverage], () => {
          const best = highest(coverage.slice(0, until + 2));
          return best.filter((x) => x >= 1).length / every;
        });
      const all = answers(found, remember);
      return {
        point: Object.fromEntries(Object.entries(point).map(([name, array]) => [name, array[0]])),
        bands: Object.fromEntries(Object.entries(all).map(([name, array]) => [name, read(name, array)])),
        ahead: found.coverageOfCapital.map((array, t) => read(`ahead ${t}`, array)),
        chance: { capital: share("capital", found.coverageOfCapital), cahn: share("Cahn", found.coverage) },
        histogram: remember("histogram", [all.coverage_capital_ratio], () => histogram(all.coverage_capital_ratio, data.bins)),
        draws: all.coverage_capital_ratio,
      };
    };
  };

  window.aieqPlayground = (data, equation) => {
    window.aieqPlayground.evaluate = answering(data, equation);
    window.aieqPlayground.data = data;
  };
})();
