/** The demonstration as a process: what a script gets of it. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("--json prints one document, and it ends with 0", () => {
  const options = { cwd: root, encoding: "utf8" } as const;
  execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", "bench"], options);
  const json = JSON.parse(execFileSync(process.execPath, ["build/demo/main.js", "--json"], options));
  expect(json.ok).toBe(true);
  expect(json.attacks.length).toBeGreaterThan(20);
  expect(json.attacks.filter(({ holds }: { holds: boolean }) => !holds)).toEqual([]);
});
