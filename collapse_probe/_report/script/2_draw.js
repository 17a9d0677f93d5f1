// Draws figures in the colours of the page, when they come into sight.
const CONFIG = {
  responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"],
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

async function draw(div) {
  if (div.dataset.drawn) return;
  div.dataset.drawn = "yes";
  const data = await dataOf(div.dataset.run).catch(() => null);
  if (!data) { div.textContent = say("The file with the data of this run could not be read."); return; }
  const figure = data.figures[div.dataset.figure];
  await Plotly.newPlot(div, figure.data, narrow(figure.layout), CONFIG);
  await Plotly.relayout(div, painted());
  const run = div.closest("section.run");
  if (div.dataset.role === "time") {
    div.on("plotly_click", event => run.jump && run.jump(event.points[0].x));
    div.on("plotly_relayout", change => link(run, div, change));
  }
  if (run.show) run.show();
}

// On a phone the margins and the sentences above the rows would leave no room.
function narrow(layout) {
  if (innerWidth > 720) return layout;
  if (layout.margin) layout.margin = { ...layout.margin, l: Math.min(layout.margin.l, 46), r: 8 };
  for (const note of layout.annotations || []) note.text = note.text.split("</b>")[0] + "</b>";
  if (layout.legend && layout.legend.yref === "container") layout.legend.font = { size: 10 };
  return layout;
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

const sight = new IntersectionObserver(seen => {
  for (const entry of seen) if (entry.isIntersecting) { sight.unobserve(entry.target); entry.target.dataset.role === "compare" ? compare() : draw(entry.target); }
}, { rootMargin: "400px" });

addEventListener("beforeprint", () => {
  printing = true;
  repaint();
  document.querySelectorAll("section.run:not([hidden]) .plot").forEach(draw);
});
addEventListener("afterprint", () => { printing = false; repaint(); });
