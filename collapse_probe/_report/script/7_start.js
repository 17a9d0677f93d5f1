if (typeof DecompressionStream === "undefined") {
  const told = document.createElement("p");
  told.textContent = say("This browser cannot unpack the figures; one of 2023 or later can.");
  document.querySelector("header").append(told);
}
document.querySelectorAll("section.run").forEach(run => sections.observe(run));
document.querySelectorAll(".plot").forEach(div => sight.observe(div));
document.body.dataset.ready = "yes";
