// EM at work: the slider moves what is drawn of the components to a state of the fit.
"use strict";
(() => {
  const root = document.getElementById("em");
  const em = JSON.parse(document.getElementById("em-states").textContent);
  const slider = root.querySelector("input"), now = root.querySelector(".now"), play = root.querySelector(".play");
  const svg = root.querySelector("svg"), cells = [...root.querySelectorAll("tbody tr")].map((row) => [...row.cells]);
  const named = (name) => svg.querySelector(`[id="${name}"]`);
  const line = (points) => "M" + points.map(([x, y]) => `${x.toFixed(2)} ${y.toFixed(2)}`).join("L");
  const draw = (name, points) => named(name)?.querySelectorAll("path").forEach((path) => path.setAttribute("d", line(points)));

  // Number, cross and dot go to where they belong, and are seen if that is inside.
  function move(name, [x, y], inside = true) {
    const group = named(name), home = em.at[name];
    if (!group) return;
    group.setAttribute("transform", `translate(${(x - home[0]).toFixed(2)} ${(y - home[1]).toFixed(2)})`);
    group.style.display = inside ? "" : "none";
  }

  // One column: the density of each component times its weight, their areas, the noise, the mixture.
  function drawColumn(panel, state) {
    const height = (density) => Math.max(panel.top - 9, panel.base - panel.scale * density);
    const density = (of, k, x) => of.weights[k] / of.sds[k][0] * Math.exp(-0.5 * ((x - of.means[k][0]) / of.sds[k][0]) ** 2) /
      Math.sqrt(2 * Math.PI) / state.share;
    const total = panel.x.map(() => 0);
    const curve = (densities) => densities.map((one, i) => [panel.px[i], height(one)]);
    const add = (densities) => { densities.forEach((one, i) => { total[i] += one; }); return curve(densities); };
    state.weights.forEach((_, k) => {
      const points = add(panel.x.map((x, i) => density(state, k, x) * panel.slope[i])), mean = state.means[k][0];
      draw(`component_${k + 1}`, points);
      draw(`area_${k + 1}`, [[panel.px[0], panel.base], ...points, [panel.px.at(-1), panel.base]]);
      const at = panel.x.reduce((best, x, i) => Math.abs(x - mean) < Math.abs(panel.x[best] - mean) ? i : best, 0);
      const highest = panel.base - 0.95 * (panel.base - panel.top);
      move(`number_${k + 1}`, [points[at][0], Math.max(points[at][1], highest)], mean >= panel.x[0] && mean <= panel.x.at(-1));
    });
    if (state.noise) {
      const [weight, low, high] = state.noise;
      draw("noise", add(panel.x.map((x, i) => x >= low && x <= high ? weight / (high - low) * panel.slope[i] : 0)));
    }
    draw("mixture", curve(total));
    const blurred = state.blurred;
    if (blurred) draw("with_errors", curve(panel.x.map((x) => blurred.weights.reduce((sum, _, k) => sum + density(blurred, k, x), 0))));
  }

  // Two columns: mean + r L (cos, sin), with L the Cholesky factor of the covariance.
  function drawPair(panel, state) {
    const [i, j] = panel.pair;
    const across = ([low, high, from, to], x) => from + (x - low) / (high - low) * (to - from);
    const place = (x, y) => [across(panel.x, x), across(panel.y, y)];
    state.means.forEach((mean, k) => {
      const rho = state.correlations[k][i][j], a = state.sds[k][i], b = rho * state.sds[k][j];
      const c = Math.sqrt(1 - rho * rho) * state.sds[k][j];
      for (const [share, r] of em.regions) {
        const turn = Array.from({length: 121}, (_, n) => 2 * Math.PI * n / 120);
        draw(`component_${k + 1}${panel.name}_${share}`, turn.map((t) =>
          place(mean[i] + r * a * Math.cos(t), mean[j] + r * (b * Math.cos(t) + c * Math.sin(t)))));
      }
      const inside = mean[i] >= panel.x[0] && mean[i] <= panel.x[1] && mean[j] >= panel.y[0] && mean[j] <= panel.y[1];
      for (const what of ["mean", "number"]) move(`${what}_${k + 1}${panel.name}`, place(mean[i], mean[j]), inside);
    });
    if (!state.likeliest) return;
    named(`rows${panel.name}`).querySelectorAll("use").forEach((point, n) => {
      point.style.fill = em.colours[parseInt(state.likeliest[n], 36)];
    });
  }

  function show(n) {
    const state = em.states[n];
    slider.value = n;
    slider.setAttribute("aria-valuetext", now.textContent = state.said);
    em.panels.forEach((panel) => panel.pair ? drawPair(panel, state) : drawColumn(panel, state));
    move("now", state.at);
    state.rows.forEach((row, r) => row.forEach((text, c) => { cells[r][c + 1].textContent = text; }));
  }

  let timer = null;
  const last = em.states.length - 1;
  const stop = () => { clearInterval(timer); timer = null; play.textContent = "play"; };
  const step = (by) => { stop(); show(Math.min(last, Math.max(0, +slider.value + by))); };
  slider.addEventListener("input", () => { stop(); show(+slider.value); });
  root.querySelector(".back").addEventListener("click", () => step(-1));
  root.querySelector(".on").addEventListener("click", () => step(1));
  play.addEventListener("click", () => {
    if (timer) return stop();
    if (+slider.value === last) show(0);
    play.textContent = "pause";
    timer = setInterval(() => +slider.value < last ? show(+slider.value + 1) : stop(), 300);
  });
  addEventListener("beforeprint", () => { stop(); show(last); });
  show(0);
})();
