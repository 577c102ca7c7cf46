/** The real veritysetup, both ways: level boundaries, and parameters made from seeds. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skipVeritysetup } from "./veritysetup.ts";
import { bothWays, breakAndVerify, randomCase, type VeritysetupCase } from "./veritysetup-cases.ts";

const boundaries: VeritysetupCase[] = [7, 8, 9, 63, 64, 65, 511, 512, 513, 4095, 4096, 4097].map(
  (dataBlocks) => ({
    name: `${dataBlocks} blocks where a hash block holds 8 digests`,
    parameters: {
      hashType: 1,
      algorithm: "sha512",
      salt: new Uint8Array(0),
      dataBlockSize: 512,
      hashBlockSize: 512,
    },
    placement: { hashOffsetBytes: 0, superblock: true },
    dataBlocks,
    sameFile: false,
  }),
);

const cases = [...boundaries, ...Array.from({ length: 24 }, (_, seed) => randomCase(seed))];

describe.skipIf(skipVeritysetup)("veritysetup both ways (skipped where it is missing)", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sealstone-veritysetup-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(cases)("$name", async (volume) => {
    const { rootHashes, ...rest } = await bothWays(volume, folder);
    expect(rootHashes.theirs).toBe(rootHashes.ours);
    expect(rest).toEqual({ sameBytes: true, theyVerify: { rc: 0, stdout: "", stderr: "" }, weVerify: true });
  });

  // A volume in one file is broken in the same ways as one in two.
  test.each(cases.filter(({ sameFile }) => !sameFile))("broken: $name", async (volume) => {
    for (const { ours, theirs } of await breakAndVerify(volume, folder)) {
      expect(theirs.rc).not.toBe(0);
      expect(ours).toEqual(theirs);
    }
  });
});
