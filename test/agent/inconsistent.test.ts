/** Where undoing fails nobody knows what is mounted: nothing is mounted, made or removed any more. */
import { expect, test } from "vitest";
import type { AgentEvent, HostRequest } from "../../src/agent/index.ts";
import { DeviceError } from "../../src/errors.ts";
import { HostileDevice } from "../../src/testing/index.ts";
import {
  container,
  create,
  execute,
  layerDisk,
  overlay,
  scene,
  scratchDisk,
  setPolicy,
} from "./agent-scene.ts";

/** A scene whose scratch disk does as the test says. */
async function onHostile(): Promise<Awaited<ReturnType<typeof scene>> & { readonly host: HostileDevice }> {
  const all = await scene();
  const host = new HostileDevice(4 * 2 ** 20);
  all.agent.detachDisk("0:2");
  all.agent.attachDisk("0:2", host);
  return { ...all, host };
}

const dead = { fault: { kind: "fail", when: "before" }, times: Number.POSITIVE_INFINITY } as const;

test("an unmount that fails half-way disables mounts, unmounts, creations and deletions, and nothing else", async () => {
  const { agent, policy, host } = await onHostile();
  for (const request of [setPolicy(policy), layerDisk(0), layerDisk(1), scratchDisk(), overlay(), create()]) {
    await agent.handle(request);
  }
  await agent.handle(execute());
  await agent.container(container)?.root.writeFile("/file", "x");
  await agent.handle({ Type: "ShutdownForced", ContainerId: container });
  await agent.handle(overlay([], container, "Remove"));
  host.plan(dead);
  await expect(agent.handle(scratchDisk(2, "Remove"))).rejects.toThrow(DeviceError);
  const state = agent.state();
  expect(state.inconsistent).toBeDefined();
  const refused: HostRequest[] = [
    layerDisk(0, 5),
    layerDisk(0, 0, "Remove"),
    scratchDisk(),
    scratchDisk(2, "Remove"),
    overlay(),
    create(),
    { Type: "DeleteContainerState", ContainerId: container },
  ];
  for (const request of refused) {
    await expect(agent.handle(request)).rejects.toMatchObject({ name: "StateError", code: "poisoned" });
  }
  expect(agent.state()).toEqual(state);
  expect((await agent.handle({ Type: "GetProperties", ContainerId: container })).processes).toEqual([]);
  const kinds: AgentEvent["kind"][] = [];
  const closing = agent.close().catch(() => undefined);
  for await (const { kind } of agent.events()) kinds.push(kind);
  await closing;
  expect(kinds).toContain("inconsistent");
});

test("a mount that fails once is undone; one that cannot be undone leaves the agent inconsistent", async () => {
  for (const plan of [{ ...dead, times: 1 }, dead]) {
    const { agent, policy, host } = await onHostile();
    for (const request of [setPolicy(policy), layerDisk(0), layerDisk(1), scratchDisk()])
      await agent.handle(request);
    const before = agent.state();
    host.plan(plan);
    // Nothing of a container's first directories need reach the disk: then it is done.
    const error = await agent.handle(overlay()).catch((thrown: unknown) => thrown);
    const { inconsistent, ...after } = agent.state();
    if (error instanceof Error && inconsistent === undefined) expect(after).toEqual(before);
    host.relent();
    if (error instanceof Error && inconsistent === undefined) await agent.handle(overlay());
    expect(agent.state().mounts.length).toBe(inconsistent === undefined ? 4 : 3);
  }
});
