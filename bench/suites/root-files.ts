/** Small files in a container's root, beside a file system in memory that checks and keeps nothing. */
import { randomBytes } from "node:crypto";
import { memfs } from "memfs";
import { WritableTreeFiles } from "sealstone/tree";
import type { Contender } from "../measure/interleave.ts";
import { layerOf, openRoot, type Root } from "./root-parts.ts";
import type { Prepared, Suite } from "./suite.ts";

const MiB = 2 ** 20;
const count = 1000;
const folder = "/work";

const about =
  "Through the API, the overlay and ext4, on a sealed scratch in memory; beside it memfs, in the same manner, " +
  "which keeps files as they are and seals and checks nothing.";

/** What is used of `node:fs/promises`, alike in both. */
interface Files {
  open(path: string, flags: string): Promise<FileToWrite>;
  mkdir(path: string): Promise<unknown>;
  rm(path: string, options: { readonly recursive: boolean; readonly force: boolean }): Promise<void>;
  stat(path: string): Promise<{ readonly size: number | bigint }>;
}

interface FileToWrite {
  write(content: Uint8Array): Promise<unknown>;
  close(): Promise<void>;
}

export const rootCreates: Suite = {
  name: "root-creates",
  title: "A container's root: making small files",
  about: `${about} A call is a file made, written and closed: ${count} of them in a new directory, and at the end a flush of ours.`,
  pace: { rounds: 15, timeMs: 150 },
  prepare: () =>
    withRoot((ours, theirs, root) => {
      const sizes = [1024, 4096];
      const pairs = sizes.map((bytes) => {
        const size = `${bytes / 1024} KiB`;
        return [`sealstone, files of ${size}`, `memfs, files of ${size}`, bytes] as const;
      });
      return {
        contenders: pairs.flatMap(([our, their, bytes]) => [
          creates(our, ours, bytes, () => root.tree.flush()),
          creates(their, theirs, bytes, async () => {}),
        ]),
        // No slower than a fifth of it.
        ratios: pairs.map(([of, to]) => ({ of, to, atLeast: 0.2 })),
      };
    }),
};

export const rootStats: Suite = {
  name: "root-stats",
  title: "A container's root: stat of small files",
  about: `${about} A call is a stat by path: of ${count} files in one directory, each in its turn.`,
  pace: { rounds: 15, timeMs: 100 },
  prepare: () =>
    withRoot(async (ours, theirs) => {
      const [our, their] = ["sealstone, stat", "memfs, stat"];
      for (const files of [ours, theirs]) {
        await files.mkdir(folder);
        await makeFiles(files, new Uint8Array(1024));
      }
      return {
        contenders: [stats(our, ours), stats(their, theirs)],
        ratios: [{ of: our, to: their, atLeast: 0.2 }],
      };
    }),
};

async function withRoot(
  prepare: (
    ours: Files,
    theirs: Files,
    root: Root,
  ) => Omit<Prepared, "close"> | Promise<Omit<Prepared, "close">>,
): Promise<Prepared> {
  const layer = await layerOf(new Map([["etc/hostname", new Uint8Array(8)]]));
  const root = await openRoot([layer], 128 * MiB);
  const files: Files = new WritableTreeFiles(root.tree);
  const prepared = await prepare(files, memfs().fs.promises as unknown as Files, root);
  return {
    ...prepared,
    close: async () => {
      await root.close();
      await layer.close();
    },
  };
}

function creates(name: string, files: Files, bytes: number, flush: () => Promise<void>): Contender {
  const content = new Uint8Array(randomBytes(bytes));
  return {
    name,
    calls: count,
    before: async () => {
      await files.rm(folder, { recursive: true, force: true });
      await files.mkdir(folder);
    },
    run: async () => {
      await makeFiles(files, content);
      await flush();
    },
  };
}

function stats(name: string, files: Files): Contender {
  return {
    name,
    calls: count,
    run: async () => {
      for (let i = 0; i < count; i++) await files.stat(`${folder}/file-${i}`);
    },
  };
}

async function makeFiles(files: Files, content: Uint8Array): Promise<void> {
  for (let i = 0; i < count; i++) {
    const file = await files.open(`${folder}/file-${i}`, "w");
    await file.write(content);
    await file.close();
  }
}
