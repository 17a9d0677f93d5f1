// A section with a slider: one step is shown in all of its parts, and marked in the figures over time.
async function prepare(run) {
  const holder = run.querySelector(".slider");
  if (!holder || run.dataset.prepared) return;
  run.dataset.prepared = "yes";
  const data = await dataOf(run.id).catch(() => null);
  if (!data) return;
  const moving = data.moving;
  const input = holder.querySelector("input"), output = holder.querySelector("output");
  const button = holder.querySelector("button"), turns = holder.querySelector("select");
  const sheet = run.querySelector("img.moves"), caption = run.querySelector(".caption");
  let timer = null, waiting = false;

  run.show = function () {
    const index = Number(input.value), step = moving.steps[index];
    output.textContent = say("step {step}", { step: count(step) });
    input.setAttribute("aria-valuetext", output.textContent);
    if (sheet) {
      sheet.src = moving.images[index];
      sheet.alt = say("generated samples, step {step}", { step: count(step) });
      caption.textContent = moving.captions[index];
    }
    for (const strip of moving.strips) {
      const place = strip.shown[index], figure = run.querySelector("[data-strip='" + strip.name + "']");
      figure.querySelector("img").src = strip.images[place];
      figure.querySelector(".strip-caption").textContent = strip.captions[place];
    }
    for (const panel of moving.panels) {
      const div = run.querySelector("[data-figure='" + panel.figure + "']");
      const place = panel.shown.length ? panel.shown[index] : index, move = panel.moves[place];
      if (div.layout) Plotly.restyle(div, move, move.y.map((_, trace) => trace));
      if (panel.captions.length) div.previousElementSibling.querySelector("span").textContent = panel.captions[place];
    }
    for (const time of run.querySelectorAll("[data-role=time]")) {
      if (!time.layout || !time.dataset.cursor) continue;
      const cursor = "shapes[" + (time.layout.shapes.length - 1) + "].";
      Plotly.relayout(time, { [cursor + "x0"]: step, [cursor + "x1"]: step });
    }
  };
  run.jump = function (step) {
    const distance = moving.steps.map(known => Math.abs(known - step));
    input.value = distance.indexOf(Math.min(...distance));
    run.show();
  };
  function stop() {
    clearInterval(timer);
    timer = null;
    button.textContent = say("▶ play");
  }
  button.addEventListener("click", function () {
    if (timer) return stop();
    if (Number(input.value) >= moving.steps.length - 1) input.value = 0;
    button.textContent = say("❚❚ pause");
    timer = setInterval(function () {
      input.value = Number(input.value) + 1;
      run.show();
      if (Number(input.value) >= moving.steps.length - 1) stop();
    }, 300);
  });
  input.addEventListener("input", function () {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; run.show(); });
  });
  if (turns) turns.addEventListener("change", () => { if (turns.value) run.jump(Number(turns.value)); });
  for (const link of run.querySelectorAll("[data-jump]")) {
    link.addEventListener("click", () => run.jump(Number(link.dataset.jump)));
  }
  run.show();
}

const sections = new IntersectionObserver(seen => {
  for (const entry of seen) if (entry.isIntersecting) { sections.unobserve(entry.target); prepare(entry.target); }
}, { rootMargin: "800px" });
