const dark = matchMedia("(prefers-color-scheme: dark)");
let chosen = "";

function apply(): void {
  const theme = chosen === "" ? (dark.matches ? "dark" : "light") : chosen;
  document.documentElement.dataset["theme"] = theme;
}

/** Shows the window light or dark; "" follows the system, now and when it changes. */
export function showTheme(theme: string): void {
  chosen = theme;
  apply();
}

dark.addEventListener("change", apply);
