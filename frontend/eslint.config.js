import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

export default ts.config(
  { ignores: ["dist/", "wailsjs/", "node_modules/"] },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: { allowDefaultProject: ["*.js"] }, extraFileExtensions: [".svelte"] },
    },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/consistent-type-assertions": ["error", { assertionStyle: "never" }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "no-undef": "off",
      // The sets here are replaced, never changed where the screen could see it.
      "svelte/prefer-svelte-reactivity": "off",
      "svelte/no-at-html-tags": "error",
      "svelte/no-target-blank": "error",
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["**/wailsjs/**"], message: "Only bridge/ may import wailsjs." }] },
      ],
      "max-lines": ["error", 400],
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
  },
  {
    // What a component passes to another one is typed by svelte-check; the linter sees any there.
    files: ["**/*.svelte"],
    rules: { "@typescript-eslint/no-unsafe-argument": "off", "@typescript-eslint/no-unsafe-assignment": "off", "max-lines": ["error", 150] },
  },
  {
    files: ["src/bridge/**"],
    rules: { "no-restricted-imports": "off", "@typescript-eslint/consistent-type-assertions": "off" },
  },
  // The fake stands where Wails' own objects stand, which no type describes.
  {
    files: ["test/**"],
    rules: { "@typescript-eslint/consistent-type-assertions": "off", "@typescript-eslint/require-await": "off" },
  },
  { files: ["*.js"], ...ts.configs.disableTypeChecked },
);
