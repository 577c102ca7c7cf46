/**
 * The runtimes that the package promises to run in. `.ci/run` installs them from
 * npm into a folder of its own and names it in `SEALSTONE_RUNTIMES`.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** A runtime, and how it is asked to run a file. */
export interface Runtime {
  readonly name: string;
  /** Absent where the runtime is not installed. */
  readonly binary: string | undefined;
  /** What stands before the file's name. */
  readonly arguments: readonly string[];
}

const folder = process.env["SEALSTONE_RUNTIMES"];

/** The Node that runs the tests, and every promised runtime. */
export const runtimes: readonly Runtime[] = [
  { name: `this Node ${process.versions.node}`, binary: process.execPath, arguments: [] },
  { name: "Node 20", binary: find("node-20/bin/node"), arguments: [] },
  { name: "Node 22", binary: find("node-22/bin/node"), arguments: [] },
  { name: "Node 24", binary: find("node-24/bin/node"), arguments: [] },
  { name: "Bun", binary: find("bun/bin/bun"), arguments: [] },
  { name: "Deno", binary: find("deno/deno"), arguments: ["run", "--allow-all", "--cached-only"] },
];

function find(path: string): string | undefined {
  const binary = folder === undefined ? "" : join(folder, "node_modules", path);
  return existsSync(binary) ? binary : undefined;
}
