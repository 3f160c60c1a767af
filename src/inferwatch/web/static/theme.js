// Loaded before the first paint, so that a chosen theme does not flash. No module, for the same reason.
"use strict";
try {
  const chosen = localStorage.getItem("inferwatch.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is switched off: the page follows the system.
}
