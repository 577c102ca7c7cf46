/** A layer's tar out of its blob: given only where all of it, to the last byte, is what the image says. */
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { ArchiveStore } from "../../src/oci/archive-store.ts";
import type { LayerBlob } from "../../src/oci/image-source.ts";
import { withLayerTar } from "../../src/oci/layer-tar.ts";
import { LayoutSource } from "../../src/oci/layout.ts";
import { TarReader } from "../../src/tar/tar-reader.ts";
import { TarBuilder } from "../tar/tar-builder.ts";
import { collect } from "./collect.ts";
import { digestOf, ImageBuilder, type LayerInput, ociLayer } from "./image-builder.ts";
import { storedZstd } from "./stored-zstd.ts";

/** With bytes behind the archive's end, which belong to the diff-id too. */
const tar = new TarBuilder().file("a", "x".repeat(700_000)).end().bytes();
const tail = new Uint8Array([...tar, ...new Uint8Array(300_000).fill(7)]);

async function layerOf(input: LayerInput): Promise<{ source: LayoutSource; layer: LayerBlob }> {
  const builder = new ImageBuilder();
  const image = builder.addImage({ layers: [input] });
  const device = new MemoryDevice(builder.layout(image).toTar());
  const source = new LayoutSource(await ArchiveStore.open(device));
  const [layer] = (await source.resolve()).layers;
  if (layer === undefined) throw new Error("the layer is missing");
  return { source, layer };
}

const firstName = async (stream: AsyncIterable<Uint8Array>): Promise<string> =>
  new TextDecoder().decode((await new TarReader(stream).next())?.name);

describe("a layer", () => {
  test.each<[string, LayerInput]>([
    ["uncompressed", { tar: tail, compression: "none" }],
    ["in gzip", { tar: tail }],
    ["in gzip of two members", { tar: tail, compression: "double-gzip" }],
    ["in zstd", { tar: tail, blob: storedZstd(tail), mediaType: `${ociLayer}+zstd` }],
    ["in zstd that is said to be gzip", { tar: tail, blob: storedZstd(tail) }],
    ["in gzip that is said to be nothing", { tar: tail, mediaType: ociLayer }],
    ["empty, in gzip", { tar: new Uint8Array() }],
  ])("%s", async (_, input) => {
    const { source, layer } = await layerOf(input);
    let progress = 0;
    const onProgress = (bytes: number): void => {
      progress += bytes;
    };
    expect(digestOf(await withLayerTar(source, layer, collect, { onProgress }))).toBe(digestOf(input.tar));
    expect(progress).toBe(layer.sizeBytes);
  });

  test("whose first file's name looks like gzip is what its digest says that it is", async () => {
    const disguised = new TarBuilder()
      .file(Uint8Array.of(0x1f, 0x8b, 0x08, 0x00), "x")
      .end()
      .bytes();
    const { source, layer } = await layerOf({ tar: disguised, compression: "none" });
    expect(await withLayerTar(source, layer, collect)).toEqual(disguised);
  });

  test("of which only the beginning is looked at is checked to its end all the same", async () => {
    const { source, layer } = await layerOf({ tar: tail });
    expect(await withLayerTar(source, layer, firstName)).toBe("a");
    const other = await layerOf({ tar: tail, blob: gzipSync(tail.with(tail.length - 1, 8)) });
    await expect(withLayerTar(other.source, other.layer, firstName)).rejects.toMatchObject({
      name: "IntegrityError",
      code: "digest-mismatch",
      message: expect.stringContaining("tar of layer 0"),
    });
  });

  test.each<[string, LayerInput, object]>([
    [
      "with another diff-id",
      { tar, diffId: digestOf(tail) },
      { name: "IntegrityError", code: "digest-mismatch" },
    ],
    [
      "that has bytes more than the diff-id covers",
      { tar, blob: gzipSync(tail) },
      { code: "digest-mismatch" },
    ],
    ["whose gzip is cut", { tar, blob: gzipSync(tar).subarray(0, 500) }, { name: "FormatError" }],
    [
      "whose gzip has a wrong checksum",
      { tar, blob: new Uint8Array(gzipSync(tar)).fill(0, -8) },
      { name: "FormatError" },
    ],
    ["whose zstd is cut", { tar, blob: storedZstd(tar).subarray(0, 5000) }, { name: "FormatError" }],
  ])("%s is refused", async (_, input, expected) => {
    const { source, layer } = await layerOf(input);
    await expect(withLayerTar(source, layer, collect)).rejects.toMatchObject(expected);
  });

  test("a failure of its reader is the reader's own", async () => {
    const { source, layer } = await layerOf({ tar });
    const failure = new Error("no more");
    const use = async (stream: AsyncIterable<Uint8Array>): Promise<void> => {
      for await (const _ of stream) throw failure;
    };
    await expect(withLayerTar(source, layer, use)).rejects.toBe(failure);
  });
});
