/** A host that sends what it should not, or what it should at another time: refused, and nothing changed. */
import { beforeAll, expect, test } from "vitest";
import type { Ask } from "../model/asks.ts";
import { AskedAgent } from "./asked-agent.ts";
import { lifeAsks } from "./device-faults.ts";
import { expectChangesRefused, expectDone, expectFloodRefused, summary } from "./hostile-messages.ts";
import { makeWorld, type World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await makeWorld(false);
});

test("every request of a container's life with a single thing changed (H28)", async () => {
  expect(await expectChangesRefused(world)).toBeGreaterThan(1500);
});

test("before the policy, everything (H33)", async () => {
  await using asked = await AskedAgent.start(world);
  const before = asked.state();
  const [, ...rest] = lifeAsks;
  for (const ask of rest) expect(summary([await asked.ask(ask)]), ask.ask).toEqual(["PolicyError denied"]);
  expect(asked.state()).toEqual(before);
});

test("the last first, and each once more (H29, H30)", async () => {
  await using asked = await AskedAgent.start(world);
  const [policy, ...rest] = lifeAsks;
  await expectDone(asked, policy as Ask);
  const before = asked.state();
  // What can be first is a disk.
  const early = rest.filter(({ ask }) => ask !== "mount-layer" && ask !== "mount-scratch");
  for (const ask of early.reverse()) expect(await asked.ask(ask), ask.ask).toBeDefined();
  expect(asked.state()).toEqual(before);
  for (const ask of rest) {
    await expectDone(asked, ask);
    // That a signal comes again, or that a container is to end, is in order; a program may be run as often.
    if (["execute", "signal", "shutdown"].includes(ask.ask)) continue;
    const after = asked.state();
    expect(await asked.ask(ask), `${ask.ask} again`).toBeDefined();
    expect(asked.state(), `${ask.ask} again`).toEqual(after);
  }
});

test("the same request ten times at once is done once (H30)", async () => {
  await using asked = await AskedAgent.start(world);
  for (const ask of lifeAsks.slice(0, 7)) {
    const refusals = await Promise.all(Array.from({ length: 10 }, () => asked.ask(ask)));
    expect(summary(refusals)[0], ask.ask).toBe("done");
    expect(refusals.filter((refusal) => refusal === undefined)).toHaveLength(1);
  }
});

test("a flood: those that cannot wait are refused, the others are answered in order (H30)", async () => {
  expect(await expectFloodRefused(world)).toBeGreaterThan(1900);
});

test("what is too large, too deep or no JSON at all", async () => {
  await using asked = await AskedAgent.start(world);
  const before = asked.state();
  const deep = (levels: number): string => `${'{"Request":'.repeat(levels)}1${"}".repeat(levels)}`;
  const long = `{"Type":"${"x".repeat(5 * 2 ** 20)}"}`;
  const wide = `{"Type":[${"[],".repeat(500_000)}1]}`;
  const texts = [
    "",
    " ",
    "null",
    "7",
    '"Start"',
    "[]",
    "{}",
    '{"Type":"Start"',
    "NaN",
    "\0",
    deep(50_000),
    long,
    wide,
  ];
  for (const text of texts) {
    const refusal = await asked.send(text);
    expect(refusal?.name, text.slice(0, 40)).toBe("FormatError");
  }
  expect(asked.state()).toEqual(before);
});
