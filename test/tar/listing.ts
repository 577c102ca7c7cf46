/** What a tar holds, in the form that `go-reader.go` prints. */
import { createHash } from "node:crypto";
import { toHex } from "../../src/bytes/hex.ts";
import { FormatError } from "../../src/errors.ts";
import { type TarEntry, TarReader, type TarSource, type TarTime, tarType } from "../../src/tar/index.ts";

/** One entry: names, keys and values in hex, numbers and times in decimal. */
export interface ListedEntry {
  readonly name: string;
  readonly link: string;
  readonly type: number;
  /** Size, mode, uid, gid, device major, device minor. */
  readonly numbers: readonly string[];
  /** Modified, accessed, changed: seconds, a dot, nanoseconds; empty where there is none. */
  readonly times: readonly string[];
  readonly pax: Readonly<Record<string, string>>;
  /** SHA-256; empty for no content, or more than 8 MiB of it. */
  readonly content: string;
}

/** A tar's entries up to its end or to an error. */
export interface Listing {
  readonly entries: readonly ListedEntry[];
  /** Empty where there is none. */
  readonly error: string;
}

const skippedSizeBytes = 8 << 20;

/** Lists a tar with our reader. */
export async function listTar(source: TarSource): Promise<Listing> {
  const reader = new TarReader(source);
  const entries: ListedEntry[] = [];
  try {
    for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
      const hash = createHash("sha256");
      let sizeBytes = 0;
      const finish = (): void => {
        const content = sizeBytes === 0 ? "" : hash.digest("hex");
        entries.push(listEntry(entry as TarEntry, content));
      };
      try {
        while (entry.sizeBytes <= skippedSizeBytes) {
          const piece = await reader.read();
          if (piece === undefined) break;
          hash.update(piece.kind === "data" ? piece.bytes : new Uint8Array(piece.lengthBytes));
          sizeBytes += piece.kind === "data" ? piece.bytes.length : piece.lengthBytes;
        }
      } finally {
        finish();
      }
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { entries, error: classOf(error) };
  }
  return { entries, error: "" };
}

/** Go does not tell a bad checksum from any other malformed field. */
function classOf({ code }: FormatError): string {
  return code === "bad-field" || code === "bad-magic" ? "malformed" : code;
}

function listEntry(entry: TarEntry, content: string): ListedEntry {
  const { mode, uid, gid, deviceMajor, deviceMinor, sizeBytes } = entry;
  const when = (time: TarTime | undefined): string => (time ? `${time.seconds}.${time.nanoseconds}` : "");
  const bytes = (text: string): string =>
    toHex(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  return {
    name: toHex(entry.name),
    link: toHex(entry.linkName),
    type: entry.type,
    numbers: [sizeBytes, mode, uid, gid, deviceMajor, deviceMinor].map(String),
    times: [entry.modifiedAt, entry.accessedAt, entry.changedAt].map(when),
    pax: Object.fromEntries([...entry.paxRecords].map(([key, value]) => [bytes(key), toHex(value)])),
    content,
  };
}

/**
 * Levels what is known to differ: Go hands on the size that a header without content
 * claims, and drops a global header's records by chance in the midst of taking them in.
 */
export function levelled({ entries, error }: Listing): Listing {
  return {
    error,
    entries: entries.map((entry) => {
      const headerOnly = entry.type >= tarType.hardLink && entry.type <= tarType.fifo;
      const dropped = entry.type === tarType.globalHeader && Object.keys(entry.pax).length === 0;
      return {
        ...entry,
        name: dropped ? "" : entry.name,
        numbers: headerOnly ? ["0", ...entry.numbers.slice(1)] : entry.numbers,
      };
    }),
  };
}
