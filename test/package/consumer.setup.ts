/**
 * Packs the package and installs it into an empty folder outside the repository,
 * where nothing of the repository can be found by accident.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder in which the packed package is installed. */
    readonly consumer: string;
    /** The packed package. */
    readonly tarball: string;
  }
}

const root = fileURLToPath(new URL("../../", import.meta.url));

export function setup(project: TestProject): () => void {
  if (!existsSync(join(root, "dist/index.js")))
    throw new Error("nothing is built: run `npm run build` first");
  const consumer = mkdtempSync(join(tmpdir(), "sealstone-consumer-"));
  // Without scripts: they would build into `dist` while other tests run from it.
  const packed = npm(root, "pack", "--ignore-scripts", "--silent", "--pack-destination", consumer).trim();
  const tarball = join(consumer, packed);
  writeFileSync(join(consumer, "package.json"), `${JSON.stringify({ private: true, type: "module" })}\n`);
  npm(consumer, "install", "--no-audit", "--no-fund", "--prefer-offline", tarball);
  cpSync(join(root, "test/package/program"), consumer, { recursive: true });
  project.provide("consumer", consumer);
  project.provide("tarball", tarball);
  return () => rmSync(consumer, { recursive: true });
}

function npm(cwd: string, ...args: string[]): string {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}
