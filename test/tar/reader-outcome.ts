/** What the tests of the reader share: an archive's only entry, and why one is refused. */
import { expect } from "vitest";
import { FormatError } from "../../src/errors.ts";
import type { TarEntry } from "../../src/tar/index.ts";
import { type ReadEntry, readTar } from "./read-tar.ts";
import { type EntryInput, TarBuilder } from "./tar-builder.ts";

/** Bytes as text. */
export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** The one entry of an archive. */
export async function only(tar: TarBuilder): Promise<ReadEntry> {
  const entries = await readTar([tar.end().bytes()]);
  expect(entries).toHaveLength(1);
  return entries[0] as ReadEntry;
}

/** What a header and what comes before it are read as. */
export async function entryOf(input: EntryInput): Promise<TarEntry> {
  return (await only(new TarBuilder().add(input))).entry;
}

/** Code and place of an archive's refusal. */
export async function refusal(
  tar: TarBuilder | Uint8Array,
): Promise<{ code: string; at: FormatError["at"] }> {
  const bytes = tar instanceof Uint8Array ? tar : tar.end().bytes();
  const error = await readTar([bytes]).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FormatError);
  const { code, at } = error as FormatError;
  return { code, at };
}
