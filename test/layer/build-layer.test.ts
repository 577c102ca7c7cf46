/** Whole layer images against hcsshim's own: every golden tar under every set of options. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { FormatError } from "../../src/errors.ts";
import { buildLayer } from "../../src/layer/build-layer.ts";
import { layerOptionSets } from "../../src/layer/layer-options.ts";
import { MemoryTarget } from "../../src/layer/memory-target.ts";
import { goldenTars, goldenUuid } from "./golden-layers.ts";

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A tar in chunks of an odd size, as a pipe may give it. */
function* inChunks(bytes: Uint8Array, sizeBytes = 60_001): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.slice(at, at + sizeBytes);
}

/** What Go's error texts mean, as our codes. */
const errorClasses: readonly (readonly [text: RegExp, codes: readonly FormatError["code"][]])[] = [
  [/cannot (?:overwrite|replace|orphan)/, ["cannot-replace"]],
  [/path not found/, ["missing-parent"]],
  [/file not found/, ["missing-target"]],
  [/invalid name/, ["bad-name"]],
  [/invalid tar header/, ["bad-magic", "bad-field"]],
  [/unexpected EOF/, ["truncated"]],
  [/could not fit xattr/, ["does-not-fit"]],
  [/cannot be a directory/, ["is-directory"]],
];

describe("golden layers", () => {
  describe.each(goldenTars())("$name", ({ results, bytes }) => {
    test.each(results)("%s", async (set, golden) => {
      const layer = layerOptionSets[set];
      const target = new MemoryTarget();
      const building = buildLayer(inChunks(bytes()), { layer, target, uuid: goldenUuid });
      if ("error" in golden) {
        const error = await building.then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        expect(error).toBeInstanceOf(FormatError);
        const [, codes = []] = errorClasses.find(([text]) => text.test(golden.error)) ?? [];
        expect(codes, golden.error).toContain((error as FormatError).code);
        return;
      }
      const { rootHash, ext4SizeBytes, imageSizeBytes } = await building;
      expect({ rootHash: toHex(rootHash), ext4SizeBytes, imageSizeBytes }).toEqual({
        rootHash: golden.verity_root_hash,
        ext4SizeBytes: golden.ext4_size,
        imageSizeBytes: golden.image_size,
      });
      const image = target.bytes;
      expect(image.length).toBe(golden.image_size);
      expect(sha256(image.subarray(0, ext4SizeBytes))).toBe(golden.ext4_sha256);
      expect(sha256(image)).toBe(golden.image_sha256);
    });
  });
});
