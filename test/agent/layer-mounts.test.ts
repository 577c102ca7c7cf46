/** Layers: what the policy decides on is what is mounted, and nothing else is. */
import { expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/index.ts";
import { DeviceError, FormatError, IntegrityError, PolicyError, StateError } from "../../src/errors.ts";
import { PolicyDenial } from "../../src/policy/index.ts";
import { HostileDevice } from "../../src/testing/index.ts";
import { TarBuilder } from "../tar/tar-builder.ts";
import {
  idOf,
  imageOf,
  layerDisk,
  modify,
  mountAll,
  overlay,
  policyText,
  scene,
  scratchDisk,
  setPolicy,
  startAgent,
  twoImages,
} from "./agent-scene.ts";

test("a layer's metadata is fetched once for decision and mount together", async () => {
  const [base] = await twoImages();
  const host = new HostileDevice(new MemoryDevice(base.bytes.slice()));
  const policy = policyText([{ layers: [base.rootHash] }]);
  const agent = await startAgent(policy, [["0:0", host]]);
  await agent.handle(setPolicy(policy));
  expect(host.trace).toEqual([]);
  await agent.handle(layerDisk(0));
  const touched = new Map<number, number>();
  for (const { offsetBytes, lengthBytes } of host.trace) {
    for (let at = offsetBytes; at < offsetBytes + lengthBytes; at += 512) {
      const sector = Math.floor(at / 512);
      touched.set(sector, (touched.get(sector) ?? 0) + 1);
    }
  }
  expect(Math.max(...touched.values())).toBe(1);
  // Superblocks of ext4 and verity, the tree's root, the footer: at the least.
  expect(touched.size).toBeGreaterThanOrEqual(8 * 3);
});

test.each([0, 1, 2, 3, 4, 5, 6])(
  "H7: a disk that answers otherwise from read %i on mounts what was decided on, or nothing",
  async (n) => {
    const [base, top] = await twoImages();
    const truth = new MemoryDevice(base.bytes.slice());
    let reads = 0;
    const other = new MemoryDevice(base.bytes.length);
    await other.write(0, top.bytes.subarray(0, base.bytes.length));
    const liar = new MemoryDevice(base.bytes.length);
    liar.read = (offsetBytes, into, options) =>
      (reads++ < n ? truth : other).read(offsetBytes, into, options);
    const policy = policyText([{ layers: [base.rootHash] }]);
    const agent = await startAgent(policy, [["0:0", liar]]);
    await agent.handle(setPolicy(policy));
    const before = agent.state();
    try {
      await agent.handle(layerDisk(0));
      await agent.files("/run/mounts/scsi/m0")?.readFile("/etc/release", "utf8");
      // All that was read was read before the change.
      expect(reads).toBeLessThanOrEqual(n);
    } catch (error) {
      expect(
        [PolicyDenial, FormatError, IntegrityError].some((Class) => error instanceof Class),
        String(error),
      ).toBe(true);
      if (agent.state().mounts.length === 0) expect(agent.state()).toEqual(before);
    }
  },
);

test("a layer that the policy does not list is denied, with what it lists", async () => {
  const { agent, policy } = await scene();
  const rogue = await imageOf(new TarBuilder().file("evil", "x"));
  agent.attachDisk("1:0", new MemoryDevice(rogue.bytes));
  await agent.handle(setPolicy(policy));
  const before = agent.state();
  const request = modify({
    ResourceType: "MappedVirtualDisk",
    Settings: { MountPath: "/run/mounts/scsi/m0", Controller: 1, ReadOnly: true, Options: ["ro"] },
  });
  const denial = await agent.handle(request).catch((error: unknown) => error);
  expect(denial).toBeInstanceOf(PolicyDenial);
  expect((denial as PolicyDenial).reasons).toEqual(["deviceHash not found"]);
  expect((denial as PolicyDenial).explanation?.summary).toContain(rogue.rootHash);
  expect(agent.state()).toEqual(before);
});

test("H1, H2: a changed byte is an IntegrityError where it is read, and the mount stays", async () => {
  const all = await scene();
  const { agent, base, policy } = all;
  const changed = base.bytes.slice();
  const at = Buffer.from(changed).indexOf("root:x:0:0");
  changed[at] = (changed[at] ?? 0) ^ 1;
  agent.attachDisk("1:0", new MemoryDevice(changed));
  await agent.handle(setPolicy(policy));
  const layer = { MountPath: "/run/mounts/scsi/m0", Controller: 1, ReadOnly: true, Options: ["ro"] };
  await agent
    .handle(modify({ ResourceType: "MappedVirtualDisk", Settings: layer }))
    .catch((error: unknown) => {
      expect(error).toBeInstanceOf(IntegrityError);
    });
  const files = agent.files("/run/mounts/scsi/m0");
  if (files !== undefined) await expect(files.readFile("/etc/passwd")).rejects.toThrow(IntegrityError);
  expect(agent.state().mounts.length).toBe(files === undefined ? 0 : 1);
});

test.each([
  ["cut short", (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 4096)],
  ["cut to nothing", () => new Uint8Array(0)],
  ["of zeros", (bytes: Uint8Array) => new Uint8Array(bytes.length)],
])("a disk %s is refused, and changes nothing", async (_, change) => {
  const { agent, policy, base } = await scene();
  await agent.handle(setPolicy(policy));
  agent.attachDisk("0:9", new MemoryDevice(change(base.bytes).slice()));
  const before = agent.state();
  await expect(agent.handle(layerDisk(9))).rejects.toThrow(FormatError);
  expect(agent.state()).toEqual(before);
});

test("H24: an image whose tree stands where its data should be is refused", async () => {
  const big = await imageOf(new TarBuilder().file("big", new Uint8Array(4096 * 300).fill(7)));
  const policy = policyText([{ layers: [big.rootHash] }]);
  const root = big.bytes.subarray(big.bytes.length - 512 - 4096, big.bytes.length - 512);
  const posing = big.bytes.slice(0, 4096 * 3);
  posing.set(root, 4096 * 2);
  const agent = await startAgent(policy, [["0:0", new MemoryDevice(posing)]]);
  await agent.handle(setPolicy(policy));
  const error = await agent.handle(layerDisk(0)).catch((thrown: unknown) => thrown);
  expect([FormatError, IntegrityError, PolicyError].some((Class) => error instanceof Class)).toBe(true);
  expect(agent.state().mounts).toEqual([]);
});

test.each([
  ["no options", { Options: [] }],
  ["null options", { Options: null }],
  ["one more option", { Options: ["ro", "noload"] }],
  ["another option", { Options: ["rw"] }],
  ["another file system", { Filesystem: "xfs" }],
  ["a partition", { Partition: 1 }],
  ["as a block device", { BlockDev: true }],
])("H31: a layer with %s is denied", async (_, settings) => {
  const { agent, policy } = await scene();
  await agent.handle(setPolicy(policy));
  const before = agent.state();
  const MountPath = "/run/mounts/scsi/m0";
  const request = modify({
    ResourceType: "MappedVirtualDisk",
    Settings: { MountPath, ReadOnly: true, Options: ["ro"], ...settings },
  });
  await expect(agent.handle(request)).rejects.toThrow(PolicyError);
  expect(agent.state()).toEqual(before);
  await agent.handle(layerDisk(0));
});

test.each([
  "/run/mounts/scsi/m0/",
  "//run/mounts/scsi/m0",
  "/run/mounts/scsi/../scsi/m0",
  "/run/mounts/scsi/./m0",
  "/run/mounts/scsi/m0:x",
  "/run/mounts/scsi/m0,x",
  "/run/mounts/scsi/m0\n",
  "/run/mounts/scsi/m\u0660",
  "/run/mounts/scsi/\uff4d0",
  "/run/mounts/sc\u0073\u0301i/m0",
  "run/mounts/scsi/m0",
  "/run/mounts/scsi/m",
  "/run/mounts/scsi/m0/m1",
  "/etc",
  "/",
  "",
])("H28: a layer is not mounted at %j", async (MountPath) => {
  const { agent, policy } = await scene();
  await agent.handle(setPolicy(policy));
  const before = agent.state();
  const request = modify({
    ResourceType: "MappedVirtualDisk",
    Settings: { MountPath, ReadOnly: true, Options: ["ro"] },
  });
  await expect(agent.handle(request)).rejects.toThrow(PolicyError);
  expect(agent.state()).toEqual(before);
});

test("H28: where something is mounted nothing else is, and a disk is mounted once", async () => {
  const { agent, policy } = await scene();
  await agent.handle(setPolicy(policy));
  await agent.handle(layerDisk(0));
  const before = agent.state();
  await expect(agent.handle(layerDisk(0))).rejects.toMatchObject({
    reasons: ["device already mounted at path"],
  });
  await expect(agent.handle(layerDisk(1, 0))).rejects.toThrow(PolicyDenial);
  await expect(agent.handle(layerDisk(0, 7))).rejects.toThrow(StateError);
  expect(agent.state()).toEqual(before);
});

test("two disks with the same layer are two mounts", async () => {
  const all = await scene();
  const { agent, policy } = all;
  agent.attachDisk("0:5", all.agentDisk("base"));
  await agent.handle(setPolicy(policy));
  await agent.handle(layerDisk(0));
  await agent.handle(layerDisk(5));
  expect(agent.state().mounts.map(({ source }) => source)).toEqual(["0:0", "0:5"]);
});

test("H29: a layer in use is not unmounted; the right order is", async () => {
  const all = await scene();
  const { agent } = all;
  await mountAll(all);
  const before = agent.state();
  for (const request of [layerDisk(0, 0, "Remove"), layerDisk(1, 1, "Remove"), scratchDisk(2, "Remove")]) {
    await expect(agent.handle(request)).rejects.toThrow("still in use");
  }
  expect(agent.state()).toEqual(before);
  await agent.handle(overlay([], undefined, "Remove"));
  await agent.handle(layerDisk(0, 0, "Remove"));
  await agent.handle(layerDisk(0));
});

test("an unmount must name what is mounted there", async () => {
  const { agent, policy } = await scene();
  await agent.handle(setPolicy(policy));
  await agent.handle(layerDisk(0));
  await agent.handle(scratchDisk());
  const before = agent.state();
  await expect(agent.handle(layerDisk(1, 0, "Remove"))).rejects.toThrow("wrong sourcePath 0:1, expected 0:0");
  await expect(agent.handle(layerDisk(1, 1, "Remove"))).rejects.toMatchObject({
    reasons: ["no device at path to unmount"],
  });
  await expect(agent.handle(scratchDisk(3, "Remove"))).rejects.toThrow("wrong sourcePath");
  await expect(agent.handle(scratchDisk(2, "Remove", false))).rejects.toThrow("encrypted flag wrong");
  expect(agent.state()).toEqual(before);
});

test("a disk that is not there, and one that is unplugged", async () => {
  const all = await scene();
  const { agent } = all;
  await agent.handle(setPolicy(all.policy));
  const unplug = (Lun: number) =>
    modify({ ResourceType: "SCSIDevice", RequestType: "Remove", Settings: { Lun } });
  await expect(agent.handle(layerDisk(9))).rejects.toMatchObject({ code: "device-missing" });
  await expect(agent.handle(unplug(9))).rejects.toThrow(DeviceError);
  await agent.handle(layerDisk(0));
  await expect(agent.handle(unplug(0))).rejects.toThrow("mounted at /run/mounts/scsi/m0");
  await agent.handle(unplug(1));
  await expect(agent.handle(layerDisk(1))).rejects.toMatchObject({ code: "device-missing" });
});

test("a disk that the host pulls out while it is in use fails, is unmounted, and may come back", async () => {
  const all = await scene();
  const { agent } = all;
  await mountAll(all);
  expect(agent.detachDisk("0:0")).toBe(true);
  expect(agent.detachDisk("0:0")).toBe(false);
  const files = agent.files(`/run/gcs/c/${idOf("a")}/rootfs`);
  await expect(files?.readFile("/etc/passwd")).rejects.toMatchObject({ code: "device-missing" });
  agent.attachDisk("0:0", all.agentDisk("base"));
  await expect(agent.handle(layerDisk(0, 5))).rejects.toThrow("is mounted at /run/mounts/scsi/m0 already");
  await agent.handle(overlay([], undefined, "Remove"));
  await agent.handle(layerDisk(0, 0, "Remove"));
  await agent.handle(layerDisk(0));
  expect(await agent.files("/run/mounts/scsi/m0")?.readFile("/etc/release", "utf8")).toBe("old\n");
});

test.each(["0:256", "00:1", "1", "0:1:2", "-1:0", "a:b"])("%s is no disk's address", async (address) => {
  const { agent } = await scene();
  expect(() => agent.attachDisk(address as "0:0", new MemoryDevice(1))).toThrow("controller:lun");
});

test("a layer on persistent memory is decided on as any other", async () => {
  const all = await scene();
  const { base, policy } = all;
  const agent = await startAgent(policy, [], { memoryDevices: [[3, all.agentDisk("base")]] });
  await agent.handle(setPolicy(policy));
  const memory = (DeviceNumber: number, RequestType: "Add" | "Remove" = "Add") =>
    modify({
      ResourceType: "VPMemDevice",
      RequestType,
      Settings: { DeviceNumber, MountPath: "/run/mounts/scsi/m0" },
    });
  await expect(agent.handle(memory(1))).rejects.toMatchObject({ code: "device-missing" });
  await agent.handle(memory(3));
  expect(await agent.files("/run/mounts/scsi/m0")?.readFile("/etc/release", "utf8")).toBe("old\n");
  expect(agent.state().policyMetadata?.["devices"]).toEqual({ "/run/mounts/scsi/m0": base.rootHash });
  await expect(agent.handle(memory(1, "Remove"))).rejects.toThrow("wrong sourcePath");
  await agent.handle(memory(3, "Remove"));
  expect(agent.state().mounts).toEqual([]);
  const mapped = modify({
    ResourceType: "VPMemDevice",
    Settings: { DeviceNumber: 3, MountPath: "/run/mounts/scsi/m0", MappingInfo: { DeviceSizeInBytes: 1 } },
  });
  await expect(agent.handle(mapped)).rejects.toThrow(PolicyError);
});
