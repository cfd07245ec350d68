import { mount } from "svelte";
import App from "./App.svelte";
import { integrations } from "./integrations/integrations.svelte";
import { locale } from "./locale/locale.svelte";
import { screen } from "./screen.svelte";
import { settings } from "./settings/settings.svelte";
import { showTheme } from "./settings/theme";
import "./styles/app.css";

showTheme("");
// Each system's own font has another name.
const agent = navigator.userAgent;
document.documentElement.dataset["system"] = agent.includes("Windows") ? "windows" : agent.includes("Macintosh") ? "mac" : "linux";
const target = document.querySelector("#app");
if (target === null) throw new Error("the page has no place for the window");

// First of all the ears: a repair that was chosen in a notification is told with the first answer.
screen.listen();
integrations.listen();
locale.start();

// All at once: the system's language is the likely one, and is loaded while the backend is asked. The
// window is drawn with the last known truth in its first frame; everything else, the provider catalog
// too, waits until somebody needs it.
const answers = Promise.all([integrations.load(), settings.load(), locale.choose("")]);
locale.prepare();
await answers;
mount(App, { target });
