import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import tailwindcss from "@tailwindcss/vite";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// Puts a pretended backend into the page, so that the screens can be worked on without the app.
// It is asked for by name (--mode fake) and is never part of a build.
function fakeBackend(): Plugin {
  return {
    name: "fake-backend",
    apply: "serve",
    transformIndexHtml: () => [
      { tag: "script", attrs: { type: "module", src: "/test/fake/install.ts" }, injectTo: "head" },
    ],
  };
}

// An icon of the collection is a list of shapes, which its component makes one by one for each icon that is
// shown. The list is known when the window is built: here it becomes markup that is copied whole. Such an
// icon takes a class and nothing else (src/ui/icon.d.ts), and is hidden from assistive technology.
function plainIcons(): Plugin {
  return {
    name: "plain-icons",
    enforce: "pre",
    transform(code, id) {
      if (!/@lucide\/svelte\/dist\/icons\/[\w-]+\.svelte$/.test(id)) return null;
      const shapes = [...code.matchAll(/\["(\w+)", (\{[^}]*\})\]/g)].map(([, tag = "", values = ""]) => {
        const attributes = [...values.matchAll(/"([\w-]+)": ("[^"]*")/g)].map(([, name = "", value = ""]) => ` ${name}=${value}`);
        return `<${tag}${attributes.join("")} />`;
      });
      if (shapes.length === 0) throw new Error(`${id}: no shapes in it`);
      return `<script lang="ts">let { class: more } = $props();</script>
<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor"
  stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" class={more}>${shapes.join("")}</svg>`;
    },
  };
}

interface Graph {
  getModuleInfo(id: string): { isEntry: boolean; importers: string[] } | null;
}

// Everything that the first picture needs is one file: the web view asks the app for each file, and the
// window would wait for every one of them.
function inFirstPicture(id: string, graph: Graph, seen = new Set<string>()): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  const module = graph.getModuleInfo(id);
  if (module === null) return false;
  return module.isEntry || module.importers.some((importer) => inFirstPicture(importer, graph, seen));
}

export default defineConfig(({ mode }) => ({
  plugins: [tailwindcss(), plainIcons(), svelte(), ...(mode === "fake" ? [fakeBackend()] : [])],
  resolve: {
    alias: { "$sentences": fileURLToPath(new URL("../backend/locale", import.meta.url)) },
    // Svelte's state classes run in the tests as they do in the window, not as they would on a server.
    ...(mode === "test" ? { conditions: ["browser"] } : {}),
  },
  server: { host: "127.0.0.1", fs: { allow: [".."] } },
  build: {
    target: "safari16.4",
    // A data: URL in place of a small file would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 350,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [{ debugName: "first", name: (id, graph) => (inFirstPicture(id, graph) ? "first" : null) }],
        },
      },
    },
  },
  test: { environment: "node", include: ["test/**/*.test.ts"], setupFiles: ["test/setup.ts"] },
}));
