/**
 * Turns a tar's entries into the files of a compact image, one after the other
 * as hcsshim does (`ext4/tar2ext4/tar2ext4.go`, `ConvertTarToExt4`). An equal
 * root hash needs equal rules, so oddities are kept: see `docs/ext4.md`.
 */
import { latin1FromBytes } from "../bytes/latin1.ts";
import { FormatError } from "../errors.ts";
import { type CompactFile, compactFile } from "../ext4/compact-file.ts";
import { cleanPath } from "../ext4/compact-path.ts";
import type { CompactImage, CompactWriter } from "../ext4/compact-writer.ts";
import { fileTypeMode } from "../ext4/inode.ts";
import { type TarContent, type TarEntry, tarType } from "../tar/tar-entry.ts";
import type { ConvertOptions } from "./layer-options.ts";

/** Where entries come from: a `TarReader`. */
export interface TarEntries {
  /** The next entry; undefined behind the last. */
  next(): Promise<TarEntry | undefined>;
  /** The next piece of the current entry's content; undefined behind the last. */
  read(): Promise<TarContent | undefined>;
}

const slash = 0x2f;
const dot = 0x2e;
const backslash = 0x5c;
const whiteoutPrefix = ".wh.";
const opaqueWhiteout = ".wh..wh..opq";
const opaqueXattr = "trusted.overlay.opaque";

const noXattrs: ReadonlyMap<string, Uint8Array> = new Map();

/** The type bits by type flag. Whatever is not here becomes a regular file, global headers too. */
const typeModes: ReadonlyMap<number, number> = new Map<number, number>([
  [tarType.file, fileTypeMode.regular],
  [tarType.symlink, fileTypeMode.symlink],
  [tarType.characterDevice, fileTypeMode.character],
  [tarType.blockDevice, fileTypeMode.block],
  [tarType.directory, fileTypeMode.directory],
  [tarType.fifo, fileTypeMode.fifo],
]);

/**
 * Writes all entries and closes the writer.
 *
 * @param tar entries that nobody checked.
 * @param writer a new one; after an error its image is lost.
 * @throws {FormatError} as the tar's reader and the writer throw; those of the writer with the
 *   entry's `offsetBytes` in the tar, and its path, in `at`.
 */
export async function convertTar(
  tar: TarEntries,
  writer: CompactWriter,
  options: ConvertOptions = {},
): Promise<CompactImage> {
  for (let entry = await tar.next(); entry !== undefined; entry = await tar.next()) {
    try {
      if (await writeEntry(entry, writer, options)) await copyContent(tar, writer);
    } catch (error) {
      throw located(error, entry);
    }
  }
  return writer.close();
}

/** Writes one entry up to its content; true where its content is to follow. */
async function writeEntry(
  entry: TarEntry,
  writer: CompactWriter,
  { convertWhiteout = false, convertBackslash = false }: ConvertOptions,
): Promise<boolean> {
  const name = convertBackslash ? withSlashes(entry.name) : entry.name;
  const linkName = convertBackslash ? withSlashes(entry.linkName) : entry.linkName;
  const path = cleanPath(name);
  await writer.makeParents(path);
  // The base name is cut off before cleaning: `a/.wh.b/` is a file of that name.
  const baseStart = name.lastIndexOf(slash) + 1;
  // Few names begin with a dot: the others need not become a string for this.
  const base = convertWhiteout && name[baseStart] === dot ? latin1FromBytes(name.subarray(baseStart)) : "";
  if (base.startsWith(whiteoutPrefix)) {
    const directory = name.subarray(0, baseStart);
    if (base === opaqueWhiteout) await markOpaque(directory, writer);
    else await writeWhiteout(directory, name.subarray(baseStart + whiteoutPrefix.length), writer);
    return false;
  }
  if (entry.type === tarType.hardLink) {
    await writer.link(cleanPath(linkName), path);
    return false;
  }
  await writer.create(path, fileOf(entry, linkName));
  return true;
}

/** Creates a directory again as it is, marked as one that hides the layers below. */
async function markOpaque(directory: Uint8Array, writer: CompactWriter): Promise<void> {
  const path = cleanPath(directory);
  const file = await writer.stat(path);
  const xattrs = new Map([...file.xattrs, [opaqueXattr, Uint8Array.of(0x79)] as const]);
  await writer.create(path, { ...file, xattrs });
}

/** Creates the device that hides a file of the layers below. A name of dots is cleaned like any other. */
async function writeWhiteout(
  directory: Uint8Array,
  hidden: Uint8Array,
  writer: CompactWriter,
): Promise<void> {
  const name = new Uint8Array(directory.length + hidden.length + 1);
  name.set(directory);
  name[directory.length] = slash;
  name.set(hidden, directory.length + 1);
  await writer.create(cleanPath(name), compactFile({ mode: fileTypeMode.character }));
}

async function copyContent(tar: TarEntries, writer: CompactWriter): Promise<void> {
  for (let piece = await tar.read(); piece !== undefined; piece = await tar.read()) {
    const writing = piece.kind === "data" ? writer.write(piece.bytes) : writer.writeZeros(piece.lengthBytes);
    if (writing) await writing;
  }
}

/** What an entry's header says of its file. Wider numbers are cut to what an inode holds, as Go does. */
function fileOf(entry: TarEntry, linkName: Uint8Array): CompactFile {
  const typeMode = typeModes.get(entry.type) ?? fileTypeMode.regular;
  return {
    mode: lowBits(entry.mode, 12) | typeMode,
    uid: lowBits(entry.uid, 32),
    gid: lowBits(entry.gid, 32),
    sizeBytes: entry.sizeBytes,
    accessedAt: entry.accessedAt,
    changedAt: entry.changedAt,
    modifiedAt: entry.modifiedAt,
    // A tar knows no time of creation.
    createdAt: entry.modifiedAt,
    deviceMajor: lowBits(entry.deviceMajor, 32),
    deviceMinor: lowBits(entry.deviceMinor, 32),
    linkName,
    xattrs:
      entry.xattrs.length === 0
        ? noXattrs
        : new Map(entry.xattrs.map(({ name, value }) => [latin1FromBytes(name), value])),
  };
}

function lowBits(value: bigint, bits: number): number {
  return Number(BigInt.asUintN(bits, value));
}

function withSlashes(name: Uint8Array): Uint8Array {
  return name.map((byte) => (byte === backslash ? slash : byte));
}

/** The writer's error with the place in the tar; the reader's own has it. */
function located(error: unknown, entry: TarEntry): unknown {
  if (!(error instanceof FormatError) || error.at.offsetBytes !== undefined) return error;
  const at = {
    path: new TextDecoder().decode(entry.name),
    ...error.at,
    offsetBytes: entry.offsetBytes,
  };
  return new FormatError(error.code, error.message, { at, cause: error });
}
