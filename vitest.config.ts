import { defineConfig, type ViteUserConfig } from "vitest/config";

/** What holds of tests wherever they run. */
export const everywhere: ViteUserConfig = {
  // Node 20 has no `await using`: the tests are compiled down as the package is.
  oxc: { target: "es2022" },
  test: {
    // One worker a core; vitest leaves one of them idle.
    maxWorkers: "100%",
    // A loop over an empty list passes whatever the code does: each test must have asserted something.
    expect: { requireAssertions: true },
  },
};

const config: ViteUserConfig = defineConfig({
  ...everywhere,
  test: {
    ...everywhere.test,
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
    ],
  },
});

export default config;
