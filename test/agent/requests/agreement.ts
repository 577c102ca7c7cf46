/** The agent and the model of it, asked the same, and held against each other after every step. */
import { expect } from "vitest";
import { PolicyError } from "../../../src/errors.ts";
import { SeededRandom } from "../../../src/testing/index.ts";
import { AgentModel } from "../model/agent-model.ts";
import type { Act, Ask, Refusal, Slot } from "../model/asks.ts";
import { listedFiles } from "../model/plain-files.ts";
import { AskedAgent, type AskedAgentOptions } from "./asked-agent.ts";
import { shortened } from "./failing-list.ts";
import { RandomAsks } from "./random-asks.ts";
import type { World } from "./world.ts";

/** A request, or something that a program does. */
export type Step = Ask | ({ readonly ask: "act" } & Act);

/** How often what was seen. */
export class StepTally {
  readonly counts: Map<string, number> = new Map();

  add(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}

/** A new model of a world. */
export function modelOf(world: World): AgentModel {
  const disks = new Map<
    Slot,
    (typeof world.disks extends ReadonlyMap<Slot, infer Disk> ? Disk : never)["plain"]
  >();
  for (const [slot, { plain }] of world.disks) disks.set(slot, plain);
  return new AgentModel(world.policy, disks);
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
  "shutdown",
  "delete",
].flatMap((ask) => [`${ask} done`, `${ask} refused`]);

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
  tally: StepTally,
): Promise<void> {
  const model = modelOf(world);
  await using asked = await AskedAgent.start(world);
  const steps = randomSteps(world, seed, count).filter((step): step is Ask => step.ask !== "act");
  // A signal names a process by a number that is not known before the process starts.
  const asks = steps.filter(({ ask }) => ask !== "signal");
  const refusals = await Promise.all(asks.map((ask) => asked.ask(ask)));
  for (const [place, ask] of asks.entries()) {
    const { against } = model.answer(ask);
    const refusal = refusals[place];
    tally.add(`${ask.ask} ${refusal === undefined ? "done" : "refused"}`);
    expectClass(refusal, against, `seed ${seed}, request ${place}: ${JSON.stringify(ask)}`);
  }
  await expectSame(asked, model);
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
    for (const step of steps) await take(step, asked, model, tally);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function take(
  step: Step,
  asked: AskedAgent,
  model: AgentModel,
  tally: StepTally | undefined,
): Promise<void> {
  if (step.ask === "act") {
    if (!model.lives.has(step.container)) return;
    expect(await asked.act(step), "whether the program could do it").toBe(model.act(step));
  } else {
    const before = asked.state();
    const { against, reasons } = model.answer(step);
    const refusal = await asked.ask(step);
    tally?.add(`${step.ask} ${refusal === undefined ? "done" : "refused"}`);
    expectClass(refusal, against);
    if (reasons.length > 0 && against.size === 1) expectReasons(refusal, reasons);
    if (refusal !== undefined) expect(asked.state(), "what a refusal leaves").toEqual(before);
  }
  await expectSame(asked, model);
}

const classes: { readonly [refusal in Refusal]: (error: Error & { readonly code?: string }) => boolean } = {
  rule: ({ name }) => name === "PolicyError",
  denied: ({ name }) => name === "PolicyError",
  attestation: ({ name }) => name === "AttestationError",
  state: ({ name, code }) => name === "StateError" || (name === "FormatError" && code === "missing-target"),
  "no-disk": ({ name }) => name === "DeviceError",
  "not-a-layer": ({ name }) => name === "FormatError",
};

function expectClass(refusal: Error | undefined, against: ReadonlySet<Refusal>, where = ""): void {
  const said = refusal === undefined ? "done" : `refused with ${refusal.name}: ${refusal.message}`;
  const expected = against.size === 0 ? "done" : `refused as ${[...against].join(" or ")}`;
  const fits =
    refusal === undefined ? against.size === 0 : [...against].some((each) => classes[each](refusal));
  expect(fits, `${where} ${said}, where the model has it ${expected}`).toBe(true);
}

/** Reasons of single checks are the framework's words; the model does not have all others. */
function expectReasons(refusal: Error | undefined, reasons: readonly string[]): void {
  const known = reasons.filter((reason) => /^(?:device|mountpoint|no device|overlay has)/.test(reason));
  const said = refusal instanceof PolicyError ? refusal.reasons : [];
  expect(said, "the reasons of a denial").toEqual(expect.arrayContaining(known));
}

/** Mounts, what the policy remembers, containers, processes, and files. */
async function expectSame(asked: AskedAgent, model: AgentModel): Promise<void> {
  const state = asked.state();
  const kinds = { layer: "RO", scratch: "RW", overlay: "Overlay" } as const;
  expect(state.mounts, "mounts").toEqual(
    model.mounts.entries().map(([path, { kind, ...mount }]) => ({ path, ...mount, kind: kinds[kind] })),
  );
  expect(state.inconsistent).toBeUndefined();
  const containers = [...model.lives].map(([id, { state: status }]) => [
    id,
    status,
    model.runs.flatMap(({ container, runs }, i) => (container === id ? [[asked.processes[i], runs]] : [])),
  ]);
  expect(
    state.containers.map(({ id, status, processes }) => [
      id,
      status,
      processes.map((process) => [process.id, process.exitCode === undefined]),
    ]),
    "containers",
  ).toEqual(containers.sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)));
  expect(state.policyMetadata !== undefined, "whether a policy is set").toBe(model.isPolicySet);
  if (state.policyMetadata !== undefined) expectMemory(state.policyMetadata, model);
  for (const { path } of state.mounts) {
    const [, id] = /^\/run\/gcs\/c\/([^/]+)\/rootfs$/.exec(path) ?? [];
    if (id === undefined) continue;
    expect(await asked.files(id), `files of ${id}`).toEqual(listedFiles(model.files(id) ?? new Map()));
  }
}

function expectMemory(metadata: { readonly [name: string]: unknown }, model: AgentModel): void {
  const table = (name: string): { readonly [key: string]: unknown } => ({
    ...(metadata[name] as { readonly [key: string]: unknown }),
  });
  const keys = (name: string): string[] => Object.keys(table(name)).sort();
  const { devices, writableDevices, scratches, overlays, matches, started } = model.memory;
  expect(table("devices"), "devices").toEqual(Object.fromEntries(devices));
  expect(keys("rw_devices"), "rw_devices").toEqual([...writableDevices].sort());
  expect(keys("scratch_mounts"), "scratch_mounts").toEqual([...scratches].sort());
  expect(keys("overlayTargets"), "overlayTargets").toEqual([...overlays].sort());
  expect(keys("started"), "started").toEqual([...started].sort());
  const commands = Object.entries(table("matches")).map(([id, list]) => [
    id,
    (list as readonly { readonly command: unknown }[]).map(({ command }) => command),
  ]);
  const known = [...matches].map(([id, list]) => [id, list.map(({ command }) => command)]);
  expect(Object.fromEntries(commands), "matches").toEqual(Object.fromEntries(known));
}
