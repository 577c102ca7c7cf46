/** Names, targets and content as text or as bytes. */
import { UsageError } from "../errors.ts";
import type { TreeOptions } from "./file-tree.ts";

/** The names of the one encoding of text that there is; in either case. */
export type TextEncoding = "utf8" | "utf-8";

/** Text, or bytes as they are: names need not be UTF-8, and as text such ones show U+FFFD. */
export type TreeEncoding = TextEncoding | "buffer";

/** What names and targets come as. */
export interface EncodingOptions extends TreeOptions {
  /** `"utf8"` unless set. */
  readonly encoding?: TreeEncoding;
}

/** Options, or an encoding in their place, as Node takes them. */
export function optionsOf<Options extends object>(
  options: TreeEncoding | Options | null | undefined,
): Partial<Options & { readonly encoding: TreeEncoding }> {
  if (typeof options !== "string") return options ?? {};
  return { encoding: options } as Partial<Options & { readonly encoding: TreeEncoding }>;
}

/**
 * Bytes in the form that was asked for.
 *
 * @throws {UsageError} `invalid-argument` for another encoding.
 */
export function encode(
  bytes: Uint8Array,
  { encoding = "utf8" }: { readonly encoding?: TreeEncoding | null },
): string | Uint8Array {
  if (encoding === "buffer" || encoding === null) return bytes;
  checkTextEncoding(encoding);
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/**
 * Checks the encoding of text that is given or wanted: what is written as another one would be wrong, and nobody told.
 *
 * @param encoding absent, `null` and `"buffer"` say nothing of text.
 * @throws {UsageError} `invalid-argument` for one that is not UTF-8.
 */
export function checkTextEncoding(encoding: unknown): void {
  if (encoding === undefined || encoding === null || encoding === "buffer") return;
  if (typeof encoding === "string" && /^utf-?8$/i.test(encoding)) return;
  throw new UsageError("invalid-argument", `encoding ${String(encoding)} is neither utf8 nor buffer`);
}
