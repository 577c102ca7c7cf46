/** H11 once more, with the wrapper that is meant for hosts that never answer. */
import { expect, test } from "vitest";
import { DeadlineDevice } from "../../src/device/deadline-device.ts";
import { VerityDevice } from "../../src/verity/device.ts";
import { expectTrue, refusal } from "./hosted-volume.ts";
import { type Behaviour, HostileDevice } from "./hostile-device.ts";
import { makeVolume } from "./reference-volume.ts";

const hang: Behaviour = () => new Promise(() => {});

test("behind a deadline it is a DeviceError, and the device stays usable", async () => {
  const volume = makeVolume(300);
  const data = new HostileDevice(volume.data);
  const hash = new HostileDevice(volume.hash);
  const device = await VerityDevice.open({
    data: new DeadlineDevice(data, { deadlineMs: 30 }),
    hash: new DeadlineDevice(hash, { deadlineMs: 30 }),
    identity: volume.identity,
  });
  hash.behaviour = hang;
  expect(await refusal(device, 0, 512)).toMatchObject({ name: "DeviceError", code: "device-timeout" });
  hash.behaviour = ({ honest }) => honest();
  data.behaviour = hang;
  const stuck = Array.from({ length: 60 }, () => refusal(device, 0, 512));
  for (const error of await Promise.all(stuck)) expect(error).toMatchObject({ code: "device-timeout" });
  data.behaviour = ({ honest }) => honest();
  await expectTrue(device, volume, 0, volume.data.length);
  await device.close();
});
