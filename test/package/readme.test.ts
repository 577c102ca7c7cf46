/** What the README shows is compiled and run as it stands there, against the packed package. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, inject, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

/** The fenced blocks of a language, in order. */
function codeBlocks(language: string): string[] {
  return [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, fence, code = ""]) =>
    fence === language ? [code] : [],
  );
}

/** A folder inside the consumer's, so that the package is found, with an image and a tar to work on. */
function workFolder(name: string): string {
  const folder = join(inject("consumer"), name);
  mkdirSync(folder);
  writeFileSync(join(folder, "layer.img"), new Uint8Array(1024 * 1024).fill(0x2a));
  mkdirSync(join(folder, "root/etc"), { recursive: true });
  writeFileSync(join(folder, "root/etc/hostname"), "a-host\n");
  execFileSync("tar", ["-cf", join(folder, "layer.tar"), "-C", join(folder, "root"), "."]);
  return folder;
}

const examples = [
  { name: "the library's example", prints: "identity.dataBlocks, block[4095]", printed: "256 42\n" },
  { name: "the example of a layer", prints: "text, rootHash.length", printed: "a-host\n 32\n" },
  {
    name: "the example of a root",
    prints: "changes.length, changes[0]?.slice(0, 15)",
    printed: "1 ~ /etc/hostname\n",
  },
] as const;

test.each(examples.map((example, i) => ({ ...example, i })))("$name", ({ prints, printed, i }) => {
  const blocks = codeBlocks("ts");
  expect(blocks).toHaveLength(examples.length);
  const folder = workFolder(`example-${i}`);
  writeFileSync(join(folder, "example.ts"), `${blocks[i]}\nconsole.log(${prints});\n`);
  const compilerOptions = {
    target: "es2022",
    lib: ["es2022", "esnext.disposable"],
    module: "nodenext",
    strict: true,
    noUncheckedIndexedAccess: true,
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["example.ts"] }));
  const options = { cwd: folder, encoding: "utf8" } as const;
  execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", folder], options);
  expect(execFileSync(process.execPath, ["example.js"], options)).toBe(printed);
});

test("the command's examples", () => {
  const lines = codeBlocks("sh").flatMap((block) => block.trim().split("\n"));
  const examples = lines.filter((line) => /^(echo .*\| )?sealstone /.test(line));
  expect(examples.length).toBeGreaterThan(0);
  const cwd = workFolder("commands");
  const PATH = `${join(inject("consumer"), "node_modules/.bin")}:${process.env["PATH"]}`;
  const env = { ...process.env, PATH };
  const output = examples
    .map((line) => execFileSync("sh", ["-c", line], { cwd, env, encoding: "utf8", stdio: "pipe" }))
    .join("");
  expect(output).toMatch(/^Root hash: +\t[0-9a-f]{64}$/m);
  expect(readFileSync(join(cwd, "tree.html"), "utf8")).toContain("</html>");
});

test("every document that it names is there", () => {
  const documents = [...readme.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, path = ""]) => path);
  expect(documents.length).toBeGreaterThan(0);
  expect(documents.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
