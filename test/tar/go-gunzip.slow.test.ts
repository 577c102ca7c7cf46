/** Random and damaged gzip streams, seen by both of our readers and by Go's own. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { gunzipNative } from "../../src/tar/gzip.node.ts";
import { gunzip } from "../../src/tar/index.ts";
import { SeededRandom } from "../verity/seeded-random.ts";
import { GoProgram, skipGo } from "./go-program.ts";
import { collect, randomMembers } from "./gunzip-contract.ts";
import { inChunks } from "./read-tar.ts";
import { concatBytes } from "./tar-builder.ts";

const batch = 1000;

interface GoAnswer {
  readonly content: string;
  readonly error: string;
}

describe.skipIf(skipGo)("Go's compress/gzip (skipped where Go is missing)", () => {
  let go: GoProgram<GoAnswer>;
  beforeAll(() => {
    go = new GoProgram("go-gunzip.go");
  });
  afterAll(() => go[Symbol.dispose]());

  test.each([1, 2, 3, 4, 5, 6])("accepts what ours accept, seed %d", async (seed) => {
    const random = new SeededRandom(seed);
    const streams: Uint8Array[] = [];
    while (streams.length < batch) streams.push(await damaged(random));
    const theirs = await go.answers(streams);
    let accepted = 0;
    for (const [i, stream] of streams.entries()) {
      const { content, error } = theirs[i] as GoAnswer;
      for (const unzip of [gunzip, gunzipNative]) {
        const chunks = inChunks(stream, 1 + random.below(stream.length + 100));
        const ours = await collect(unzip(chunks)).catch((reason: unknown) => reason);
        if (ours instanceof Uint8Array) {
          expect(createHash("sha256").update(ours).digest("hex"), `stream ${i}: ${error}`).toBe(content);
        } else {
          expect(ours, `stream ${i}`).toBeInstanceOf(FormatError);
          // The one that Go has not.
          if (error === "") expect((ours as FormatError).message).toContain("unknown header flags");
        }
      }
      if (error === "") accepted++;
    }
    expect(accepted).toBeGreaterThan(batch / 20);
    expect(accepted).toBeLessThan(batch / 2);
  });
});

/** Members with bits flipped, cut short, with something behind, or whole. */
async function damaged(random: SeededRandom): Promise<Uint8Array> {
  const bytes = (await randomMembers(random, 300)).bytes;
  switch (random.below(6)) {
    case 0:
      return bytes.subarray(0, random.below(bytes.length));
    case 1:
      return concatBytes([bytes, random.bytes(random.below(30))]);
    case 2:
      return concatBytes([bytes, new Uint8Array(random.below(20))]);
    case 3:
      return bytes;
    default:
      for (let flips = 1 + random.below(3); flips > 0; flips--) {
        const at = random.below(bytes.length);
        bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      }
      return bytes;
  }
}
