/** What an archive names, by our own reader of tars. */
import { createReadStream } from "node:fs";
import { TarReader, tarType } from "../../src/tar/index.ts";

/** What an archive has entries for; paths are cleaned, as latin1, and the top is "". */
export interface ArchiveNames {
  /** Its folders with an entry of their own. */
  readonly folders: ReadonlySet<string>;
  /** Folders that it comes back to after something outside of them. */
  readonly revisited: ReadonlySet<string>;
  /** Whether it takes names of lower layers away. */
  readonly whiteouts: boolean;
}

/** Reads the names of a plain tar. */
export async function archiveNames(archive: string): Promise<ArchiveNames> {
  const reader = new TarReader(createReadStream(archive));
  const folders = new Set<string>();
  const visits = new Visits();
  let whiteouts = false;
  for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
    const parts = Buffer.from(entry.name).toString("latin1").split("/");
    const names = parts.filter((part) => part !== "" && part !== ".");
    const isFolder = entry.type === tarType.directory;
    if (isFolder) folders.add(names.join("/"));
    visits.visit(isFolder ? names : names.slice(0, -1));
    whiteouts ||= parts.some((part) => part.startsWith(".wh."));
  }
  return { folders, revisited: visits.revisited, whiteouts };
}

/** Follows an archive through its folders. */
class Visits {
  readonly revisited: Set<string> = new Set();
  readonly #left: Set<string> = new Set();
  #open: readonly string[] = [];

  /** The folder of these names is made, or something in it. */
  visit(names: readonly string[]): void {
    const now = names.map((_, depth) => names.slice(0, depth + 1).join("/"));
    for (const folder of this.#open) if (!now.includes(folder)) this.#left.add(folder);
    for (const folder of now) if (this.#left.has(folder)) this.revisited.add(folder);
    this.#open = now;
  }
}
