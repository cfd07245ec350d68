import { mount } from "svelte";
import App from "./App.svelte";
import { integrations } from "./integrations/integrations.svelte";
import { settings } from "./settings/settings.svelte";
import { showTheme } from "./settings/theme";
import "./styles/app.css";

showTheme("");
const target = document.querySelector("#app");
if (target === null) throw new Error("the page has no place for the window");

// Both are asked for at once. The window is drawn with the last known truth in its first frame;
// everything else, the provider catalog too, waits until somebody needs it.
await Promise.all([settings.load(), integrations.load()]);
mount(App, { target });
