/** Events: all that is decided and done, as plain data, bounded, and without what is secret. */
import { expect, test } from "vitest";
import type { AgentEvent } from "../../src/agent/index.ts";
import { container, create, execute, layerDisk, mountAll, overlay, scene, setPolicy } from "./agent-scene.ts";

async function readAll(events: AsyncIterable<AgentEvent>): Promise<AgentEvent[]> {
  const all: AgentEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

test("events tell each request, what the policy said, and what was done", async () => {
  const all = await scene();
  const { agent } = all;
  const reading = readAll(agent.events());
  await expect(agent.handle(layerDisk(0))).rejects.toThrow();
  await mountAll(all);
  await expect(agent.handle(create({ env: ["PASSWORD=hunter2"] }))).rejects.toThrow();
  await agent.handle(create());
  await agent.handle(execute());
  await agent.handle({ Type: "ShutdownForced", ContainerId: container });
  await agent.close();
  const events = await reading;
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i + 1));
  const of = (request: number): AgentEvent[] => events.filter((event) => event.request === request);
  expect(of(1).map(({ kind }) => kind)).toEqual(["request", "refused"]);
  expect(of(3)).toMatchObject([
    { kind: "request", type: "ModifySettings", resource: "MappedVirtualDisk" },
    { kind: "decision", point: "mount_device", allowed: true },
    {
      kind: "mounted",
      mount: { path: "/run/mounts/scsi/m0", kind: "RO", source: "0:0" },
      rootHash: all.base.rootHash,
    },
    { kind: "done" },
  ]);
  expect(of(7)).toMatchObject([
    { kind: "request", type: "Create" },
    { kind: "decision", point: "create_container", allowed: false },
    {
      kind: "refused",
      error: { name: "PolicyDenial", reasons: ["invalid env list", "invalid env list: PASSWORD"] },
    },
  ]);
  expect(of(9)).toMatchObject([
    { kind: "request", type: "ExecuteProcess" },
    { kind: "process-started", container, process: 1, runs: "outside" },
    { kind: "done" },
    { kind: "process-ended", process: 1, exitCode: 137 },
  ]);
  expect(events.at(-1)).toMatchObject({ kind: "closed", request: 0 });
  const text = JSON.stringify(events);
  expect(JSON.parse(text)).toEqual(events);
  expect(text).not.toContain("hunter2");
  expect(text).not.toContain("MODE=test");
  expect(text).not.toContain(Buffer.from(all.policy).toString("base64").slice(0, 40));
});

test("a slow reader misses the oldest events, and sees that it does", async () => {
  const { agent, policy } = await scene({}, { maxKeptEvents: 4 });
  await agent.handle(setPolicy(policy));
  for (let i = 0; i < 20; i += 1) await expect(agent.handle(overlay())).rejects.toThrow();
  await agent.close();
  const events = await readAll(agent.events());
  expect(events).toHaveLength(4);
  expect(events[0]?.sequence).toBeGreaterThan(4);
  expect(events.at(-1)?.kind).toBe("closed");
});

test("readers are independent of each other, and may stop", async () => {
  const { agent, policy } = await scene();
  for await (const event of agent.events()) {
    expect(event.kind).toBe("disk-attached");
    break;
  }
  const [a, b] = [readAll(agent.events()), readAll(agent.events())];
  await agent.handle(setPolicy(policy));
  await agent.close();
  expect(await a).toEqual(await b);
});

test("a refusal before its turn is told too", async () => {
  const { agent } = await scene({}, { maxRequestBytes: 100 });
  await expect(agent.handle("x".repeat(101))).rejects.toMatchObject({ code: "does-not-fit" });
  await agent.close();
  const events = await readAll(agent.events());
  expect(events.filter(({ kind }) => kind === "refused")).toMatchObject([{ request: 0 }]);
});
