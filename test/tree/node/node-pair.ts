/** The same calls on Node's own `fs/promises`, in a folder, and on a tree: answers, errors and what they leave. */
import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { WritableTreeFiles } from "../../../src/tree/writable-tree-files.ts";
import { WritableMemoryTree } from "../writable-memory-tree.ts";

/** The superuser alone can do on a machine what anybody can in a tree. */
export const skipUnlessRoot: boolean = process.getuid?.() !== 0 && process.env["CI"] === undefined;

/** A call by its name in Node's API; paths begin with a slash. */
export type Call = readonly [name: string, ...rest: unknown[]];

/** What is common to both APIs, as far as the tests call it. */
// biome-ignore lint/suspicious/noExplicitAny: calls are data here, as any caller of JavaScript makes them.
export type AnyFiles = Record<string, (...rest: any[]) => Promise<any>>;

/** How many folders a way out of the tree would have to go up before it reached the machine. */
const nesting = 12;

/** Marks arguments that are paths, or targets that may be. */
const pathPattern = /^\//u;

export class NodePair {
  readonly tree: WritableMemoryTree = new WritableMemoryTree();
  readonly files: WritableTreeFiles = new WritableTreeFiles(this.tree, { umask: process.umask() });
  readonly #outer: string;
  readonly #root: string;

  private constructor(outer: string, root: string) {
    this.#outer = outer;
    this.#root = root;
  }

  static async make(): Promise<NodePair> {
    const outer = await fs.mkdtemp(path.join(os.tmpdir(), "sealstone-pair-"));
    const root = path.join(outer, ...Array.from({ length: nesting }, () => "d"));
    await fs.mkdir(root, { recursive: true });
    return new NodePair(outer, root);
  }

  /** What Node's own answers. */
  host(call: Call): Promise<string> {
    return this.#answer(fs as unknown as AnyFiles, call, (text) => `${this.#root}${text}`);
  }

  /** What the tree's answers. */
  own(call: Call): Promise<string> {
    return this.#answer(this.files as unknown as AnyFiles, call, (text) => text);
  }

  /** What one of the two says of a path. */
  async statOf(side: "host" | "own", at: string): Promise<{ mtimeMs: number; atimeMs: number; mtime: Date }> {
    return side === "own" ? await this.files.stat(at) : await fs.stat(`${this.#root}${at}`);
  }

  /** All that is in the folder and in the tree, as lines. */
  async states(): Promise<readonly [host: readonly string[], own: readonly string[]]> {
    const host = await describe(fs as unknown as AnyFiles, this.#root);
    const own = await describe(this.files as unknown as AnyFiles, "");
    return [host.map((line) => this.#clean(line)), own];
  }

  async remove(): Promise<void> {
    await fs.rm(this.#outer, { recursive: true, force: true });
  }

  async #answer(files: AnyFiles, [name, ...rest]: Call, map: (text: string) => string): Promise<string> {
    const mapped = rest.map((argument) =>
      typeof argument === "string" && pathPattern.test(argument) ? map(argument) : argument,
    );
    try {
      const answer = name === "handle" ? await useHandle(files, mapped) : await files[name]?.(...mapped);
      const shown = show(answer);
      return shown === this.#root ? "/" : this.#clean(shown);
    } catch (error) {
      const {
        code,
        errno,
        syscall,
        message,
        path: at,
        dest,
      } = error as NodeJS.ErrnoException & { dest?: string };
      if (code === undefined) throw error;
      return this.#clean(JSON.stringify({ code, errno, syscall, at, dest, message }));
    }
  }

  #clean(text: string): string {
    return text.replaceAll(this.#root, "");
  }
}

/** Opens a file, does what is asked for one thing after the other, and closes it. */
async function useHandle(files: AnyFiles, [at, flags, mode, ...steps]: unknown[]): Promise<unknown> {
  const handle = await files["open"]?.(at, flags, mode);
  const answers: unknown[] = [];
  try {
    for (const [name, ...rest] of steps as Call[]) {
      try {
        const answer = await handle[name](...rest);
        answers.push(`${answers.length} ${show(answer)}`);
      } catch (error) {
        answers.push((error as Error).message);
      }
    }
  } finally {
    await handle.close();
  }
  return answers;
}

function show(answer: unknown): string {
  if (ArrayBuffer.isView(answer)) {
    const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
    return bytes.length > 64 ? createHash("sha256").update(bytes).digest("hex") : bytes.toString("hex");
  }
  if (Array.isArray(answer)) return `[${answer.map(show).sort().join(", ")}]`;
  if (typeof answer !== "object" || answer === null) return String(answer);
  if ("mode" in answer) return showStats(answer as Awaited<ReturnType<typeof fs.stat>>);
  if ("parentPath" in answer) {
    const entry = answer as { parentPath: string; name: string; isDirectory(): boolean; isFile(): boolean };
    return `${entry.parentPath}/${entry.name} ${entry.isDirectory()} ${entry.isFile()}`;
  }
  return `{${Object.entries(answer)
    .map(([key, value]) => `${key}: ${show(value)}`)
    .join(", ")}}`;
}

function showStats(stats: Awaited<ReturnType<typeof fs.stat>>): string {
  const { mode, uid, gid, nlink, size } = stats;
  const of = stats.isDirectory() || stats.isSymbolicLink() ? "" : ` ${nlink} links ${size} bytes`;
  return `${mode.toString(8)} ${uid}:${gid}${of}`;
}

async function describe(files: AnyFiles, root: string): Promise<string[]> {
  const lines: string[] = [];
  const first = new Map<number, string>();
  const enter = async (directory: string): Promise<void> => {
    const names: string[] = await files["readdir"]?.(directory || "/");
    for (const name of names.sort()) {
      const at = `${directory}/${name}`;
      const stats = await files["lstat"]?.(at);
      const same = first.get(stats.ino) ?? "";
      if (!stats.isDirectory()) first.set(stats.ino, same || at);
      let content = "";
      if (stats.isSymbolicLink()) content = await files["readlink"]?.(at);
      if (stats.isFile())
        content = createHash("sha256")
          .update(await files["readFile"]?.(at))
          .digest("hex");
      lines.push(`${at} ${showStats(stats)} ${same} ${content}`);
      if (stats.isDirectory()) await enter(at);
    }
  };
  await enter(root);
  return lines;
}
