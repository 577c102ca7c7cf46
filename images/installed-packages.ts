/**
 * A real image on any machine that has run `npm ci`: the project's installed
 * packages as one archive, cut to whole blocks.
 */
import { createWriteStream } from "node:fs";
import { readdir, stat, truncate } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { packTar, type TarSource } from "modern-tar/fs";

/** What was written. */
export interface PackagesArchive {
  readonly files: number;
  readonly sizeBytes: number;
}

/**
 * Writes all files below `root`'s `node_modules` to `file` as a tar archive,
 * in the order of their names and without times and owners, and pads it with
 * zeros to whole blocks.
 */
export async function archiveInstalledPackages(
  root: string,
  file: string,
  blockSize: number,
): Promise<PackagesArchive> {
  const entries = await readdir(join(root, "node_modules"), { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((name) => !name.startsWith("node_modules/."))
    .sort();
  const sources = names.map((name): TarSource => {
    return {
      type: "file",
      source: join(root, name),
      target: name,
      mtime: new Date(0),
      uid: 0,
      gid: 0,
      mode: 0o644,
    };
  });
  await pipeline(packTar(sources, { concurrency: 1 }), createWriteStream(file));
  const sizeBytes = await padToBlock(file, blockSize);
  return { files: names.length, sizeBytes };
}

async function padToBlock(file: string, blockSize: number): Promise<number> {
  const sizeBytes = Math.ceil((await stat(file)).size / blockSize) * blockSize;
  await truncate(file, sizeBytes);
  return sizeBytes;
}
