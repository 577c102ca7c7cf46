/** Holding an agent against the model of it. */
import { expect } from "vitest";
import { PolicyError, StorageError } from "../../../src/errors.ts";
import type { JsonObject } from "../../../src/rego/index.ts";
import type { AgentModel } from "../model/agent-model.ts";
import { type Ask, machine, type Refusal, type Verdict } from "../model/asks.ts";
import { listedFiles } from "../model/plain-files.ts";
import type { PolicyMemory } from "../model/plain-policy.ts";
import type { AskedAgent } from "./asked-agent.ts";

/** Asks both, and compares what they say; a refusal must have left nothing. */
export async function expectSameAnswer<Memory>(
  ask: Ask,
  asked: AskedAgent,
  model: AgentModel<Memory>,
): Promise<Error | undefined> {
  const before = asked.state();
  const said = await asked.exchange(asked.message(ask));
  const refusal = said instanceof StorageError ? said : undefined;
  const verdict = model.answer(ask);
  expectVerdict(refusal, verdict, JSON.stringify(ask));
  if (refusal !== undefined) expect(asked.state(), "what a refusal leaves").toEqual(before);
  const { processes, exitCode } = verdict.answer ?? {};
  if (processes) expect(said).toMatchObject({ processes: processes.map((run) => asked.processes[run]) });
  if (exitCode !== undefined) expect(said).toMatchObject({ exitCode });
  return refusal;
}

const classes: { readonly [refusal in Refusal]: (error: Error & { readonly code?: string }) => boolean } = {
  rule: ({ name }) => name === "PolicyError",
  denied: ({ name }) => name === "PolicyError",
  attestation: ({ name }) => name === "AttestationError",
  state: ({ name, code }) => name === "StateError" || (name === "FormatError" && code === "missing-target"),
  "no-disk": ({ name }) => name === "DeviceError",
  "not-a-layer": ({ name }) => name === "FormatError",
  "too-late": ({ code }) => code === "device-timeout",
};

/** Holds an answer against the model's verdict. @param where names the request where that is not known. */
export function expectVerdict(
  refusal: Error | undefined,
  { against, reasons }: Verdict,
  where: string,
): void {
  const said = refusal === undefined ? "done" : `refused with ${refusal.name}: ${refusal.message}`;
  const expected = against.size === 0 ? "done" : `refused as ${[...against].join(" or ")}`;
  const fits =
    refusal === undefined ? against.size === 0 : [...against].some((each) => classes[each](refusal));
  expect(fits, `${where} ${said}, where the model has it ${expected}`).toBe(true);
  if (reasons.length > 0 && against.size === 1) expectReasons(refusal, reasons);
}

/** Reasons of single checks are the framework's words; the model does not have all others. */
function expectReasons(refusal: Error | undefined, reasons: readonly string[]): void {
  const known = reasons.filter((reason) => /^(?:device|mountpoint|no device|overlay has)/.test(reason));
  const said = refusal instanceof PolicyError ? refusal.reasons : [];
  expect(said, "the reasons of a denial").toEqual(expect.arrayContaining(known));
}

/**
 * Holds mounts, what the policy remembers, containers and processes against the model's.
 *
 * @param expectMemory does so for what the policy remembers.
 */
export function expectSameGuest<Memory>(
  asked: AskedAgent,
  model: AgentModel<Memory>,
  expectMemory: (metadata: JsonObject, memory: Memory) => void,
): void {
  const state = asked.state();
  const kinds = { layer: "RO", scratch: "RW", overlay: "Overlay" } as const;
  expect(state.mounts, "mounts").toEqual(
    model.mounts.entries().map(([path, { kind, ...mount }]) => ({ path, ...mount, kind: kinds[kind] })),
  );
  expect(state.inconsistent).toBeUndefined();
  expect(state.disks, "disks").toEqual(model.disks);
  expect(state.sharedDirectories, "folders of the host's").toEqual(model.folders);
  const processesOf = (id: string): unknown[] =>
    model.runs.flatMap(({ container, command, exitCode }, i) =>
      container === id ? [{ id: asked.processes[i], arguments: command, exitCode }] : [],
    );
  const containers = [...model.lives].map(([id, { state: status }]) => ({
    id,
    status,
    processes: processesOf(id),
  }));
  expect(
    state.containers.map(({ sandboxId: _, ...container }) => container),
    "containers",
  ).toEqual(containers.sort((a, b) => (a.id < b.id ? -1 : 1)));
  expect(state.externalProcesses, "processes beside the containers").toEqual(processesOf(machine));
  expect(state.policyMetadata !== undefined, "whether a policy is set").toBe(model.isPolicySet);
  if (state.policyMetadata !== undefined) expectMemory(state.policyMetadata, model.memory);
}

/** Holds the files of all roots against the model's. */
export async function expectSameFiles<Memory>(asked: AskedAgent, model: AgentModel<Memory>): Promise<void> {
  for (const { path } of asked.state().mounts) {
    const [, id] = /^\/run\/gcs\/c\/([^/]+)\/rootfs$/.exec(path) ?? [];
    if (id === undefined) continue;
    expect(await asked.files(id), `files of ${id}`).toEqual(listedFiles(model.files(id) ?? new Map()));
  }
}

/** As far as the plain policy knows it. */
export function expectPlainMemory(metadata: JsonObject, memory: PolicyMemory): void {
  const table = (name: string): { readonly [key: string]: unknown } => ({
    ...(metadata[name] as { readonly [key: string]: unknown }),
  });
  const keys = (name: string): string[] => Object.keys(table(name)).sort();
  const { devices, writableDevices, scratches, overlays, matches, started, folders } = memory;
  expect(table("p9mounts"), "p9mounts").toEqual(Object.fromEntries(folders));
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
