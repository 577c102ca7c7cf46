import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  // Node 20 has no `await using`: the tests are compiled down as the package is.
  oxc: { target: "es2022" },
  test: {
    // A loop over an empty list passes whatever the code does: each test must have asserted something.
    expect: { requireAssertions: true },
    coverage: { provider: "v8", include: ["src/**/*.ts"], exclude: ["**/*.generated.ts"] },
    projects: [
      {
        extends: true,
        test: {
          name: "normal",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.slow.test.ts"],
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
    ],
  },
});

export default config;
