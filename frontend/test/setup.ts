// What the state classes touch of a browser, and nothing more: they are tested without one.
import { vi } from "vitest";

vi.stubGlobal("window", globalThis);
vi.stubGlobal("navigator", { language: "en-US" });
vi.stubGlobal("document", { documentElement: { lang: "", dataset: {} } });
vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined }));
