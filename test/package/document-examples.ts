/** Examples of documents, compiled and run as they stand there against the packed package. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A document of the repository. */
export function readDocument(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** The fenced blocks of a language, in order. */
export function codeBlocks(document: string, language: string): string[] {
  return [...document.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, fence, code = ""]) =>
    fence === language ? [code] : [],
  );
}

/** A folder inside the consumer's, so that the package is found, with an image and a tar to work on. */
export function workFolder(name: string): string {
  const folder = join(inject("consumer"), name);
  mkdirSync(folder);
  writeFileSync(join(folder, "layer.img"), new Uint8Array(1024 * 1024).fill(0x2a));
  mkdirSync(join(folder, "root/etc"), { recursive: true });
  writeFileSync(join(folder, "root/etc/hostname"), "a-host\n");
  execFileSync("tar", ["-cf", join(folder, "layer.tar"), "-C", join(folder, "root"), "."]);
  return folder;
}

/** Compiles a program strictly in a folder, runs it there, and gives what it prints. */
export function runExample(folder: string, code: string): string {
  writeFileSync(join(folder, "example.ts"), code);
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
  return execFileSync(process.execPath, ["example.js"], options);
}
