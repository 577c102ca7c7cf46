/** Block special files, as loop devices of the kernel's. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FileDevice, type FileDeviceOptions } from "../../src/device/file-device.node.ts";
import { formatVerity } from "../../src/verity/format.ts";
import { verifyVerity } from "../../src/verity/verify.ts";
import { describeWithLoopMounts, run } from "../ext4/loop-mount.ts";
import { describeBlockDeviceContract, expectBytes, patternBytes } from "./contract.ts";
import { describeWritableBlockDeviceContract } from "./writable-contract.ts";

const sectorSizeBytes = 512;

/** A loop device over a file with this content, and what takes both away. */
function loopDevice(content: Uint8Array): { path: string; detach: () => Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), "sealstone-loop-"));
  const file = join(folder, "backing.img");
  writeFileSync(file, content);
  const path = run("losetup", ["--find", "--show", file]).trim();
  const detach = async (): Promise<void> => {
    run("losetup", ["--detach", path]);
    rmSync(folder, { recursive: true });
  };
  return { path, detach };
}

async function subjectOf(content: Uint8Array, options: FileDeviceOptions) {
  const { path, detach } = loopDevice(content);
  return {
    device: await FileDevice.open(path, options),
    spoil: () => writeFile(path, new Uint8Array(content.length).fill(0xff), { flag: "r+" }),
    dispose: detach,
  };
}

describeWithLoopMounts("a block special file", () => {
  describeBlockDeviceContract("FileDevice for reading", (content) => subjectOf(content, {}));
  describeWritableBlockDeviceContract("FileDevice", (content) => subjectOf(content, { writable: true }));

  test("has the size that the kernel gives it, in whole sectors", async () => {
    const { path, detach } = loopDevice(patternBytes(9 * sectorSizeBytes));
    try {
      await using device = await FileDevice.open(path);
      expect(device.sizeBytes).toBe(9 * sectorSizeBytes);
      const read = new Uint8Array(700);
      await device.read(device.sizeBytes - 700, read);
      expectBytes(read, patternBytes(9 * sectorSizeBytes).subarray(-700));
    } finally {
      await detach();
    }
  });

  test("carries a verity volume, which veritysetup reads", async () => {
    const data = loopDevice(patternBytes(64 * 4096));
    const hash = loopDevice(new Uint8Array(16 * 4096));
    try {
      const identity = await (async () => {
        await using dataDevice = await FileDevice.open(data.path);
        await using hashDevice = await FileDevice.open(hash.path, { writable: true });
        const made = await formatVerity({ data: dataDevice, hash: hashDevice });
        const report = await verifyVerity({ data: dataDevice, hash: hashDevice, identity: made });
        expect(report.ok).toBe(true);
        return made;
      })();
      const rootHash = Buffer.from(identity.rootHash).toString("hex");
      execFileSync("veritysetup", ["verify", data.path, hash.path, rootHash]);
    } finally {
      await data.detach();
      await hash.detach();
    }
  });
});
