import { describe, expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { verifyVerity } from "../../src/verity/verify.ts";
import { type Corruption, corruptedVolume, corruptions } from "./corruptions.ts";
import { goldenData, goldenFile, goldenIdentity, goldenPlacement, goldenVolumes } from "./golden.ts";
import { verdictLikeVeritysetup } from "./veritysetup.ts";

describe("golden volumes verify", () => {
  const volumes = goldenVolumes.filter(({ data_in_hash_file }) => !data_in_hash_file);
  test.each(volumes)("$name", async (volume) => {
    const report = await verifyVerity({
      data: new MemoryDevice(goldenData(volume)),
      hash: new MemoryDevice(goldenFile(volume.hash_file)),
      identity: goldenIdentity(volume),
      placement: goldenPlacement(volume),
    });
    expect(report).toMatchObject({ ok: true, rootHashMatches: true, badHashBlocks: [], readFailures: [] });
    expect(report.unreadableBlocks.blocks).toBe(0);
    expect(report.firstMismatch).toBeUndefined();
  });
});

describe("corrupted volumes", () => {
  const verify = (corruption: Corruption) => {
    const { data, hash, volume, rootHash } = corruptedVolume(corruption);
    return verifyVerity({
      data: new MemoryDevice(data),
      hash: new MemoryDevice(hash),
      identity: { ...goldenIdentity(volume), rootHash },
      placement: goldenPlacement(volume),
    });
  };
  const separate = corruptions.filter(({ base }) => !base.includes("same"));
  const padded = separate.filter(({ name }) => name === "sb-pad2-changed");
  const taken = separate.filter((corruption) => !padded.includes(corruption));
  const plain = taken.filter(({ base, open_opts, kernel }) => {
    return !base.includes("fec") && open_opts === "" && kernel["6.12"]?.bad_blocks !== undefined;
  });

  test.each(plain)("$name: the blocks that the kernels refuse", async (corruption) => {
    const report = await verify(corruption);
    const versions = ["6.12", "uml"].map((version) => corruption.kernel[version]);
    for (const version of versions) {
      expect(report.unreadableBlocks.numbers()).toEqual(version?.bad_blocks);
      expect(report.ok).toBe(version?.bad_blocks?.length === 0);
    }
  });

  test.each(taken)("$name: the place that veritysetup names", async (corruption) => {
    const { rc, line } = verdictLikeVeritysetup(await verify(corruption));
    expect(line).toBe(corruption.userspace_verify.out.split("\n")[0]);
    if (!corruption.base.includes("fec")) expect(rc).toBe(corruption.userspace_verify.rc);
  });

  test.each(padded)("$name: refused, where veritysetup looks away", async (corruption) => {
    expect(corruption.userspace_verify.rc).toBe(0);
    await expect(verify(corruption)).rejects.toThrow(
      expect.objectContaining({ name: "FormatError", code: "bad-padding" }),
    );
  });
});
