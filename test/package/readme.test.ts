/** What the README shows is compiled and run as it stands there, against the packed package. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, inject, test } from "vitest";
import { writeAgentFiles } from "../cli/agent-files.ts";
import { codeBlocks, readDocument, runExample, workFolder } from "./document-examples.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const readme = readDocument("README.md");

const examples = [
  {
    name: "the example of an agent",
    prints:
      'agent.state().mounts.length, await agent.container("c0".repeat(32))?.root.readFile("/etc/release", "utf8")',
    printed: "4 one\n\n",
  },
  { name: "the library's example", prints: "identity.dataBlocks, block[4095]", printed: "256 42\n" },
  { name: "the example of a layer", prints: "text, rootHash.length", printed: "a-host\n 32\n" },
  {
    name: "the example of a root",
    prints: "changes.length, changes[0]?.slice(0, 15)",
    printed: "1 ~ /etc/hostname\n",
  },
] as const;

test.each(examples.map((example, i) => ({ ...example, i })))("$name", async ({ prints, printed, i }) => {
  const blocks = codeBlocks(readme, "ts");
  expect(blocks).toHaveLength(examples.length);
  const folder = workFolder(`example-${i}`);
  await writeAgentFiles(folder);
  expect(runExample(folder, `${blocks[i]}\nconsole.log(${prints});\n`)).toBe(printed);
});

test("the command's examples", async () => {
  const lines = codeBlocks(readme, "sh").flatMap((block) => block.trim().split("\n"));
  const examples = lines.filter((line) => /^(echo .*\| )?sealstone /.test(line));
  expect(examples.length).toBeGreaterThan(0);
  const cwd = workFolder("commands");
  await writeAgentFiles(cwd);
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
