// Draws figures in the colours of the page, when they come into sight.
const CONFIG = {
  responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"],
  showSendToCloud: false, // one click would send the run's numbers to a server
  locale: language, locales: { [language]: { dictionary: words } }, // its own words are among ours
};
const dark = matchMedia("(prefers-color-scheme: dark)");
let printing = false;

function colours() {
  const style = getComputedStyle(document.documentElement);
  const of = name => style.getPropertyValue(name).trim();
  return printing ? { ink: "#1f2937", card: "#ffffff" } : { ink: of("--ink"), card: of("--card") };
}

function painted() {
  const { ink, card } = colours();
  return {
    "font.color": ink, "hoverlabel.bgcolor": card, "hoverlabel.font.color": ink,
    "modebar.color": "#98a2b0", "modebar.bgcolor": "rgba(0,0,0,0)", "legend.font.color": ink,
  };
}

function configured() {
  return { ...CONFIG, displayModeBar: innerWidth > SMALL ? "hover" : false };
}

async function draw(div) {
  if (div.dataset.drawn) return;
  div.dataset.drawn = "yes";
  const data = await dataOf(div.dataset.run).catch(() => null);
  if (!data) { div.textContent = say("The file with the data of this run could not be read."); return; }
  const figure = data.figures[div.dataset.figure];
  narrow(figure.layout, figure.data);
  div.screenHeight = figure.layout.height;
  div.style.minHeight = div.screenHeight + "px";
  await Plotly.newPlot(div, figure.data, figure.layout, configured());
  div.sentences = (div.layout.annotations || []).map(note => note.text);
  await Plotly.relayout(div, { ...painted(), ...shortened(div, div.clientWidth) });
  const run = div.closest("section.run");
  if (div.dataset.role === "time") {
    div.on("plotly_click", event => run.jump && run.jump(event.points[0].x));
    div.on("plotly_relayout", change => link(run, div, change));
  }
  if (run.show) run.show();
  if (printing) onPaper(div);
}

// As much of the sentences above the rows as there is room for.
function shortened(div, width) {
  const room = width - div.layout.margin.l - div.layout.margin.r;
  const wide = text => [...text.replace(/<[^>]*>/g, "")].reduce((sum, letter) => sum + (letter > "\u2e80" ? 13 : 6.7), 0);
  return Object.fromEntries(div.sentences.map(function (text, index) {
    while (wide(text) > room && text.includes(" · ")) text = text.slice(0, text.lastIndexOf(" · ")) + "</span>";
    return ["annotations[" + index + "].text", wide(text) > room ? text.split("</b>")[0] + "</b>" : text];
  }));
}

// On a phone: margins as narrow as their labels, legends of many lines, and a finger that scrolls the page, not zooms.
const SMALL = 720;
function narrow(layout, data) {
  if (innerWidth > SMALL) return layout;
  const axis = layout.yaxis || {};
  if (layout.margin) layout.margin = { ...layout.margin, l: axis.type === "category" && !axis.title ? 74 : axis.title ? 56 : 46, r: 8 };
  if (layout.legend && layout.legend.yref === "container") {
    const top = 34 + 19 * linesOf([...data, ...layout.shapes], innerWidth - 140);
    layout.height += top - layout.margin.t;
    layout.margin.t = top;
    Object.assign(layout.legend, { font: { size: 10 }, tracegroupgap: 0 });
  }
  layout.dragmode = false;
  return layout;
}

// How many lines a legend takes.
function linesOf(items, room) {
  let lines = 1, used = 0;
  for (const item of items) {
    if (!item.name || item.showlegend === false) continue;
    const width = 46 + [...item.name].reduce((sum, letter) => sum + (letter > "\u2e80" ? 10 : 5.6), 0);
    if (used && used + width > room) { lines++; used = 0; }
    used += width;
  }
  return lines;
}

// All figures over the training steps show the same stretch of them.
function link(run, from, change) {
  const range = change["xaxis.range"] || ("xaxis.range[0]" in change ? [change["xaxis.range[0]"], change["xaxis.range[1]"]] : null);
  if (!range && !change["xaxis.autorange"]) return;
  for (const other of run.querySelectorAll("[data-role=time]")) {
    if (other === from || !other.layout) continue;
    const now = other.layout.xaxis.range;
    if (range && (now[0] !== range[0] || now[1] !== range[1])) Plotly.relayout(other, { "xaxis.range": range });
    if (!range && !other.layout.xaxis.autorange) Plotly.relayout(other, { "xaxis.autorange": true });
  }
}

function repaint() {
  return Promise.all([...document.querySelectorAll(".plot")].filter(div => div.layout).map(div => Plotly.relayout(div, painted())));
}
dark.addEventListener("change", repaint);

let lastWidth = innerWidth;
addEventListener("resize", function () {
  if (innerWidth === lastWidth || printing) return;
  lastWidth = innerWidth;
  for (const div of document.querySelectorAll(".plot")) if (div.sentences) Plotly.relayout(div, shortened(div, div.clientWidth));
});

const sight = new IntersectionObserver(seen => {
  for (const entry of seen) if (entry.isIntersecting) { sight.unobserve(entry.target); entry.target.dataset.role === "compare" ? compare() : draw(entry.target); }
}, { rootMargin: "400px" });
