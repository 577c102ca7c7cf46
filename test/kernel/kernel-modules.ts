/** Kernel modules with what they depend on, in the order in which they must be loaded. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** A module's name (its dashes as they stand in the file's name) and its uncompressed content. */
export interface KernelModule {
  readonly name: string;
  readonly content: Uint8Array;
}

const moduleFile = /\.ko(\.xz)?$/;

function readModule(path: string): Buffer {
  return path.endsWith(".xz")
    ? execFileSync("xz", ["-dc", path], { maxBuffer: 64 * 2 ** 20 })
    : readFileSync(path);
}

/** The module's own word, in its `.modinfo`: `depends=a,b`, NUL-terminated. */
function dependenciesOf(content: Buffer): string[] {
  const start = content.indexOf("\0depends=");
  if (start === -1) return [];
  const text = content.toString("latin1", start + 9, content.indexOf(0, start + 9));
  return text === "" ? [] : text.split(",");
}

/**
 * Reads modules below a folder, each after those it depends on. A name that is no file there is
 * left out: the kernel has it built in, or does not have it at all.
 */
export function readKernelModules(modulesFolder: string, names: readonly string[]): KernelModule[] {
  const files = new Map<string, string>();
  for (const entry of readdirSync(modulesFolder, { recursive: true, encoding: "utf8" })) {
    if (moduleFile.test(entry)) files.set(plainName(entry), join(modulesFolder, entry));
  }
  const ordered = new Map<string, KernelModule>();
  function add(name: string): void {
    const path = files.get(plainName(name));
    if (path === undefined || ordered.has(plainName(name))) return;
    const content = readModule(path);
    for (const dependency of dependenciesOf(content)) add(dependency);
    ordered.set(plainName(name), { name: basename(path).replace(moduleFile, ""), content });
  }
  for (const name of names) add(name);
  return [...ordered.values()];
}

/** Linux holds `-` and `_` for the same in a module's name. */
function plainName(path: string): string {
  return basename(path).replace(moduleFile, "").replaceAll("-", "_");
}
