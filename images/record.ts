/** What the attw image must come out as: committed, so that a machine on which it differs is seen. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { toHex } from "sealstone/bytes";
import { buildLayer } from "sealstone/layer";
import type { RecipeImage } from "./recipe-image.ts";

/** One layer's part. */
export interface LayerRecord {
  readonly name: string;
  readonly entries: number;
  readonly sizeBytes: number;
  readonly diffId: string;
  /** Of the layer image made with the options that policies are made with. */
  readonly rootHash: string;
}

/** The whole. */
export interface ImageRecord {
  readonly digest: string;
  readonly layers: readonly LayerRecord[];
}

/** The record of an image as it was made. */
export async function recordOf({ digest, layers }: RecipeImage): Promise<ImageRecord> {
  const records: LayerRecord[] = [];
  for (const { name, entries, tar, diffId } of layers) {
    const { rootHash } = await buildLayer([tar]);
    records.push({ name, entries, sizeBytes: tar.length, diffId, rootHash: toHex(rootHash) });
  }
  return { digest, layers: records };
}

/** The committed record of the image of that name. */
export async function readRecord(root: string, name: string): Promise<ImageRecord> {
  return JSON.parse(await readFile(recordPath(root, name), "utf8")) as ImageRecord;
}

/** Writes the record to be committed. */
export async function writeRecord(root: string, name: string, record: ImageRecord): Promise<void> {
  await writeFile(recordPath(root, name), `${JSON.stringify(record, null, 2)}\n`);
}

function recordPath(root: string, name: string): string {
  return join(root, "images", `${name}-image.json`);
}
