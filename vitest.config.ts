import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { listPortableTests } from "./test/browser/portable-tests.ts";

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
  // Node 20 has no `await using`: the tests are compiled down as the package is.
  oxc: { target: "es2022" },
  test: {
    // One worker a core; vitest leaves one of them idle.
    maxWorkers: "100%",
    // A loop over an empty list passes whatever the code does: each test must have asserted something.
    expect: { requireAssertions: true },
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      exclude: [
        "**/*.generated.ts",
        // Tested in processes and threads of their own, from `dist`, where the report does not see them.
        "src/cli/**",
        "src/crypto/{web-worker,worker-jobs,worker-thread.node}.ts",
        "src/image/layer-{threads,worker}.node.ts",
        "src/verity/digest-*.ts",
      ],
      thresholds: { statements: 95, branches: 90, functions: 95, lines: 95 },
    },
    projects: [
      {
        extends: true,
        test: {
          name: "normal",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.slow.test.ts", "test/{package,browser}/**"],
          // A process and a module graph a worker, not a file: `src` holds no state at module level, and what a
          // test replaces is put back before the next.
          isolate: false,
          restoreMocks: true,
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "slow",
          include: ["test/**/*.slow.test.ts"],
          testTimeout: 1_800_000,
        },
      },
      {
        extends: true,
        test: {
          name: "package",
          include: ["test/package/*.test.ts"],
          globalSetup: "test/package/consumer.setup.ts",
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
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
      },
    ],
  },
});

export default config;
