/** H30: requests in flood, at once, twice, given up, and while the agent closes. */
import { expect, test } from "vitest";
import type { HostRequest } from "../../src/agent/index.ts";
import { MemoryDevice } from "../../src/device/index.ts";
import { StateError } from "../../src/errors.ts";
import { HostileDevice } from "../../src/testing/index.ts";
import {
  container,
  create,
  execute,
  layerDisk,
  modify,
  mountAll,
  overlay,
  scene,
  scratchDisk,
  setPolicy,
} from "./agent-scene.ts";

/** What a settled request came to. */
function outcomes(settled: readonly PromiseSettledResult<unknown>[]): string[] {
  return settled.map((each) => (each.status === "fulfilled" ? "done" : String(each.reason.name)));
}

test("requests that nobody waits for are handled in the order in which they came", async () => {
  const { agent, policy } = await scene();
  const requests = [
    layerDisk(0),
    setPolicy(policy),
    layerDisk(1),
    overlay(),
    layerDisk(0),
    scratchDisk(),
    overlay(),
  ];
  const settled = await Promise.allSettled(requests.map((request) => agent.handle(request)));
  const expected = ["PolicyError", "done", "done", "PolicyError", "done", "done", "done"];
  expect(outcomes(settled)).toEqual(expected);
  expect(agent.state().mounts).toHaveLength(4);
});

test("the same request again is denied, or does nothing: a lost response costs nothing", async () => {
  const all = await scene();
  const { agent } = all;
  for (const request of [
    setPolicy(all.policy),
    layerDisk(0),
    layerDisk(1),
    scratchDisk(),
    overlay(),
    create(),
  ]) {
    await agent.handle(request);
    const after = agent.state();
    await expect(agent.handle(request)).rejects.toThrow();
    expect(agent.state()).toEqual(after);
  }
});

test("a flood is refused beyond what may wait, and the rest is handled", async () => {
  const { agent, policy } = await scene({}, { maxWaitingRequests: 3 });
  const flood = Array.from({ length: 20 }, () => agent.handle(setPolicy(policy)));
  const settled = await Promise.allSettled(flood);
  expect(outcomes(settled).slice(0, 4)).toEqual(["done", "PolicyError", "PolicyError", "PolicyError"]);
  for (const each of settled.slice(4))
    expect(each).toMatchObject({ reason: { name: "StateError", code: "busy" } });
  await agent.handle(layerDisk(0));
});

test("what a caller changes in its request after it was sent has no effect", async () => {
  const { agent, policy } = await scene();
  const set = setPolicy(policy);
  const settings = { MountPath: "/run/mounts/scsi/m0", Lun: 0, ReadOnly: true, Options: ["ro"] };
  const sent = [
    agent.handle(set),
    agent.handle(modify({ ResourceType: "MappedVirtualDisk", Settings: settings })),
  ];
  settings.MountPath = "/run/mounts/scsi/m7";
  settings.Options.push("noload");
  await Promise.all(sent);
  expect(agent.state().mounts.map(({ path }) => path)).toEqual(["/run/mounts/scsi/m0"]);
});

test("a request is taken as text and as bytes", async () => {
  const { agent, policy } = await scene();
  await agent.handle(JSON.stringify(setPolicy(policy)));
  await agent.handle(new TextEncoder().encode(JSON.stringify(layerDisk(0))));
  expect(agent.state().mounts).toHaveLength(1);
});

test("a request that is given up before its turn is not begun", async () => {
  const { agent, policy } = await scene();
  const controller = new AbortController();
  const first = agent.handle(setPolicy(policy));
  const second = agent.handle(layerDisk(0), { signal: controller.signal });
  controller.abort(new Error("given up"));
  await first;
  await expect(second).rejects.toThrow("given up");
  expect(agent.state().mounts).toEqual([]);
});

/** A scene whose first layer hangs from the call on that a test says. */
async function hanging(options: { readonly requestDeadlineMs?: number; readonly diskDeadlineMs?: number }) {
  const all = await scene({}, options);
  const host = new HostileDevice(new MemoryDevice(all.base.bytes.slice()));
  all.agent.attachDisk("1:0", host);
  const Settings = { MountPath: "/run/mounts/scsi/m9", Controller: 1, ReadOnly: true, Options: ["ro"] };
  return { ...all, host, request: modify({ ResourceType: "MappedVirtualDisk", Settings }) };
}

test.each([0, 1, 2, 3])("H11: a disk that hangs from call %i on holds nobody up for ever", async (at) => {
  const { agent, policy, host, request } = await hanging({ diskDeadlineMs: 30 });
  await agent.handle(setPolicy(policy));
  const before = agent.state();
  host.plan({ fault: { kind: "hang" }, at, times: Number.POSITIVE_INFINITY });
  await expect(agent.handle(request)).rejects.toMatchObject({ name: "DeviceError", code: "device-timeout" });
  expect(agent.state()).toEqual(before);
  await agent.handle(layerDisk(0));
  host.relent();
  await host.release();
  await agent.handle(request);
  expect(agent.state().mounts).toHaveLength(2);
});

test("a request that is given up while it runs is undone", async () => {
  const { agent, policy, host, request } = await hanging({});
  await agent.handle(setPolicy(policy));
  const before = agent.state();
  host.plan({ fault: { kind: "hang" }, at: 3 });
  const controller = new AbortController();
  const running = agent.handle(request, { signal: controller.signal });
  await expect.poll(() => host.trace.length + host.waiting).toBeGreaterThan(3);
  controller.abort(new Error("given up"));
  await expect(running).rejects.toThrow("given up");
  expect(agent.state()).toEqual(before);
  await agent.handle(layerDisk(0));
});

test("closing gives up what runs, refuses what waits, and what comes", async () => {
  const { agent, policy, host, request } = await hanging({});
  await agent.handle(setPolicy(policy));
  host.plan({ fault: { kind: "hang" } });
  const sent = [agent.handle(request), agent.handle(layerDisk(0))];
  const settled = Promise.allSettled(sent);
  await expect.poll(() => host.waiting).toBe(1);
  await agent.close();
  for (const each of await settled)
    expect(each).toMatchObject({ reason: { name: "StateError", code: "closed" } });
  await expect(agent.handle(layerDisk(0))).rejects.toThrow(StateError);
  await agent.close();
});

test("closing takes everything down, and leaves the disks to their owner", async () => {
  const all = await scene();
  const { agent } = all;
  await mountAll(all);
  await agent.handle(create());
  await agent.handle(execute());
  const root = agent.container(container)?.root;
  const wait = agent.handle({ Type: "WaitForProcess", ContainerId: container, ProcessId: 1 });
  const refused = expect(wait).rejects.toMatchObject({ code: "closed" });
  await agent.close();
  await refused;
  await expect(root?.readFile("/etc/release")).rejects.toThrow(StateError);
  await all.scratch.read(0, new Uint8Array(1));
});

test("who waits for a process is in nobody's way", async () => {
  const all = await scene();
  const { agent } = all;
  await mountAll(all);
  await agent.handle(create());
  await agent.handle(execute());
  const wait: HostRequest = { Type: "WaitForProcess", ContainerId: container, ProcessId: 1 };
  const waits = Array.from({ length: 30 }, () => agent.handle(wait));
  const given = new AbortController();
  const givenUp = expect(agent.handle(wait, { signal: given.signal })).rejects.toThrow("given up");
  await agent.handle({ Type: "GetProperties", ContainerId: container });
  given.abort(new Error("given up"));
  await givenUp;
  await agent.handle({ Type: "ShutdownForced", ContainerId: container });
  for (const { exitCode } of await Promise.all(waits)) expect(exitCode).toBe(137);
});
