/** Random and mutated tars, seen by our reader and by Go's own. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SeededRandom } from "../verity/seeded-random.ts";
import { GoProgram, skipGo } from "./go-program.ts";
import { loadGoldenTars } from "./golden-tars.ts";
import { type Listing, levelled, listTar } from "./listing.ts";
import { mutateTar, randomTar } from "./random-tar.ts";
import { inChunks } from "./read-tar.ts";

const batch = 4000;

describe.skipIf(skipGo)("Go's archive/tar (skipped where Go is missing)", () => {
  let go: GoProgram<Listing>;
  beforeAll(() => {
    go = new GoProgram("go-reader.go");
  });
  afterAll(() => go[Symbol.dispose]());

  async function expectSame(tars: readonly Uint8Array[]): Promise<Map<string, number>> {
    const theirs = await go.answers(tars);
    const errors = new Map<string, number>();
    for (const [i, tar] of tars.entries()) {
      const expected = levelled(theirs[i] as Listing);
      expect(withinSafeSizes(levelled(await listTar(inChunks(tar, 1000))), expected), `tar ${i}`).toEqual(
        expected,
      );
      errors.set(expected.error, (errors.get(expected.error) ?? 0) + 1);
    }
    return errors;
  }

  test.each(Array.from({ length: 20 }, (_, i) => i))("random tars, seed %d", async (seed) => {
    const random = new SeededRandom(seed);
    const errors = await expectSame(Array.from({ length: batch }, () => randomTar(random)));
    expect(errors.get("")).toBeGreaterThan(batch / 4);
    expect(errors.get("malformed")).toBeGreaterThan(batch / 20);
    expect(errors.get("truncated")).toBeGreaterThan(batch / 40);
  });

  test.each([1, 2, 3, 4, 5])("mutated golden tars, seed %d", async (seed) => {
    const random = new SeededRandom(seed);
    const bases = loadGoldenTars().filter(({ bytes }) => bytes.length > 0 && bytes.length < 50_000);
    const tars = Array.from({ length: batch }, () => mutateTar(random.pick(bases).bytes, random));
    expect((await expectSame(tars)).get("")).toBeGreaterThan(batch / 20);
  });
});

/** A size of 2^53 or more is refused at once; Go hands it on, to fail where its content is not there. */
function withinSafeSizes(ours: Listing, expected: Listing): Listing {
  const next = expected.entries[ours.entries.length];
  const isUnsafe = next !== undefined && !Number.isSafeInteger(Number(next.numbers[0]));
  return isUnsafe && ours.error === "does-not-fit" ? expected : ours;
}
