/** The agent and the model of it, asked the same, and held against each other after every step. */
import { expect } from "vitest";
import { SeededRandom } from "../../../src/testing/index.ts";
import { AgentModel } from "../model/agent-model.ts";
import type { Act, Ask } from "../model/asks.ts";
import { PlainPolicy } from "../model/plain-policy.ts";
import { AskedAgent, type AskedAgentOptions } from "./asked-agent.ts";
import {
  expectPlainMemory,
  expectSameAnswer,
  expectSameFiles,
  expectSameGuest,
  expectVerdict,
} from "./comparison.ts";
import { shortened } from "./failing-list.ts";
import { changedMessages } from "./message-changes.ts";
import { RandomAsks } from "./random-asks.ts";
import { expectTold } from "./told-state.ts";
import { encodedPolicy, plainDisks, type World } from "./world.ts";

/** A request, something that a program does, or a request in which a single thing is not as it should be. */
export type Step = Ask | ({ readonly ask: "act" } & Act) | MangledAsk;

/** See `changedMessages`: one of them, by any number. */
interface MangledAsk {
  readonly ask: "mangled";
  readonly of: Ask;
  readonly change: number;
}

/** How often what was seen. */
export class StepTally {
  readonly counts: Map<string, number> = new Map();

  add(ask: Ask, refusal: Error | undefined): void {
    const what = `${ask.ask} ${refusal === undefined ? "done" : "refused"}`;
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}

function modelOf(world: World): AgentModel {
  return new AgentModel(
    new PlainPolicy(world.policy),
    plainDisks(world.disks),
    encodedPolicy(world.policyText),
  );
}

/** Steps by chance: each of what the model is then. */
export function randomSteps(world: World, seed: number, count: number): readonly Step[] {
  const model = modelOf(world);
  const random = new SeededRandom(seed);
  const asks = new RandomAsks(random, model);
  return Array.from({ length: count }, (): Step => {
    if (random.oneIn(6)) {
      const act = asks.act();
      model.act(act);
      return { ask: "act", ...act };
    }
    if (random.oneIn(12)) return { ask: "mangled", of: asks.ask(), change: random.below(10_000) };
    const ask = asks.ask();
    model.answer(ask);
    return ask;
  });
}

/** What a request may become; some are hardly ever refused, or done. */
export const commonOutcomes: readonly string[] = [
  "set-policy",
  "mount-layer",
  "mount-scratch",
  "mount-overlay",
  "unmount-layer",
  "unmount-scratch",
  "unmount-overlay",
  "create",
  "start",
  "execute",
  "signal",
  "wait",
  "announce",
  "shutdown",
  "delete",
  "list-processes",
  "dump-stacks",
  "execute-outside",
  "mount-memory",
  "unmount-memory",
  "mount-folder",
  "unmount-folder",
]
  .flatMap((ask) => [`${ask} done`, `${ask} refused`])
  .concat("kill done");

/**
 * Takes steps by chance, and compares after each. What fails is thrown with the seed and the shortest list found
 * that fails.
 */
export async function expectAgreement(
  world: World,
  [seed, count]: readonly [seed: number, count: number],
  options: AskedAgentOptions = {},
  tally: StepTally = new StepTally(),
): Promise<void> {
  const steps = randomSteps(world, seed, count);
  const failure = await failureOf(world, steps, options, tally);
  if (failure === undefined) return;
  const fails = async (list: readonly Step[]): Promise<boolean> =>
    (await failureOf(world, list, options)) !== undefined;
  const short = await shortened(steps, fails);
  const shortFailure = (await failureOf(world, short, options)) ?? failure;
  const lines = short.map((step) => JSON.stringify(step)).join("\n");
  throw new Error(`with seed ${seed}, by these steps:\n${lines}\n${shortFailure.message}`, {
    cause: failure,
  });
}

/**
 * Sends requests by chance without waiting for any, and compares each answer, and what there is in the end, with
 * the model's one after the other.
 */
export async function expectInterleavedAgreement(
  world: World,
  [seed, count]: readonly [seed: number, count: number],
  tally: StepTally = new StepTally(),
  options: AskedAgentOptions = {},
): Promise<void> {
  const model = modelOf(world);
  await using asked = await AskedAgent.start(world, options);
  // What names a process does so by a number that is not known before the process starts.
  const steps = randomSteps(world, seed, count).filter(
    ({ ask }) => ask !== "act" && ask !== "signal" && ask !== "wait",
  ) as readonly (Ask | MangledAsk)[];
  const refusals = await Promise.all(
    steps.map((step) => (step.ask === "mangled" ? sendMangled(step, asked) : asked.ask(step))),
  );
  for (const [place, step] of steps.entries()) {
    const refusal = refusals[place];
    const where = `seed ${seed}, request ${place}: ${JSON.stringify(step)}`;
    if (step.ask === "mangled") {
      expect(refusal, where).toBeDefined();
      continue;
    }
    tally.add(step, refusal);
    expectVerdict(refusal, model.answer(step), where);
  }
  expectSameGuest(asked, model, expectPlainMemory);
  await expectSameFiles(asked, model);
  expectTold(asked.events, asked.state());
}

/** @returns why it was refused. */
async function takeStep(step: Step, asked: AskedAgent, model: AgentModel): Promise<Error | undefined> {
  if (step.ask === "mangled") {
    const refusal = await sendMangled(step, asked);
    expect(refusal, "what is not as it should be").toBeDefined();
    return refusal;
  }
  if (step.ask !== "act") return await expectSameAnswer(step, asked, model);
  if (model.lives.has(step.container)) {
    expect(await asked.act(step), "whether the program could do it").toBe(model.act(step));
  }
  return undefined;
}

function sendMangled({ of, change }: MangledAsk, asked: AskedAgent): Promise<Error | undefined> {
  const changes = changedMessages(asked.message(of));
  return asked.send(changes[change % changes.length]?.text ?? "");
}

/** What goes wrong with steps, if anything does. */
export async function failureOf(
  world: World,
  steps: readonly Step[],
  options: AskedAgentOptions,
  tally?: StepTally,
): Promise<Error | undefined> {
  const model = modelOf(world);
  await using asked = await AskedAgent.start(world, options);
  try {
    for (const [place, step] of steps.entries()) {
      const refusal = await takeStep(step, asked, model);
      if (step.ask !== "act" && step.ask !== "mangled") tally?.add(step, refusal);
      expectSameGuest(asked, model, expectPlainMemory);
      // What refusals leave of files is seen at the next step that is taken, and in the end.
      if (refusal === undefined || place === steps.length - 1) await expectSameFiles(asked, model);
    }
    expectTold(asked.events, asked.state());
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
