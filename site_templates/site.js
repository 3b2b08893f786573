// Copy buttons, the filter of a list, the key to the search box. The site works without.
"use strict";
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select and copy by hand";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}
const input = document.getElementById("filter");
if (input) {
  const rows = [...document.querySelectorAll("#filtered .tools > li")].map((row) => [row, row.textContent.toLowerCase()]);
  const shown = input.parentElement.querySelector("output");
  const apply = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const [row, text] of rows) {
      row.hidden = !words.every((word) => text.includes(word));
      count += row.hidden ? 0 : 1;
    }
    for (const group of document.querySelectorAll("#filtered .group")) {
      group.hidden = !group.querySelector(".tools > li:not([hidden])");
    }
    shown.textContent = words.length ? `${count} of ${rows.length}` : "";
  };
  input.addEventListener("input", apply);
  if (input.value) apply(); // it was there before this script
}
document.addEventListener("keydown", (event) => {
  const box = document.querySelector("form[role=search] input");
  const typing = event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select");
  if (event.key !== "/" || typing || !box) return;
  event.preventDefault();
  box.focus();
});
