document.querySelectorAll("section.run").forEach(run => sections.observe(run));
document.querySelectorAll(".plot").forEach(div => sight.observe(div));
document.body.dataset.ready = "yes";
