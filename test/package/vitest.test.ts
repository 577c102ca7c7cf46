/** `sealstone/vitest` in a project of a user's: an image opened once, a fresh scratch a test, and what a failed one changed. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, inject, test } from "vitest";
import { ImageBuilder, oneFileTar } from "../oci/image-builder.ts";

const modules = fileURLToPath(new URL("../../node_modules/", import.meta.url));

const source = `import { expect } from "vitest";
import { mountImage } from "sealstone/vitest";

const test = mountImage("image", {
  digest: "DIGEST",
  platform: { platform: { os: "linux", architecture: "amd64", variant: undefined }, required: false },
});
let image: object | undefined;

test("a change", async ({ root, image: opened }) => {
  image = opened;
  await root.writeFile("/motd", "changed");
  expect(await root.readFile("/motd", "utf8")).toBe("changed");
});

test("is not another test's", async ({ root, image: opened }) => {
  expect(await root.readFile("/motd", "utf8")).toBe("hello");
  expect(opened).toBe(image);
});

test("fails", async ({ root }) => {
  await root.mkdir("/etc");
  await root.writeFile("/etc/new", "");
  await root.rm("/motd");
  expect(await root.readdir("/")).toEqual([]);
});

test("fails and changed nothing", async ({ root }) => {
  expect(root.isReadOnly).toBe(true);
});

test.concurrent("one of two at once", async ({ root }) => {
  await root.writeFile("/mine", "");
  expect(await root.readdir("/")).toContain("mine");
});

test.concurrent("the other", async ({ root }) => {
  expect(await root.readdir("/")).not.toContain("mine");
});
`;

/** A project beside the installed package, with vitest in it. */
function project(): string {
  const consumer = inject("consumer");
  const folder = mkdtempSync(join(consumer, "vitest-"));
  const builder = new ImageBuilder();
  const image = builder.addImage({ layers: [{ tar: oneFileTar("motd", "hello") }] });
  mkdirSync(join(folder, "image"));
  builder.layout(image).writeTo(join(folder, "image"));
  // Where the package itself finds it too.
  symlinkSync(join(modules, "vitest"), join(consumer, "node_modules/vitest"));
  writeFileSync(join(folder, "image.test.ts"), source.replace("DIGEST", image.digest));
  return folder;
}

test("fixtures of an image", () => {
  const folder = project();
  const compilerOptions = {
    target: "es2022",
    lib: ["es2022", "esnext.disposable", "dom"],
    module: "nodenext",
    strict: true,
  };
  const types = { noEmit: true, skipLibCheck: true, types: ["node"], typeRoots: [join(modules, "@types")] };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...compilerOptions, ...types }, files: ["image.test.ts"] }),
  );
  expect(execFileSync(join(modules, ".bin/tsc"), ["-p", folder], { encoding: "utf8" })).toBe("");

  const vitest = join(modules, "vitest/vitest.mjs");
  const args = [vitest, "run", "--reporter=json", "--outputFile=out.json", "--reporter=default"];
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: "utf8",
    env: ownEnvironment(),
  });
  expect(status).toBe(1);
  const { testResults } = JSON.parse(readFileSync(join(folder, "out.json"), "utf8"));
  const found = testResults[0].assertionResults.map(
    ({ title, status, failureMessages }: { title: string; status: string; failureMessages: string[] }) => ({
      title,
      status,
      failures: failureMessages.length,
    }),
  );
  expect(found).toEqual([
    { title: "a change", status: "passed", failures: 0 },
    { title: "is not another test's", status: "passed", failures: 0 },
    { title: "fails", status: "failed", failures: 2 },
    { title: "fails and changed nothing", status: "failed", failures: 1 },
    { title: "one of two at once", status: "passed", failures: 0 },
    { title: "the other", status: "passed", failures: 0 },
  ]);
  const shown = "the test that failed had changed these files:\n  + /etc/\n  + /etc/new\n  - /motd";
  expect(testResults[0].assertionResults[2].failureMessages[1]).toContain(shown);
  expect(stderr).toContain(shown);
});

/** Without what tells vitest that it runs inside vitest, or in CI. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(?:VITEST|NODE_ENV|TEST|CI|FORCE_COLOR)/.test(name),
  );
  return { ...Object.fromEntries(own), NO_COLOR: "1" };
}
