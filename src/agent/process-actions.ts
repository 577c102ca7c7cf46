/** Starting processes, sending them signals, and waiting for them. */
import { unheard, untilAborted } from "../device/abortable.ts";
import { DeviceError, StateError } from "../errors.ts";
import { checkTerminal, containerOf } from "./container-actions.ts";
import type { GuestProcessSpec, RunningProcess } from "./container-runner.ts";
import type { Answer, Turn } from "./guest.ts";
import type { GuestContainer } from "./guest-container.ts";
import { GuestProcess } from "./guest-process.ts";
import type { ExecuteCommand, HostCommand, ProcessCommand } from "./host-command.ts";
import { VM_ID } from "./host-request.ts";
import { OutsideProcess } from "./outside-process.ts";
import { lookUpUser } from "./user-lookup.ts";

type ExternalProcess = Extract<ExecuteCommand, { readonly kind: "execute-external" }>["process"];

/** Of one container, or beside them: those that have ended are kept account of too. */
const mostProcesses = 4096;
/** What timers can count: some 25 days. More, as `0xffffffff`, is no limit. */
const longestTimerMs = 0x7fff_ffff;
const killSignal = 9;
const noCapabilities = { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] } as const;
const nobody = { id: "0", name: "" } as const;

/** Starts a container's first process, on which the policy decided when the container was made. */
export async function startInit(turn: Turn, containerId: string): Promise<number> {
  turn.requirePolicy();
  const container = containerOf(turn, containerId);
  if (container.status !== "created") {
    throw new StateError("busy", `container ${containerId} has been started before`);
  }
  if (turn.guest.mounts.at(`/run/gcs/c/${containerId}/rootfs`) === undefined) {
    throw new StateError("closed", `the root of container ${containerId} is not mounted any more`);
  }
  const { id, sandboxId, ...parts } = container.parts;
  return await startIn(turn, container, { ...parts, isInit: true });
}

/** Starts another process in a container. */
export async function execute(turn: Turn, containerId: string, asked: ProcessCommand): Promise<number> {
  const { policy, signal } = turn;
  const container = containerOf(turn, containerId);
  const { root, mounts } = container.parts;
  const identity = await lookUpUser(root, asked.user, signal);
  const { user: _, ...rest } = asked;
  const grant = policy.requests.execInContainer({ containerId, ...rest, ...identity });
  checkTerminal(asked.terminal, grant.stdioAccess);
  if (container.status !== "running") {
    throw notRunning(container);
  }
  return await startIn(turn, container, { ...rest, ...identity, ...grant, root, mounts, isInit: false });
}

/** Starts a process beside the containers. */
export async function executeExternal(turn: Turn, asked: ExternalProcess): Promise<number> {
  const { guest, policy, tell } = turn;
  const grant = policy.requests.execExternal(asked);
  checkTerminal(asked.terminal, grant.stdioAccess);
  checkRoom(guest.externalProcesses.size);
  const spec: GuestProcessSpec = {
    ...asked,
    ...grant,
    containerId: VM_ID,
    processId: guest.newProcessId(),
    isInit: false,
    root: undefined,
    user: nobody,
    groups: [],
    umask: "0022",
    capabilities: noCapabilities,
    noNewPrivileges: false,
    mounts: [],
  };
  const running = await start(turn, spec);
  const made = new GuestProcess(
    { id: spec.processId, isInit: false, arguments: spec.arguments },
    running,
    (exitCode) => tell({ kind: "process-ended", container: VM_ID, process: spec.processId, exitCode }),
  );
  guest.externalProcesses.set(made.id, made);
  tellStarted(turn, spec);
  return made.id;
}

async function startIn(
  turn: Turn,
  container: GuestContainer,
  asked: Omit<GuestProcessSpec, "containerId" | "processId">,
): Promise<number> {
  checkRoom(container.processes.length);
  const { isInit } = asked;
  const id = turn.guest.newProcessId();
  const spec = { ...asked, containerId: container.id, processId: id };
  const running = await start(turn, spec);
  if (!isInit && container.status !== "running") {
    // Its first process ended while this one was started, and cannot take it along any more.
    unheard(running.signal(killSignal));
    throw notRunning(container);
  }
  const made = new GuestProcess({ id, isInit, arguments: spec.arguments }, running, (exitCode) => {
    turn.tell({ kind: "process-ended", container: container.id, process: id, exitCode });
    if (isInit) endAll(container);
  });
  container.add(made);
  tellStarted(turn, spec);
  return id;
}

function notRunning({ id }: GuestContainer): StateError {
  return new StateError("closed", `container ${id} is not running`);
}

/** With the first process, all others end: they are in its name space. */
function endAll(container: GuestContainer): void {
  container.end();
  for (const each of container.processes) unheard(each.signal(killSignal));
}

async function start({ guest, signal }: Turn, spec: GuestProcessSpec): Promise<RunningProcess> {
  const { runner } = guest.options;
  if (runner === undefined) return new OutsideProcess();
  const starting = runner.start(spec, { signal });
  try {
    return await untilAborted(starting, signal);
  } catch (error) {
    // One that starts after all was not wanted any more.
    unheard(starting.then((late) => late.signal(killSignal)));
    throw error;
  }
}

function tellStarted({ guest, tell }: Turn, spec: GuestProcessSpec): void {
  const { containerId: container, processId, arguments: words } = spec;
  const runs = guest.options.runner === undefined ? "outside" : "runner";
  tell({ kind: "process-started", container, process: processId, arguments: words, runs });
}

function checkRoom(processes: number): void {
  if (processes < mostProcesses) return;
  throw new StateError("exhausted", `there have been ${mostProcesses} processes here: that is all`);
}

/** Sends a signal to a process of a container's. */
export async function signalProcess(
  turn: Turn,
  { containerId, processId, signal }: Extract<HostCommand, { readonly kind: "signal" }>,
): Promise<void> {
  const { requests } = turn.policy;
  const target = processOf(turn, containerId, processId);
  const { isInit: isInitProcess, arguments: words } = target;
  requests.signalContainerProcess({ containerId, signal, isInitProcess, arguments: words });
  await untilAborted(target.signal(signal), turn.signal);
  turn.tell({ kind: "process-signaled", container: containerId, process: processId, signal });
}

/** Finds the process at its turn, and waits for its end when that is over. */
export function waitFor(
  turn: Turn,
  containerId: string,
  processId: number,
  timeoutMs: number,
): NonNullable<Answer["later"]> {
  turn.requirePolicy();
  const { exit } = processOf(turn, containerId, processId);
  return async (signal) => {
    if (timeoutMs > longestTimerMs) return { exitCode: await untilAborted(exit, signal) };
    const late = new AbortController();
    const why = `process ${processId} still runs after ${timeoutMs} ms`;
    const timer = setTimeout(() => late.abort(new DeviceError("device-timeout", why)), timeoutMs);
    try {
      const either = AbortSignal.any([late.signal, signal]);
      return { exitCode: await untilAborted(exit, either) };
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Numbers of a container's processes that run. */
export function listProcesses(turn: Turn, containerId: string): number[] {
  turn.policy.requests.getProperties();
  const { processes } = containerOf(turn, containerId);
  return processes.filter(({ exitCode }) => exitCode === undefined).map(({ id }) => id);
}

function processOf(turn: Turn, containerId: string, processId: number): GuestProcess {
  const isMachine = containerId === VM_ID;
  const found = isMachine
    ? turn.guest.externalProcesses.get(processId)
    : containerOf(turn, containerId).process(processId);
  if (found !== undefined) return found;
  throw new StateError("closed", `there is no process ${processId}`);
}
