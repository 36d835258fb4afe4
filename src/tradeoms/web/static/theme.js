// Dark or light: the system's preference unless the person chose. Runs before the first paint, so it
// is a plain script; the blotter's modules call `tradeomsTheme` to change the choice.
"use strict";

(function () {
  const KEY = "tradeoms.theme";
  const CHOICES = ["system", "light", "dark"];

  function stored() {
    try {
      const choice = localStorage.getItem(KEY);
      return CHOICES.includes(choice) ? choice : "system";
    } catch {
      return "system"; // storage may be forbidden; the choice then lasts as long as the page
    }
  }

  let current = stored();

  function apply() {
    if (current === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = current;
  }

  apply();
  window.tradeomsTheme = {
    get choice() {
      return current;
    },
    next() {
      current = CHOICES[(CHOICES.indexOf(current) + 1) % CHOICES.length];
      try {
        localStorage.setItem(KEY, current);
      } catch {
        // as above
      }
      apply();
      return current;
    },
  };
})();
