/**
 * Makes tars of any form, well-formed or not, for tests: every field can be given
 * as a value or as its raw bytes, and nothing is checked.
 *
 * ```ts
 * const tar = new TarBuilder()
 *   .file("a", "content", { uid: 1000, pax: { mtime: "1.5", "SCHILY.xattr.user.a": "b" } })
 *   .add({ name: "d", type: "5", mode: 0o755 })
 *   .sparse("s", { form: "pax-1.0", size: 1 << 20, data: [[4096, "data"]] })
 *   .end().bytes();
 * ```
 */

/** Text is taken as UTF-8. */
export type Bytes = string | Uint8Array;
/** A number is written in octal where it fits, else base-256; text or bytes stand in the field as they are. */
export type NumberField = number | bigint | Bytes;
/** PAX records, in order; pairs where a key comes twice or is no text. */
export type PaxInput = Readonly<Record<string, Bytes>> | readonly (readonly [Bytes, Bytes])[];

/** What a header can be given. */
export interface HeaderInput {
  readonly name?: Bytes;
  /** One character; "0" by default. */
  readonly type?: string;
  readonly mode?: NumberField;
  readonly uid?: NumberField;
  readonly gid?: NumberField;
  /** By default the content's length. */
  readonly size?: NumberField;
  readonly mtime?: NumberField;
  readonly linkName?: Bytes;
  readonly deviceMajor?: NumberField;
  readonly deviceMinor?: NumberField;
  /** For the formats "ustar" and "star". */
  readonly prefix?: Bytes;
  /** For the formats "gnu" and "star". */
  readonly atime?: NumberField;
  readonly ctime?: NumberField;
  /** "ustar" by default. */
  readonly format?: "v7" | "ustar" | "star" | "gnu";
  /** "signed" as Sun's tar; or what stands there. */
  readonly checksum?: "unsigned" | "signed" | number;
  /** Bytes put into the header before its checksum is made, by offset. */
  readonly patch?: readonly (readonly [number, Bytes])[];
}

/** What an entry can be given besides its header. */
export interface EntryInput extends HeaderInput {
  readonly content?: Bytes;
  /** Local records, in a header of their own before. */
  readonly pax?: PaxInput;
  /** GNU's headers of type L and K before. */
  readonly longName?: Bytes;
  readonly longLink?: Bytes;
  /** Without the padding behind the content. */
  readonly unpadded?: boolean;
}

/** A sparse file: what of it there is, by offset. */
export interface SparseInput {
  readonly form: "old-gnu" | "pax-0.0" | "pax-0.1" | "pax-1.0";
  readonly size: number | bigint;
  readonly data: readonly (readonly [number, Bytes])[];
  /** The map where it is not what `data` says: offset, length. */
  readonly map?: readonly (readonly [number | bigint, number | bigint])[];
}

const blockSizeBytes = 512;

/** The bytes of a text, or the bytes. */
export function toBytes(value: Bytes): Uint8Array {
  return typeof value === "string" ? new TextEncoder().encode(value) : value;
}

/** One after the other. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A number as GNU's base-256: two's complement, the first bit set. */
export function base256(value: number | bigint, sizeBytes: number): Uint8Array {
  const field = new Uint8Array(sizeBytes);
  let rest = BigInt(value);
  for (let at = sizeBytes - 1; at >= 0; at--) {
    field[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  field[0] = (field[0] as number) | 0x80;
  return field;
}

/** A number's field: octal digits and a NUL where they fit. */
export function numberField(value: NumberField, sizeBytes: number): Uint8Array {
  if (typeof value !== "number" && typeof value !== "bigint") return toBytes(value);
  const digits = value.toString(8).padStart(sizeBytes - 1, "0");
  return value >= 0 && digits.length < sizeBytes ? toBytes(`${digits}\0`) : base256(value, sizeBytes);
}

/** A header's block. */
export function makeHeader(input: HeaderInput): Uint8Array {
  const { format = "ustar", name = "", linkName = "", type = "0", checksum = "unsigned" } = input;
  const block = new Uint8Array(blockSizeBytes);
  const put = (offset: number, sizeBytes: number, value: Bytes): void =>
    block.set(toBytes(value).subarray(0, sizeBytes), offset);
  const number = (offset: number, sizeBytes: number, value: NumberField): void =>
    put(offset, sizeBytes, numberField(value, sizeBytes));
  put(0, 100, name);
  number(100, 8, input.mode ?? 0o644);
  number(108, 8, input.uid ?? 0);
  number(116, 8, input.gid ?? 0);
  number(124, 12, input.size ?? 0);
  number(136, 12, input.mtime ?? 0);
  put(156, 1, type);
  put(157, 100, linkName);
  if (format !== "v7") {
    put(257, 8, format === "gnu" ? "ustar  \0" : "ustar\x0000");
    number(329, 8, input.deviceMajor ?? 0);
    number(337, 8, input.deviceMinor ?? 0);
  }
  if (input.prefix !== undefined) put(345, format === "star" ? 131 : 155, input.prefix);
  if (input.atime !== undefined) number(format === "star" ? 476 : 345, 12, input.atime);
  if (input.ctime !== undefined) number(format === "star" ? 488 : 357, 12, input.ctime);
  if (format === "star") put(508, 4, "tar\0");
  for (const [offset, value] of input.patch ?? []) put(offset, blockSizeBytes - offset, value);
  block.fill(0x20, 148, 156);
  const sum = block.reduce((sum, byte) => sum + (checksum === "signed" && byte > 127 ? byte - 256 : byte), 0);
  const stored = typeof checksum === "number" ? checksum : sum;
  put(148, 8, `${stored.toString(8).padStart(6, "0")}\0 `);
  return block;
}

/** `<length> <key>=<value>\n`, the length counting itself. */
export function paxRecord(key: Bytes, value: Bytes): Uint8Array {
  const rest = concatBytes([toBytes(" "), toBytes(key), toBytes("="), toBytes(value), toBytes("\n")]);
  let length = rest.length + 1;
  while (`${length}`.length + rest.length !== length) length = `${length}`.length + rest.length;
  return concatBytes([toBytes(`${length}`), rest]);
}

/** Records one after the other. */
export function paxRecords(records: PaxInput): Uint8Array {
  const pairs = Array.isArray(records)
    ? (records as readonly (readonly [Bytes, Bytes])[])
    : Object.entries(records);
  return concatBytes(pairs.map(([key, value]) => paxRecord(key, value)));
}

/** Builds an archive entry by entry. */
export class TarBuilder {
  readonly #parts: Uint8Array[] = [];
  #sizeBytes = 0;

  /** An entry with all that comes before and behind its header. */
  add({ content = "", pax, longName, longLink, unpadded = false, ...header }: EntryInput): this {
    if (pax !== undefined) this.add({ name: "PaxHeaders/0", type: "x", content: paxRecords(pax) });
    const gnu = { name: "././@LongLink", format: "gnu" } as const;
    if (longLink !== undefined) {
      this.add({ ...gnu, type: "K", content: concatBytes([toBytes(longLink), new Uint8Array(1)]) });
    }
    if (longName !== undefined) {
      this.add({ ...gnu, type: "L", content: concatBytes([toBytes(longName), new Uint8Array(1)]) });
    }
    const bytes = toBytes(content);
    this.raw(makeHeader({ size: bytes.length, ...header }));
    this.raw(bytes);
    return unpadded ? this : this.pad();
  }

  /** A regular file. */
  file(name: Bytes, content: Bytes = "", options: EntryInput = {}): this {
    return this.add({ name, content, ...options });
  }

  /** A global PAX header. */
  global(records: PaxInput, options: HeaderInput = {}): this {
    return this.add({ name: "pax_global_header", type: "g", content: paxRecords(records), ...options });
  }

  /** A sparse file in one of the four forms. */
  sparse(name: Bytes, { form, size, data, map }: SparseInput, options: EntryInput = {}): this {
    // A file that is all hole has one entry at its end, as GNU tar writes it.
    const given =
      data.length === 0
        ? [[size, 0] as const]
        : data.map(([at, bytes]) => [at, toBytes(bytes).length] as const);
    const entries = map ?? given;
    const content = concatBytes(data.map(([, bytes]) => toBytes(bytes)));
    if (form === "old-gnu") return this.#oldGnuSparse({ name, content, ...options }, size, entries);
    const numbers = entries.flatMap(([offset, length]) => [`${offset}`, `${length}`]);
    const own = Array.isArray(options.pax) ? options.pax : Object.entries(options.pax ?? {});
    if (form === "pax-1.0") {
      const lines = toBytes(`${[entries.length, ...numbers].join("\n")}\n`);
      const padding = new Uint8Array(-lines.length & (blockSizeBytes - 1));
      const version = [
        ["GNU.sparse.major", "1"],
        ["GNU.sparse.minor", "0"],
        ["GNU.sparse.name", name],
        ["GNU.sparse.realsize", `${size}`],
      ] as const;
      const stored = concatBytes([lines, padding, content]);
      return this.add({ name: "GNUSparseFile.0/s", content: stored, ...options, pax: [...own, ...version] });
    }
    const list: readonly (readonly [string, string])[] =
      form === "pax-0.1"
        ? [["GNU.sparse.map", numbers.join(",")]]
        : numbers.map((value, i) => [i % 2 === 0 ? "GNU.sparse.offset" : "GNU.sparse.numbytes", value]);
    const pax = [
      ...own,
      ["GNU.sparse.size", `${size}`],
      ["GNU.sparse.numblocks", `${entries.length}`],
      ...list,
    ];
    return this.add({ name, content, ...options, pax: pax as PaxInput });
  }

  /** Anything, as it is. */
  raw(bytes: Bytes): this {
    const part = toBytes(bytes);
    this.#parts.push(part);
    this.#sizeBytes += part.length;
    return this;
  }

  /** Zeros up to the next whole block. */
  pad(): this {
    return this.raw(new Uint8Array(-this.#sizeBytes & (blockSizeBytes - 1)));
  }

  /** The end marker, or so many blocks of zeros. */
  end(blocks = 2): this {
    return this.raw(new Uint8Array(blocks * blockSizeBytes));
  }

  /** The archive so far. */
  bytes(): Uint8Array<ArrayBuffer> {
    return concatBytes(this.#parts);
  }

  #oldGnuSparse(
    { content = "", ...input }: EntryInput,
    size: number | bigint,
    map: readonly (readonly [number | bigint, number | bigint])[],
  ): this {
    const entries = map.map(([offset, length]) =>
      concatBytes([numberField(offset, 12), numberField(length, 12)]),
    );
    const groups = [entries.slice(0, 4)];
    for (let at = 4; at < entries.length; at += 21) groups.push(entries.slice(at, at + 21));
    const flag = (index: number): Uint8Array => Uint8Array.of(index < groups.length - 1 ? 1 : 0);
    const patch = [
      [386, concatBytes(groups[0] as Uint8Array[])],
      [482, flag(0)],
      [483, numberField(size, 12)],
      ...(input.patch ?? []),
    ] as const;
    const bytes = toBytes(content);
    this.add({ type: "S", format: "gnu", size: bytes.length, ...input, patch });
    for (const [index, group] of groups.slice(1).entries()) {
      const block = new Uint8Array(blockSizeBytes);
      block.set(concatBytes(group));
      block.set(flag(index + 1), 504);
      this.raw(block);
    }
    return this.raw(bytes).pad();
  }
}
