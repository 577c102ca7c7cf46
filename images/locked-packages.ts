/**
 * The npm packages that a tool runs with, as the lockfile pins them and
 * `npm ci` installed them: the same files on every machine, without the network.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** One installed package. */
export interface LockedPackage {
  /** Its place below the repository, as `node_modules/a/node_modules/b`. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** The lockfile's digest of the package as it was published, as `sha512-…`. */
  readonly integrity: string;
  /** Its files' names below `path`, in byte order, without the packages that stand inside it. */
  readonly files: readonly string[];
  /** Those of `files` that are commands, by the command's name. */
  readonly commands: ReadonlyMap<string, string>;
}

/** A record of `package-lock.json`, as far as it is looked at. */
interface LockRecord {
  readonly version?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly hasInstallScript?: boolean;
}

/**
 * A package and all that it depends on, ordered by path.
 *
 * @param root the repository's folder, with `package-lock.json` and `node_modules`.
 * @throws Error where one of them is not pinned, differs by platform or runs a script when it is installed:
 *   its files would not be the same everywhere.
 */
export async function lockedPackages(root: string, name: string): Promise<LockedPackage[]> {
  const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, LockRecord>>;
  };
  const records = new Map(Object.entries(lock.packages));
  const found = new Map<string, LockRecord>();
  const wanted = [find(records, "", name)];
  for (let path = wanted.pop(); path !== undefined; path = wanted.pop()) {
    const record = records.get(path);
    if (record === undefined || found.has(path)) continue;
    found.set(path, record);
    for (const dependency of Object.keys(record.dependencies ?? {}))
      wanted.push(find(records, path, dependency));
  }
  const paths = [...found.keys()].sort();
  return Promise.all(paths.map((path) => describe(root, path, found.get(path) ?? {})));
}

/** The place from which a package at `from` loads another: its own, else that of the folders around it. */
function find(records: ReadonlyMap<string, LockRecord>, from: string, name: string): string {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("node_modules/") - 1))) {
    const path = `${folder === "" ? "" : `${folder}/`}node_modules/${name}`;
    if (records.has(path)) return path;
    if (folder === "") throw new Error(`package-lock.json has no ${name} for ${from || "the project"}`);
  }
}

async function describe(root: string, path: string, record: LockRecord): Promise<LockedPackage> {
  const { version, integrity } = record;
  if (version === undefined || integrity === undefined) throw new Error(`${path} is not pinned`);
  if (record.os ?? record.cpu ?? record.hasInstallScript) throw new Error(`${path} differs by platform`);
  const entries = await readdir(join(root, path), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(root, path).length + 1))
    .filter((file) => !`/${file}`.includes("/node_modules/"))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const commands = Object.entries(record.bin ?? {}).map(([command, file]) => [command, join(file)] as const);
  const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
  return { path, name, version, integrity, files, commands: new Map(commands) };
}
