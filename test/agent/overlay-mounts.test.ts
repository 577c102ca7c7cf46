/** Overlays: the policy's layers in the policy's order, at the container's own place. */
import { expect, test } from "vitest";
import type { CombinedLayersSettings } from "../../src/agent/index.ts";
import { MemoryDevice } from "../../src/device/index.ts";
import { FormatError, PolicyError, StateError } from "../../src/errors.ts";
import { PolicyDenial } from "../../src/policy/index.ts";
import { HostileDevice } from "../../src/testing/index.ts";
import {
  container,
  create,
  execute,
  idOf,
  layerDisk,
  modify,
  mountAll,
  overlay,
  policyText,
  sandbox,
  scene,
  scratchDisk,
  scratchMount,
  setPolicy,
  startAgent,
} from "./agent-scene.ts";

test.each([
  ["upside down", [0, 1]],
  ["one missing", [1]],
  ["the other missing", [0]],
  ["none", []],
  ["one twice", [1, 1, 0]],
  ["one too many", [1, 0, 0]],
  ["one that is not mounted", [1, 7]],
])("H27: layers in another order or number (%s) are denied", async (_, layers) => {
  const all = await scene();
  const { agent } = all;
  for (const request of [setPolicy(all.policy), layerDisk(0), layerDisk(1), scratchDisk()])
    await agent.handle(request);
  const before = agent.state();
  await expect(agent.handle(overlay(layers))).rejects.toThrow(PolicyDenial);
  expect(agent.state()).toEqual(before);
  await agent.handle(overlay());
});

test("H27: layers of two containers are not mixed", async () => {
  const all = await scene();
  const policy = policyText([{ layers: [all.base.rootHash] }, { layers: [all.top.rootHash] }]);
  const agent = await startAgent(policy, [
    ["0:0", all.agentDisk("base")],
    ["0:1", all.agentDisk("top")],
    ["0:2", all.scratch],
  ]);
  for (const request of [setPolicy(policy), layerDisk(0), layerDisk(1), scratchDisk()])
    await agent.handle(request);
  await expect(agent.handle(overlay([1, 0]))).rejects.toThrow(PolicyDenial);
  await agent.handle(overlay([1]));
  expect(await agent.files(`/run/gcs/c/${container}/rootfs`)?.readdir("/")).toEqual(
    expect.arrayContaining(["bin"]),
  );
});

const usual: CombinedLayersSettings = {
  ContainerID: container,
  ContainerRootPath: `/run/gcs/c/${container}/rootfs`,
  Layers: [{ Path: "/run/mounts/scsi/m1" }, { Path: "/run/mounts/scsi/m0" }],
  ScratchPath: `${scratchMount}/scratch/${container}`,
};

test("the machine's own id is taken as the real guest takes it, with its own root", async () => {
  const all = await scene();
  const { agent } = all;
  for (const request of [setPolicy(all.policy), layerDisk(0), layerDisk(1), scratchDisk()])
    await agent.handle(request);
  const machine = "00000000-0000-0000-0000-000000000000";
  const root = `/run/gcs/c/${machine}/rootfs`;
  const mount = { ...usual, ContainerID: machine, ScratchPath: `${scratchMount}/scratch/${machine}` };
  const add = (Settings: CombinedLayersSettings) => modify({ ResourceType: "CombinedLayers", Settings });
  await expect(agent.handle(add(mount))).rejects.toThrow(PolicyError);
  await agent.handle(add({ ...mount, ContainerRootPath: root }));
  expect(await agent.files(root)?.readdir("/")).toEqual(expect.arrayContaining(["bin"]));
  const Settings = { ContainerID: machine, ContainerRootPath: root };
  await agent.handle(modify({ ResourceType: "CombinedLayers", RequestType: "Remove", Settings }));
  expect(agent.files(root)).toBeUndefined();
});

test.each<[string, Partial<CombinedLayersSettings>]>([
  ["another container's root", { ContainerRootPath: `/run/gcs/c/${idOf("b")}/rootfs` }],
  ["a root elsewhere", { ContainerRootPath: "/run/gcs/c" }],
  ["a root with a slash at its end", { ContainerRootPath: `/run/gcs/c/${container}/rootfs/` }],
  ["a root by a detour", { ContainerRootPath: `/run/gcs/c/${container}/../${container}/rootfs` }],
  ["an id that is too short", { ContainerID: "ab" }],
  ["no id", { ContainerID: "" }],
  ["an id with a line end", { ContainerID: `${container}\n` }],
  ["another container's scratch", { ScratchPath: `${scratchMount}/scratch/${idOf("b")}` }],
  ["scratch beside a sandbox", { ScratchPath: `/run/gcs/c/x/scratch/${container}` }],
  ["scratch by a detour", { ScratchPath: `${scratchMount}/scratch/../scratch/${container}` }],
  ["a layer with a colon", { Layers: [{ Path: "/run/mounts/scsi/m1:/run/mounts/scsi/m0" }] }],
  [
    "a layer with a comma",
    { Layers: [{ Path: "/run/mounts/scsi/m1,upperdir=/etc" }, { Path: "/run/mounts/scsi/m0" }] },
  ],
  ["a layer's folder", { Layers: [{ Path: "/run/mounts/scsi/m1/etc" }, { Path: "/run/mounts/scsi/m0" }] }],
  [
    "a layer with a slash at its end",
    { Layers: [{ Path: "/run/mounts/scsi/m1/" }, { Path: "/run/mounts/scsi/m0" }] },
  ],
  ["scratch as a layer", { Layers: [{ Path: scratchMount }, { Path: "/run/mounts/scsi/m0" }] }],
])("H28: an overlay with %s is refused", async (_, settings) => {
  const all = await scene();
  const { agent } = all;
  for (const request of [setPolicy(all.policy), layerDisk(0), layerDisk(1), scratchDisk()])
    await agent.handle(request);
  const before = agent.state();
  const request = modify({ ResourceType: "CombinedLayers", Settings: { ...usual, ...settings } });
  await expect(agent.handle(request)).rejects.toThrow(PolicyError);
  expect(agent.state()).toEqual(before);
  await agent.handle(modify({ ResourceType: "CombinedLayers", Settings: usual }));
});

test("H28: where an overlay is mounted no other is, and an id is good for one", async () => {
  const all = await scene();
  const { agent } = all;
  await mountAll(all);
  const before = agent.state();
  await expect(agent.handle(overlay())).rejects.toThrow(PolicyDenial);
  expect(agent.state()).toEqual(before);
  await agent.handle(overlay([], container, "Remove"));
  const removed = agent.state();
  await expect(agent.handle(overlay())).rejects.toThrow(PolicyDenial);
  expect(agent.state()).toEqual(removed);
});

test("an overlay has at most as many layers as Linux's", async () => {
  const all = await scene();
  await all.agent.handle(setPolicy(all.policy));
  const before = all.agent.state();
  const request = overlay(Array.from({ length: 501 }, () => 0));
  await expect(all.agent.handle(request)).rejects.toThrow("more than 500 layers");
  expect(all.agent.state()).toEqual(before);
});

test("an overlay without scratch cannot be written", async () => {
  const all = await scene();
  const { agent } = all;
  for (const request of [setPolicy(all.policy), layerDisk(0), layerDisk(1)]) await agent.handle(request);
  await agent.handle(modify({ ResourceType: "CombinedLayers", Settings: { ...usual, ScratchPath: "" } }));
  const files = agent.files(`/run/gcs/c/${container}/rootfs`);
  expect(await files?.readFile("/etc/release", "utf8")).toBe("new!\n");
  await agent.handle(create());
  await expect(agent.container(container)?.root.writeFile("/x", "")).rejects.toMatchObject({ code: "EROFS" });
});

test("a scratch path on no disk counts as unencrypted, and is on nothing where that is allowed", async () => {
  const all = await scene();
  const { agent } = all;
  for (const request of [setPolicy(all.policy), layerDisk(0), layerDisk(1)]) await agent.handle(request);
  await expect(agent.handle(overlay())).rejects.toMatchObject({
    reasons: ["unencrypted scratch not allowed"],
  });
  const open = await scene({ allow_unencrypted_scratch: true });
  for (const request of [setPolicy(open.policy), layerDisk(0), layerDisk(1)])
    await open.agent.handle(request);
  const before = open.agent.state();
  await expect(open.agent.handle(overlay())).rejects.toThrow(FormatError);
  expect(open.agent.state()).toEqual(before);
  // Nothing is stuck: the same request, with a disk, is done.
  await open.agent.handle(scratchDisk(2));
  await open.agent.handle(overlay());
});

test("a mount that fails leaves nothing behind, and is done when it is tried again", async () => {
  const host = new HostileDevice(4 * 2 ** 20);
  const all = await scene();
  const { agent } = all;
  agent.detachDisk("0:2");
  agent.attachDisk("0:2", host);
  for (const request of [setPolicy(all.policy), layerDisk(0), layerDisk(1), scratchDisk()])
    await agent.handle(request);
  const before = agent.state();
  host.plan({ fault: { kind: "fail", when: "before" }, times: 1 });
  const first = await agent.handle(overlay()).catch((error: unknown) => error);
  if (first instanceof Error) {
    expect(agent.state()).toEqual(before);
    host.relent();
    await agent.handle(overlay());
  }
  expect(agent.state().mounts.filter(({ kind }) => kind === "Overlay")).toHaveLength(1);
});

test("H29: the root of a running container stays; that of one that has ended does not", async () => {
  const all = await scene();
  const { agent } = all;
  await mountAll(all);
  await agent.handle(create());
  await agent.handle(execute());
  const before = agent.state();
  await expect(agent.handle(overlay([], container, "Remove"))).rejects.toThrow(
    "in use by a running container",
  );
  await expect(agent.handle({ Type: "DeleteContainerState", ContainerId: container })).rejects.toThrow(
    StateError,
  );
  expect(agent.state()).toEqual(before);
  await agent.handle({ Type: "ShutdownForced", ContainerId: container });
  await expect(agent.handle({ Type: "DeleteContainerState", ContainerId: container })).rejects.toThrow(
    "overlay mount still active",
  );
  await agent.handle(overlay([], container, "Remove"));
  await agent.handle({ Type: "DeleteContainerState", ContainerId: container });
  // Its id is used up.
  await expect(agent.handle(create())).rejects.toThrow(PolicyDenial);
});

test("a policy that allows everything gets the layers that are mounted, and nothing else", async () => {
  const all = await scene();
  const points = ["mount_device", "mount_overlay", "unmount_overlay", "scratch_mount", "rw_mount_device"];
  const policy = `package policy\napi_version := "0.12.0"\n${points.map((point) => `${point} := {"allowed": true}`).join("\n")}\n`;
  const agent = await startAgent(policy, [
    ["0:0", all.agentDisk("base")],
    ["0:2", new MemoryDevice(4 * 2 ** 20)],
  ]);
  for (const request of [setPolicy(policy), layerDisk(0), scratchDisk()]) await agent.handle(request);
  const before = agent.state();
  for (const path of ["/run/mounts/scsi/m0/etc", scratchMount, "/nowhere", `/run/gcs/c/${sandbox}0`]) {
    const request = modify({
      ResourceType: "CombinedLayers",
      Settings: { ...usual, Layers: [{ Path: path }] },
    });
    await expect(agent.handle(request)).rejects.toThrow(FormatError);
    expect(agent.state()).toEqual(before);
  }
  await expect(agent.handle(overlay([]))).rejects.toThrow(FormatError);
  await agent.handle(overlay([0]));
  await expect(agent.handle(overlay([0]))).rejects.toThrow("already exists");
});
