/** What a host sends that it should not. */
import { expect } from "vitest";
import type { StorageError } from "../../../src/errors.ts";
import type { Ask } from "../model/asks.ts";
import { AskedAgent, type AskedAgentOptions } from "./asked-agent.ts";
import { lifeAsks } from "./device-faults.ts";
import { changedMessages } from "./message-changes.ts";
import type { World } from "./world.ts";

/** A request that is as it should be. */
export async function expectDone(asked: AskedAgent, ask: Ask): Promise<void> {
  expect((await asked.ask(ask))?.message, `${ask.ask} as it should be`).toBeUndefined();
}

/** Refusals by class and code. */
export function summary(refusals: readonly (StorageError | undefined)[]): readonly string[] {
  return refusals.map((refusal) => (refusal === undefined ? "done" : `${refusal.name} ${refusal.code}`));
}

/**
 * Sends every request of a container's life with each single change, and then as it should be.
 *
 * @returns how many changes there were.
 */
export async function expectChangesRefused(world: World, options: AskedAgentOptions = {}): Promise<number> {
  await using asked = await AskedAgent.start(world, options);
  let count = 0;
  for (const ask of lifeAsks) {
    const before = asked.state();
    const taken: string[] = [];
    for (const { what, text } of changedMessages(asked.message(ask))) {
      const refusal = await asked.send(text);
      const isExpected = refusal?.name === "FormatError" || refusal?.name === "PolicyError";
      if (!isExpected) taken.push(`${ask.ask}: ${what}: ${refusal?.message ?? "taken"}`);
      count += 1;
    }
    expect(taken).toEqual([]);
    expect(asked.state()).toEqual(before);
    await expectDone(asked, ask);
  }
  return count;
}

/** Sends two thousand requests at once. @returns how many of them were not let wait. */
export async function expectFloodRefused(world: World, options: AskedAgentOptions = {}): Promise<number> {
  await using asked = await AskedAgent.start(world, options);
  const [policy, scratch, base] = lifeAsks as readonly [Ask, Ask, Ask];
  const flood = [policy, ...Array.from({ length: 2000 }, () => scratch), base];
  const refusals = summary(await Promise.all(flood.map((ask) => asked.ask(ask))));
  expect(refusals.slice(0, 2)).toEqual(["done", "done"]);
  expect(refusals.at(-1)).toBe("StateError busy");
  expect(asked.state().mounts).toHaveLength(1);
  await expectDone(asked, base);
  return refusals.filter((refusal) => refusal === "StateError busy").length;
}
