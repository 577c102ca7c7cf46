/**
 * Tests in a browser. They have a file of their own, since which they are is known only by reading
 * all sources, and the other one is read anew for each of its projects.
 */
import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { listPortableTests } from "./test/browser/portable-tests.ts";
import { everywhere } from "./vitest.config.ts";

/** Debian's chromium: kept from asking the network for anything but the tests. */
const chromium = playwright({
  launchOptions: {
    executablePath: process.env["SEALSTONE_CHROMIUM"] ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  },
});

const config: ViteUserConfig = defineConfig({
  ...everywhere,
  // The packed package stands outside the repository; its dependencies are ES modules and need no bundling.
  // Shared memory is to be had by isolated pages alone.
  server: {
    fs: { strict: false },
    headers: {
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
    },
  },
  optimizeDeps: { noDiscovery: true },
  test: {
    ...everywhere.test,
    name: "browser",
    include: ["test/browser/*.test.ts", ...listPortableTests()],
    globalSetup: "test/package/consumer.setup.ts",
    testTimeout: 120_000,
    isolate: false,
    restoreMocks: true,
    browser: {
      enabled: true,
      headless: true,
      provider: chromium,
      instances: [{ browser: "chromium" }],
      screenshotFailures: false,
    },
  },
});

export default config;
