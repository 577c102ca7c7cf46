/** Scratch: decided and reported as the host asked, sealed whatever it asked. */
import { expect, test } from "vitest";
import { MemoryDevice, SliceDevice } from "../../src/device/index.ts";
import { IntegrityError, PolicyError } from "../../src/errors.ts";
import { HostileDevice } from "../../src/testing/index.ts";
import {
  container,
  create,
  idOf,
  layerDisk,
  modify,
  mountAll,
  overlay,
  policyText,
  scene,
  scratchDisk,
  scratchMount,
  setPolicy,
  startAgent,
} from "./agent-scene.ts";

const ext4Magic = 0xef53;

test("scratch of which the host says xfs is ext4, and says so", async () => {
  const all = await scene();
  await all.agent.handle(setPolicy(all.policy));
  await all.agent.handle(scratchDisk());
  expect((await all.agent.files(scratchMount)?.statfs("/"))?.type).toBe(ext4Magic);
});

test.each([
  ["unencrypted", { Encrypted: false }, "unencrypted scratch not allowed, non-readonly mount request"],
  ["without a file system", { EnsureFilesystem: false }, "ensureFilesystem must be set"],
  ["with another file system", { Filesystem: "btrfs" }, "filesystem that is not allowed"],
  ["with options", { Options: ["noatime"] }, "Options"],
  ["elsewhere", { MountPath: "/run/mounts/scsi/m0" }, "mountpoint invalid"],
  ["at a prefix of an id", { MountPath: `/run/gcs/c/${"5".repeat(63)}` }, "mountpoint invalid"],
  ["with a slash at the end", { MountPath: `${scratchMount}/` }, "MountPath"],
])("H31: scratch asked for %s is denied", async (_, settings, reason) => {
  const { agent, policy } = await scene();
  await agent.handle(setPolicy(policy));
  const before = agent.state();
  const usual = {
    MountPath: scratchMount,
    Lun: 2,
    Encrypted: true,
    EnsureFilesystem: true,
    Filesystem: "xfs",
  };
  const request = modify({ ResourceType: "MappedVirtualDisk", Settings: { ...usual, ...settings } });
  const error = await agent.handle(request).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PolicyError);
  expect((error as PolicyError).reasons.join()).toContain(reason);
  expect(agent.state()).toEqual(before);
  await agent.handle(modify({ ResourceType: "MappedVirtualDisk", Settings: usual }));
});

test("unencrypted scratch that the policy allows is reported so, and sealed all the same", async () => {
  const all = await scene({ allow_unencrypted_scratch: true });
  const { agent } = all;
  for (const request of [setPolicy(all.policy), layerDisk(0), layerDisk(1), scratchDisk(2, "Add", false)]) {
    await agent.handle(request);
  }
  await agent.handle(overlay());
  expect(agent.state().mounts.find(({ kind }) => kind === "RW")).toMatchObject({ encrypted: false });
  expect(agent.state().policyMetadata?.["scratch_mounts"]).toEqual({
    [`${scratchMount}/scratch/${container}`]: { encrypted: false },
  });
  const secret = "nobody shall read this, and nobody does".repeat(200);
  const files = agent.files(`/run/gcs/c/${container}/rootfs`);
  await agent.handle(create());
  const root = agent.container(container)?.root;
  await root?.writeFile("/secret", secret, { flush: true });
  const stored = new Uint8Array(all.scratch.sizeBytes);
  await all.scratch.read(0, stored);
  expect(Buffer.from(stored).includes(secret.slice(0, 39))).toBe(false);
  expect(await files?.readFile("/secret", "utf8")).toBe(secret);
});

test("scratch on a disk for reading only, or one that is too small, is refused and changes nothing", async () => {
  const { agent, policy } = await scene();
  agent.attachDisk("1:0", new SliceDevice(new MemoryDevice(4 * 2 ** 20), 0, 4 * 2 ** 20));
  agent.attachDisk("1:1", new MemoryDevice(20_000));
  await agent.handle(setPolicy(policy));
  const before = agent.state();
  const on = (Lun: number) =>
    modify({
      ResourceType: "MappedVirtualDisk",
      Settings: {
        MountPath: scratchMount,
        Controller: 1,
        Lun,
        Encrypted: true,
        EnsureFilesystem: true,
        Filesystem: "xfs",
      },
    });
  await expect(agent.handle(on(0))).rejects.toMatchObject({ name: "DeviceError" });
  await expect(agent.handle(on(1))).rejects.toMatchObject({ name: "FormatError" });
  expect(agent.state()).toEqual(before);
});

test("H32: one disk attached as a layer and as scratch is caught", async () => {
  const all = await scene();
  const shared = new MemoryDevice(4 * 2 ** 20);
  await shared.write(2 ** 21, all.base.bytes);
  const policy = policyText([{ layers: [all.base.rootHash] }]);
  const layer = new SliceDevice(shared, 2 ** 21, all.base.bytes.length);
  const agent = await startAgent(policy, [
    ["0:0", layer],
    ["0:2", shared],
  ]);
  await agent.handle(setPolicy(policy));
  await agent.handle(layerDisk(0));
  await agent.handle(scratchDisk());
  await agent.handle(overlay([0], idOf("a")));
  await agent.handle(create({}, idOf("a")));
  const root = agent.container(idOf("a"))?.root;
  await root?.writeFile("/much", new Uint8Array(3 * 2 ** 20).fill(1), { flush: true });
  await expect(root?.readFile("/etc/release")).rejects.toThrow(IntegrityError);
  expect((await root?.readFile("/much"))?.every((byte) => byte === 1)).toBe(true);
});

test("H4 to H6: what the host does to scratch is an IntegrityError where it is read", async () => {
  const host = new HostileDevice(4 * 2 ** 20);
  const all = await scene({}, {});
  const { agent } = all;
  agent.attachDisk("1:0", host);
  for (const request of [setPolicy(all.policy), layerDisk(0), layerDisk(1)]) await agent.handle(request);
  const settings = {
    MountPath: scratchMount,
    Controller: 1,
    Encrypted: true,
    EnsureFilesystem: true,
    Filesystem: "xfs",
  };
  await agent.handle(modify({ ResourceType: "MappedVirtualDisk", Settings: settings }));
  await agent.handle(overlay());
  await agent.handle(create());
  const root = agent.container(container)?.root;
  await host.act({ kind: "snapshot" });
  await root?.writeFile("/file", new Uint8Array(200_000).fill(1), { flush: true });
  await host.act({ kind: "rollback" });
  await expect(root?.readFile("/file")).rejects.toThrow(IntegrityError);
});

test("scratch is shared by the containers of a pod, each with its own directory", async () => {
  const all = await scene();
  const policy = policyText([
    { layers: [all.base.rootHash], command: ["/a"] },
    { layers: [all.base.rootHash, all.top.rootHash], command: ["/b"] },
  ]);
  const agent = await startAgent(policy, [
    ["0:0", all.agentDisk("base")],
    ["0:1", all.agentDisk("top")],
    ["0:2", all.scratch],
  ]);
  const [a, b] = [idOf("a"), idOf("b")];
  for (const request of [setPolicy(policy), layerDisk(0), layerDisk(1), scratchDisk()])
    await agent.handle(request);
  await agent.handle(overlay([0], a));
  await agent.handle(overlay([1, 0], b));
  expect(agent.state().mounts.map(({ usage }) => usage)).toEqual([2, 0, 0, 2, 1]);
  await agent.handle(create({ args: ["/a"] }, a));
  await agent.handle(create({ args: ["/b"] }, b));
  await agent.container(a)?.root.writeFile("/mine", "a");
  expect(await agent.container(b)?.root.readdir("/")).not.toContain("mine");
  expect((await agent.files(scratchMount)?.readdir("/scratch"))?.sort()).toEqual([a, b]);
});

test("files of a container on scratch are gone once its state is deleted", async () => {
  const all = await scene();
  const { agent } = all;
  await mountAll(all);
  await agent.handle(create());
  await agent.container(container)?.root.writeFile("/file", "x");
  await agent.handle(overlay([], container, "Remove"));
  expect(await agent.files(scratchMount)?.readdir("/scratch")).toEqual([container]);
  await agent.handle({ Type: "DeleteContainerState", ContainerId: container });
  expect(await agent.files(scratchMount)?.readdir("/scratch")).toEqual([]);
});
