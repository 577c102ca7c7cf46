/** As `veritysetup.test.ts`, on many more seeds. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skipVeritysetup } from "./veritysetup.ts";
import { bothWays, breakAndVerify, randomCase } from "./veritysetup-cases.ts";

const cases = Array.from({ length: 400 }, (_, i) => randomCase(1000 + i));

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
