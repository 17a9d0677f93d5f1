// Chosen runs over each other: at equal steps, equal samples seen, or equal time.
const compared = document.querySelector("[data-role=compare]");
const picks = [...document.querySelectorAll("input.pick")];
const COLOURS = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#B0588A", "#78818f"];
const DASHES = ["solid", "dash", "dot", "dashdot"];
const ACROSS = 240;
const AT_FIRST = 8, MOST = COLOURS.length * DASHES.length;
let lines = [], turn = 0;

// The last place whose value is at most `wanted`; -1 before the first.
function placeOf(values, wanted) {
  let low = -1, high = values.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle] <= wanted) low = middle; else high = middle;
  }
  return low;
}

// Steps in the unit of the axis; null where the run does not say.
function converter(data, axis) {
  if (axis === "step") return step => step;
  if (axis === "samples") return data.samplesPerStep ? step => (step - data.firstStep + 1) * data.samplesPerStep : null;
  const clock = data.clock;
  if (!clock.steps.length) return null;
  return function (step) {
    const place = Math.max(placeOf(clock.steps, step), 0), next = Math.min(place + 1, clock.steps.length - 1);
    const span = clock.steps[next] - clock.steps[place];
    const share = span > 0 ? (step - clock.steps[place]) / span : 0;
    return clock.seconds[place] + share * (clock.seconds[next] - clock.seconds[place]);
  };
}

const UNITS = { step: "training step", samples: "real samples seen", time: "seconds since the start, pauses included" };
const MISSING = { samples: "{run}: its batch size was not recorded", time: "{run}: its times were not recorded" };

async function compare() {
  if (!compared) return;
  const mine = ++turn;
  const column = document.getElementById("choice").value, axis = document.getElementById("axis").value;
  const chosen = picks.filter(pick => pick.checked), notes = [], found = [];
  if (chosen.length > MOST) notes.push(say("the first {most} of {count} chosen runs are shown", { most: MOST, count: chosen.length }));
  const wanted = chosen.slice(0, MOST).map(pick => dataOf(pick.closest("tr").dataset.anchor).catch(() => null));
  for (const [number, pick] of chosen.slice(0, MOST).entries()) {
    const row = pick.closest("tr"), data = await wanted[number], name = row.dataset.name;
    if (!data) { notes.push(say("{run}: the file {file} could not be read", { run: name, file: row.dataset.source })); continue; }
    const trace = data.figures.time && data.figures.time.data.find(each => each.meta === column);
    const convert = converter(data, axis);
    if (!trace) { notes.push(say("{run}: has no {column}", { run: name, column })); continue; }
    if (!convert) { notes.push(say(MISSING[axis], { run: name })); continue; }
    const line = { color: COLOURS[number % COLOURS.length], dash: DASHES[Math.floor(number / COLOURS.length)], width: 1.5 };
    found.push({ name, row, data, trace, x: Array.from(trace.x, convert), images: data.moving ? data.moving.steps.map(convert) : [], line });
  }
  if (mine !== turn) return;
  lines = found;
  const traces = lines.map(each => ({ type: "scatter", mode: "lines", name: plain(each.row.dataset.symbol + " " + each.name), x: each.x, y: each.trace.y, line: each.line, showlegend: true, meta: column, hovertemplate: "%{y:.4~g}" }));
  const layout = JSON.parse(document.getElementById("compare-layout").textContent);
  layout.xaxis.title = { text: say(UNITS[axis]) };
  layout.yaxis.title = { text: plain(document.getElementById("choice").selectedOptions[0].textContent) };
  layout.shapes = [{ type: "line", xref: "x", yref: "paper", x0: 0, x1: 0, y0: 0, y1: 1, line: { color: "#78818f", width: 1.5, dash: "dot" } }];
  const last = lines.map(each => each.x[each.x.length - 1]);
  if (lines.length && Math.min(...last) < Math.max(...last)) notes.push(say("all of them reach {shortest}, the longest {longest}", { shortest: count(Math.min(...last)), longest: count(Math.max(...last)) }));
  document.getElementById("compare-notes").textContent = notes.join("; ");
  compared.screenHeight = layout.height;
  await Plotly.react(compared, traces, narrow(layout, traces), configured());
  await Plotly.relayout(compared, painted());
  const at = document.getElementById("at");
  at.max = lines.length ? Math.max(...last) : 0;
  at.step = axis === "time" ? "any" : 1;
  at.value = lines.length ? Math.min(...last) : 0;
  compareAt();
  compared.dataset.drawn = "yes";
}

// What a run had generated at one of its captures: its sheet of pictures, or its points over real ones, drawn small.
function samplesAt(data, place) {
  const told = say("generated samples, step {step}", { step: count(data.moving.steps[place]) });
  if (data.moving.images.length) return Object.assign(new Image(), { src: data.moving.images[place], alt: told });
  const panel = data.moving.panels.find(each => each.figure === "batch"), figure = data.figures.batch;
  if (!panel || !figure) return null;
  const { xaxis, yaxis } = figure.layout, [left, right] = xaxis.range, [low, high] = yaxis.range;
  const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", told);
  canvas.width = ACROSS;
  // As in the figure, a unit is as long across as up, if it is there; a frame far from square stays in sight.
  const shape = yaxis.scaleanchor ? (high - low) / (right - left) : 1;
  canvas.height = Math.round(ACROSS * Math.min(Math.max(shape, 0.25), 2));
  const move = panel.moves[panel.shown.length ? panel.shown[place] : place];
  const clouds = figure.data.slice(1).map(trace => [trace.x, trace.y, trace.marker, 2]);
  for (const [x, y, marker, size] of [...clouds, [move.x[0], move.y[0], figure.data[0].marker, 3]]) {
    pen.fillStyle = marker.color;
    pen.globalAlpha = marker.opacity;
    for (let index = 0; index < x.length; index++) {
      const across = (x[index] - left) / (right - left) * ACROSS, up = (high - y[index]) / (high - low) * canvas.height;
      pen.fillRect(across - size / 2, up - size / 2, size, size);
    }
  }
  return canvas;
}

// The numbers and the pictures of all chosen runs at one place of the axis.
function compareAt() {
  const wanted = Number(document.getElementById("at").value), body = document.querySelector("#compare-at tbody");
  document.getElementById("at-told").textContent = count(wanted);
  if (compared.layout) Plotly.relayout(compared, { "shapes[0].x0": wanted, "shapes[0].x1": wanted });
  body.replaceChildren(...lines.map(function (each) {
    const row = document.createElement("tr"), end = each.x[each.x.length - 1];
    let place = placeOf(each.x, wanted);
    while (place >= 0 && !Number.isFinite(each.trace.y[place])) place--;
    const over = wanted > end, step = place >= 0 ? say("step {step}", { step: count(each.trace.x[place]) }) : "";
    const value = over ? "–" : place < 0 ? "–" : count(Number(each.trace.y[place].toPrecision(4)));
    const note = over ? say("ended at {end}", { end: count(end) }) : place < 0 ? say("nothing recorded yet") : step;
    for (const [text, kind] of [[each.name, "name"], [value, "number"], [note, "quiet"]]) {
      const cell = document.createElement("td");
      cell.className = kind;
      cell.textContent = text;
      row.append(cell);
    }
    const cell = document.createElement("td"), picture = placeOf(each.images, wanted);
    const image = picture >= 0 && !over ? samplesAt(each.data, picture) : null;
    if (image) {
      image.title = image.alt || image.getAttribute("aria-label");
      image.className = "sheet small";
      cell.append(image);
    }
    row.append(cell);
    return row;
  }));
}

if (!compared) picks.forEach(pick => { pick.hidden = true; });
if (compared) {
  picks.forEach((pick, number) => { pick.checked = number < AT_FIRST; });
  for (const id of ["choice", "axis"]) document.getElementById(id).addEventListener("change", compare);
  for (const pick of picks) pick.addEventListener("change", compare);
  document.getElementById("at").addEventListener("input", compareAt);
  document.getElementById("pick-shown").addEventListener("click", function () {
    for (const pick of picks) pick.checked = !pick.closest("tr").hidden;
    compare();
  });
  document.getElementById("pick-none").addEventListener("click", function () {
    for (const pick of picks) pick.checked = false;
    compare();
  });
}
