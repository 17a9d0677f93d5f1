// Paper: figures as wide as their place on it, the tallest on one page, the newest batch of every run that is listed.
const WIDE = 900, HALF = 460, TALLEST = 1.25, LOWEST = 0.45;

function onPaper(div) {
  const place = div.parentElement, half = place.matches(".grid > div") && !place.matches(".grid > div:last-child:nth-child(2n + 1)");
  const width = half ? HALF : WIDE;
  const height = Math.min(div.screenHeight, Math.max(TALLEST * width, LOWEST * div.screenHeight));
  Plotly.relayout(div, { width, height, ...painted(), ...(div.sentences ? shortened(div, width) : {}) });
  div.querySelector(".svg-container").style.aspectRatio = width + " / " + height;
  for (const svg of div.querySelectorAll(".main-svg")) svg.setAttribute("viewBox", "0 0 " + width + " " + height);
}

function onScreen(div) {
  div.querySelector(".svg-container").style.aspectRatio = "";
  for (const svg of div.querySelectorAll(".main-svg")) svg.removeAttribute("viewBox");
  const restored = { width: null, height: div.screenHeight, autosize: true, ...painted() };
  return Plotly.relayout(div, { ...restored, ...(div.sentences ? shortened(div, div.clientWidth) : {}) });
}

function drawn() {
  return [...document.querySelectorAll(".plot")].filter(div => div.layout);
}

async function drawAll() {
  const runs = [...document.querySelectorAll("section.run:not([hidden])")];
  if (compared && !compared.layout) await compare();
  await Promise.all(runs.map(prepare));
  await Promise.all(runs.flatMap(run => [...run.querySelectorAll(".plot")].map(draw)));
}

addEventListener("beforeprint", function () {
  printing = true;
  drawn().forEach(onPaper);
  drawAll();
});
addEventListener("afterprint", function () {
  printing = false;
  drawn().forEach(onScreen);
});
// A browser does not wait for what it has not yet drawn.
document.getElementById("print").addEventListener("click", () => drawAll().then(() => print()));
