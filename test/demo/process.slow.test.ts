/** The demonstration as a process: what a script gets of it. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const options = { cwd: root, encoding: "utf8" } as const;

beforeAll(() => {
  execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", "bench"], options);
});

test("--json prints one document, and it ends with 0", () => {
  const json = JSON.parse(execFileSync(process.execPath, ["build/demo/main.js", "--json"], options));
  expect(json.ok).toBe(true);
  expect(json.attacks.length).toBeGreaterThan(20);
  expect(json.attacks.filter(({ holds }: { holds: boolean }) => !holds)).toEqual([]);
});

test("a reader that has read enough is no error, and decides nothing", async () => {
  const child = spawn(process.execPath, ["build/demo/main.js"], {
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaints = "";
  child.stderr.on("data", (chunk) => {
    complaints += chunk;
  });
  const [first] = await once(child.stdout, "data");
  expect(String(first)).toContain("The image attw");
  child.stdout.destroy();
  const [code] = await once(child, "exit");
  expect({ code, complaints }).toEqual({ code: 0, complaints: "" });
});
