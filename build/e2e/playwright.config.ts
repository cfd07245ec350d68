import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable"];
const executablePath = process.env["RELINK_CHROMIUM"] ?? browsers.find((path) => existsSync(path));

export default defineConfig({
  testDir: "specs",
  // Each test starts an app with a window of its own; one at a time is what two cores carry.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  forbidOnly: process.env["CI"] !== undefined,
  use: {
    browserName: "chromium",
    viewport: { width: 1120, height: 760 },
    locale: "en-US",
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: { executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] },
  },
});
