/** Makes gzip members of any form (RFC 1952), in any runtime; nothing is checked. */
import { crc32 } from "hash-wasm";
import { fromHex } from "../../src/bytes/index.ts";
import { concatBytes, toBytes } from "./tar-builder.ts";

/** What a member's header has besides what each has. */
export interface GzipHeaderInput {
  readonly method?: number;
  /** Set besides those that the fields set. */
  readonly flags?: number;
  readonly extra?: Uint8Array;
  readonly name?: string;
  readonly comment?: string;
  /** True: the right one; a number stands there as it is. */
  readonly headerCrc?: boolean | number;
}

const textFlag = 1;
const headerCrcFlag = 2;
const extraFlag = 4;
const nameFlag = 8;
const commentFlag = 16;

/** Flags that say nothing to a reader, and those that RFC 1952 keeps back. */
export const gzipFlags: { readonly text: number; readonly reserved: number } = {
  text: textFlag,
  reserved: 0xe0,
};

/** One member. */
export async function gzipMember(data: Uint8Array, input: GzipHeaderInput = {}): Promise<Uint8Array> {
  const trailer = concatBytes([littleEndian(await crcOf(data), 4), littleEndian(data.length, 4)]);
  return concatBytes([await gzipHeader(input), await deflateRaw(data), trailer]);
}

/** A member's header: 10 bytes and the fields. */
export async function gzipHeader(input: GzipHeaderInput): Promise<Uint8Array> {
  const { method = 8, extra, name, comment, headerCrc = false } = input;
  const flags =
    (input.flags ?? 0) |
    (extra === undefined ? 0 : extraFlag) |
    (name === undefined ? 0 : nameFlag) |
    (comment === undefined ? 0 : commentFlag) |
    (headerCrc === false ? 0 : headerCrcFlag);
  const header = concatBytes([
    Uint8Array.of(0x1f, 0x8b, method, flags, 1, 2, 3, 4, 2, 3),
    ...(extra === undefined ? [] : [littleEndian(extra.length, 2), extra]),
    ...(name === undefined ? [] : [toBytes(`${name}\0`)]),
    ...(comment === undefined ? [] : [toBytes(`${comment}\0`)]),
  ]);
  if (headerCrc === false) return header;
  const crc = headerCrc === true ? await crcOf(header) : headerCrc;
  return concatBytes([header, littleEndian(crc, 2)]);
}

async function crcOf(bytes: Uint8Array): Promise<number> {
  return new DataView(fromHex(await crc32(bytes), "a CRC").buffer).getUint32(0);
}

/** The platform's own deflate. */
async function deflateRaw(data: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([new Uint8Array(data)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function littleEndian(value: number, sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, i) => (value >>> (8 * i)) & 255);
}
