/**
 * Each read of a call on a cold tree fails, for each of some calls: the call rejects with what the device threw, as it
 * is, nothing has changed, and the same call again does what it does where nothing fails. An abort while a read is
 * under way is no other case.
 */
import { expect, test } from "vitest";
import { DeviceError } from "../../src/errors.ts";
import {
  chosenCalls,
  list,
  nodeAt,
  openCold,
  preparedBytes,
  preparedImage,
  remove,
  SetClock,
  wideDirectory,
} from "./cold-calls.ts";
import { tiny } from "./cold-costs.ts";
import { ColdDevice, complaintsOfChunks } from "./cold-device.ts";
import { afterwards, failings, playAllFailing } from "./cold-failures.ts";
import { describeWithLoopMounts } from "./loop-mount.ts";

describeWithLoopMounts("a read that fails on a cold tree", () => {
  test("takes the call with it, and nothing else", async () => {
    const start = { sizeBytes: preparedBytes, image: await preparedImage() };
    let turn = 0;
    const { played, noticed } = await playAllFailing(start, chosenCalls(), () => {
      turn += 1;
      // One in three; all of them are a slow test.
      if (turn % 3 > 0) return [];
      return [[failings[(turn / 3) % 3] ?? "once", afterwards[Math.floor(turn / 9) % 3] ?? "look"]];
    });
    expect(played).toBeGreaterThan(50);
    expect(noticed).toBeGreaterThan(played / 2);
  });

  test("keeps nothing of a file that has lost its name from being let go of", async () => {
    const image = await preparedImage(wideDirectory());
    let failures = 0;
    for (let failsAt = 1; failsAt <= 2; failsAt++) {
      const device = new ColdDevice(preparedBytes, image);
      const tree = await openCold(device, new SetClock(), tiny);
      const { freeBlocks, freeInodes } = await tree.statfs();
      const file = await tree.openWritable(await nodeAt(tree, "sparse"));
      await remove("unlink", "sparse").run(tree);
      await file.write(0, new Uint8Array(10_000).fill(1));
      await tree.flush();
      await list("wide").run(tree);
      expect(complaintsOfChunks(preparedBytes, device.content())).toBe("");
      const start = device.reads;
      device.onRead = (read) => {
        if (read - start !== failsAt) return;
        failures += 1;
        throw new DeviceError("device-failed", `read ${failsAt} fails`);
      };
      await file.close();
      device.onRead = () => undefined;
      await tree.flush();
      const after = await tree.statfs();
      // 350 blocks and those of its tree, which has two leaves.
      expect(after).toMatchObject({ freeBlocks: freeBlocks + 352, freeInodes: freeInodes + 1 });
      await tree.close();
      expect(complaintsOfChunks(preparedBytes, device.content())).toBe("");
    }
    expect(failures).toBeGreaterThan(0);
  });
});
