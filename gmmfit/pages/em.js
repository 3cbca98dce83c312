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
  const home = {};
  const move = (name, [x, y]) => {
    const group = named(name);
    if (!group) return;
    home[name] ??= em.at[name];
    group.setAttribute("transform", `translate(${(x - home[name][0]).toFixed(2)} ${(y - home[name][1]).toFixed(2)})`);
  };

  // One column: the density of each component times its weight, their areas, the noise, the mixture.
  function drawColumn(panel, state) {
    const height = (density) => Math.max(panel.top, panel.base - panel.scale * density);
    const total = panel.x.map(() => 0);
    const add = (densities) => densities.map((density, i) => { total[i] += density; return [panel.px[i], height(density)]; });
    state.weights.forEach((weight, k) => {
      const mean = state.means[k][0], sd = Math.sqrt(state.covariances[k][0][0]);
      const density = (x) => weight * Math.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * Math.sqrt(2 * Math.PI)) / state.share;
      const points = add(panel.x.map((x, i) => density(x) * panel.slope[i]));
      draw(`component_${k + 1}`, points);
      draw(`area_${k + 1}`, [[panel.px[0], panel.base], ...points, [panel.px.at(-1), panel.base]]);
      const i = panel.x.reduce((best, x, i) => Math.abs(x - mean) < Math.abs(panel.x[best] - mean) ? i : best, 0);
      move(`number_${k + 1}`, points[i]);
    });
    if (state.noise) {
      const [weight, low, high] = state.noise;
      draw("noise", add(panel.x.map((x, i) => x >= low && x <= high ? weight / (high - low) * panel.slope[i] : 0)));
    }
    draw("mixture", total.map((density, i) => [panel.px[i], height(density)]));
  }

  // Two columns: mean + r L (cos, sin), with L the Cholesky factor of the covariance.
  function drawPair(panel, state) {
    const [i, j] = panel.pair, place = (x, y) => [panel.x[0] + panel.x[1] * x, panel.y[0] + panel.y[1] * y];
    state.means.forEach((mean, k) => {
      const of = state.covariances[k], a = Math.sqrt(of[i][i]), b = of[i][j] / a, c = Math.sqrt(of[j][j] - b * b);
      for (const [share, r] of em.regions) {
        const turn = Array.from({length: 121}, (_, n) => 2 * Math.PI * n / 120);
        draw(`component_${k + 1}${panel.name}_${share}`, turn.map((t) =>
          place(mean[i] + r * a * Math.cos(t), mean[j] + r * (b * Math.cos(t) + c * Math.sin(t)))));
      }
      move(`mean_${k + 1}${panel.name}`, place(mean[i], mean[j]));
      move(`number_${k + 1}${panel.name}`, place(mean[i], mean[j]));
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
  const stop = () => { clearInterval(timer); timer = null; play.textContent = "play"; };
  const step = (by) => { stop(); show(Math.min(em.states.length - 1, Math.max(0, +slider.value + by))); };
  slider.addEventListener("input", () => { stop(); show(+slider.value); });
  root.querySelector(".back").addEventListener("click", () => step(-1));
  root.querySelector(".on").addEventListener("click", () => step(1));
  play.addEventListener("click", () => {
    if (timer) return stop();
    if (+slider.value === em.states.length - 1) show(0);
    play.textContent = "pause";
    timer = setInterval(() => +slider.value < em.states.length - 1 ? show(+slider.value + 1) : stop(), 300);
  });
  addEventListener("beforeprint", () => { stop(); show(em.states.length - 1); });
  named("with_errors")?.remove();
  show(0);
})();
