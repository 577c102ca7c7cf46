/** Recorded scenarios of a policy alone, as requests of a host that has real layers on its disks. */
import type { Policy } from "../../../src/policy/index.ts";
import { scenarioText } from "../../../src/policy/scenario-text.ts";
import type { Operation, Trace } from "../../policy/traces.ts";
import { AgentModel } from "../model/agent-model.ts";
import type { Ask, Slot } from "../model/asks.ts";
import { type RecordedProcess, ScenarioPolicy } from "./scenario-policy.ts";
import { blank, encodedPolicy, type HostWorld, layerDisk, plainDisks, type WorldDisk } from "./world.ts";

/** A scenario as requests. */
export interface RecordedAsks {
  readonly world: HostWorld;
  /** Each with what the policy was recorded to say; undefined for requests that the policy is not asked. */
  readonly asks: readonly (readonly [ask: Ask, recorded: boolean | undefined])[];
}

/** A scenario with root hashes of layers that there are. */
export interface RealScenario {
  readonly policyText: string;
  readonly operations: readonly (readonly [op: Operation, recorded: boolean])[];
  readonly disks: ReadonlyMap<Slot, WorldDisk>;
  readonly accounts: Accounts;
}

/** What there is when an operation is turned into a request. */
interface Scene<Memory> {
  readonly model: AgentModel<Memory>;
  /** Where scratch was asked for, by the container. */
  readonly scratches: ReadonlyMap<string, string>;
  readonly accounts: Accounts;
}

const hashPattern = /^[0-9a-f]{64}$/;

/** Builds a layer for each root hash that a scenario names, puts its own hash there, and attaches a disk for each mount. */
export async function realScenario({ policy, steps = [] }: Trace): Promise<RealScenario> {
  const recorded = steps.map(({ op, allowed }) => [op, allowed] as const);
  const text = scenarioText(policy, "the policy");
  const named = new Set([
    ...[...text.matchAll(/"layers"\s*:\s*\[([^\]]*)\]/g)].flatMap(
      ([, list = ""]) => list.match(/[0-9a-f]{64}/g) ?? [],
    ),
    ...recorded.flatMap(([op]) => {
      const hash = String(op["deviceHash"]);
      return hashPattern.test(hash) ? [hash] : [];
    }),
  ]);
  const accounts = accountsOf(recorded.map(([op]) => op));
  const layers = new Map<string, WorldDisk>();
  for (const hash of named) {
    const own = [["/top", hash] as const, [`/layers/${hash}`, hash] as const];
    layers.set(
      hash,
      await layerDisk({ name: hash, files: new Map([...own, ...accountFiles(accounts)]), removed: [] }),
    );
  }
  const real = (json: string): string =>
    json.replaceAll(/[0-9a-f]{64}/g, (hash) => rootHashOf(layers.get(hash)) ?? hash);
  const disks = new Map<Slot, WorldDisk>();
  const operations = recorded.map(([op, allowed], i) => {
    const slot = slotOf(i);
    const layer = layers.get(String(op["deviceHash"]));
    if (layer !== undefined) disks.set(slot, layer);
    if (op.op === "rw_mount_device") disks.set(slot, blank(0));
    return [JSON.parse(real(JSON.stringify({ ...op, slot }))) as Operation, allowed] as const;
  });
  return { policyText: real(text), operations, disks, accounts };
}

/** The operations that are requests of a host's, as it sends them where it means well. */
export function recordedAsks(scenario: RealScenario, policy: Policy): RecordedAsks {
  const { policyText, operations, disks, accounts } = scenario;
  const model = new AgentModel(new ScenarioPolicy(policy), plainDisks(disks), encodedPolicy(policyText));
  const asks: (readonly [Ask, boolean | undefined])[] = [];
  const scratches = new Map<string, string>();
  const take = (ask: Ask, recorded: boolean | undefined): boolean => {
    asks.push([ask, recorded]);
    return model.answer(ask).against.size === 0;
  };
  take({ ask: "set-policy", enforcer: "rego", isAttested: true }, undefined);
  for (const [op, recorded] of operations) {
    if (op.op === "scratch_mount") scratches.set(lastPart(op["target"]), String(op["target"]));
    const ask = askOf(op, { model, scratches, accounts });
    if (ask === undefined) continue;
    const isDone = take(ask, recorded);
    // What the policy is not asked stands between: a container's first process.
    if (ask.ask === "create" && isDone) take({ ask: "start", container: ask.container }, undefined);
  }
  return { world: { policyText, disks }, asks };
}

function askOf<Memory>(op: Operation, scene: Scene<Memory>): Ask | undefined {
  const { model, scratches } = scene;
  const [target, unmountTarget, container] = [op["target"], op["unmountTarget"], op["containerID"]].map(
    String,
  ) as [string, string, string];
  const slot = String(op["slot"]);
  const mounted = model.mounts.get(unmountTarget);
  const mountedSlot = mounted?.kind === "overlay" ? slot : (mounted?.source ?? slot);
  switch (op.op) {
    case "mount_device":
      if (!hashPattern.test(String(op["deviceHash"]))) return undefined;
      return { ask: "mount-layer", slot, target, options: ["ro"], filesystem: "" };
    case "unmount_device":
      return { ask: "unmount-layer", slot: mountedSlot, target: unmountTarget };
    case "rw_mount_device": {
      const { encrypted, ensureFilesystem, filesystem } = op as unknown as Extract<
        Ask,
        { ask: "mount-scratch" }
      >;
      return { ask: "mount-scratch", slot, target, options: [], encrypted, ensureFilesystem, filesystem };
    }
    case "rw_unmount_device": {
      const encrypted = mounted?.encrypted ?? true;
      return { ask: "unmount-scratch", slot: mountedSlot, target: unmountTarget, encrypted };
    }
    case "mount_overlay": {
      const layers = op["layerPaths"] as readonly string[] | null;
      if (layers === null) return undefined;
      const scratch = scratches.get(container) ?? "";
      return { ask: "mount-overlay", container, target, layers, scratch };
    }
    case "unmount_overlay":
      return { ask: "unmount-overlay", container: unmountTarget.split("/")[4] ?? "", target: unmountTarget };
    case "mount_blockdev":
      return { ask: "mount-device", slot, target };
    case "unmount_blockdev":
      return { ask: "unmount-device", slot, target: unmountTarget };
    case "plan9_mount":
      return { ask: "mount-folder", target, share: "0", isReadOnly: false };
    case "plan9_unmount":
      return { ask: "unmount-folder", target: unmountTarget, share: "0" };
    case "dump_stacks":
      return { ask: "dump-stacks" };
    case "load_fragment": {
      const { issuer, feed, fragment, header_svn: headerSvn } = op;
      return {
        ask: "load-fragment",
        fragment: JSON.stringify({ issuer, feed, fragment, header_svn: headerSvn }),
      };
    }
    default:
      return lifeOf(op, container, scene);
  }
}

function lifeOf<Memory>(
  op: Operation,
  container: string,
  { model, accounts }: Scene<Memory>,
): Ask | undefined {
  switch (op.op) {
    case "create_container": {
      const sandbox = String(op["sandboxID"]);
      if (op["isSandboxContainer"] !== (sandbox === container) || !isExpressible(op, accounts))
        return undefined;
      return { ask: "create", container, sandbox, process: processOf(op) };
    }
    case "exec_in_container":
      return isExpressible(op, accounts) ? { ask: "execute", container, process: processOf(op) } : undefined;
    case "signal_container_process": {
      const words = JSON.stringify(op["argList"]);
      const process = model.runs.findIndex(
        (run) =>
          run.container === container &&
          run.isInit === op["isInitProcess"] &&
          (run.isInit || JSON.stringify(run.command) === words),
      );
      return process === -1 ? undefined : { ask: "signal", container, process, signal: Number(op["signal"]) };
    }
    case "shutdown_container":
      return { ask: "shutdown", container };
    default:
      return undefined;
  }
}

function processOf(op: Operation): RecordedProcess {
  return {
    command: (op["argList"] as readonly string[] | null) ?? [],
    environment: (op["envList"] as readonly string[] | null) ?? [],
    workingDirectory: String(op["workingDir"]),
    op,
  };
}

/** Whether a host can ask for it: a profile must be known by more than its digest, and names be those that the layers have. */
function isExpressible(op: Operation, { users, groups }: Accounts): boolean {
  const asked = op as unknown as IdentifiedOperation & {
    readonly seccompProfileSHA256?: string;
    readonly devices?: readonly unknown[];
  };
  return (
    users.get(asked.user.id) === asked.user.name &&
    asked.groups.length > 0 &&
    asked.groups.every(({ id, name }) => groups.get(id) === name) &&
    !asked.seccompProfileSHA256 &&
    !asked.devices?.length
  );
}

interface IdentifiedOperation {
  readonly user: { readonly id: string; readonly name: string };
  readonly groups: readonly { readonly id: string; readonly name: string }[];
}

/** Names of users and groups by their numbers. */
interface Accounts {
  readonly users: ReadonlyMap<string, string>;
  readonly groups: ReadonlyMap<string, string>;
}

/** The names that a scenario has, one for each number. */
function accountsOf(ops: readonly Operation[]): Accounts {
  const identified = ops.filter(
    ({ user }) => user !== undefined,
  ) as unknown as readonly IdentifiedOperation[];
  const named = (list: readonly IdentifiedOperation["user"][]): ReadonlyMap<string, string> =>
    new Map([...list].reverse().map(({ id, name }) => [id, name]));
  return {
    users: named(identified.map(({ user }) => user)),
    groups: named(identified.flatMap(({ groups }) => groups)),
  };
}

/** `/etc/passwd` and `/etc/group`. */
function accountFiles({ users, groups }: Accounts): readonly (readonly [path: string, content: string])[] {
  const lines = (table: ReadonlyMap<string, string>, rest: string): string =>
    [...table].map(([id, name]) => `${name}:x:${id}:${rest}\n`).join("");
  return [
    ["/etc/passwd", lines(users, "0::/:/bin/sh")],
    ["/etc/group", lines(groups, "")],
  ];
}

function rootHashOf(disk: WorldDisk | undefined): string | undefined {
  return disk?.plain.holds === "layer" ? disk.plain.rootHash : undefined;
}

function slotOf(step: number): Slot {
  return `${step >> 6}:${step & 63}`;
}

function lastPart(path: unknown): string {
  return String(path).split("/").at(-1) ?? "";
}
