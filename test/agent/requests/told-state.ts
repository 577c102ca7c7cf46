/** What a guest has, by what it tells: whoever reads its events knows of all that was done. */
import { expect } from "vitest";
import { type AgentEvent, type AgentState, VM_ID } from "../../../src/agent/index.ts";

interface ToldProcess {
  readonly container: string;
  readonly id: number;
  readonly arguments: readonly string[];
  readonly exitCode?: number;
}

/** As far as events have it: uses of a mount follow from what was mounted on it. */
interface ToldState {
  readonly mounts: readonly object[];
  readonly sharedDirectories: readonly string[];
  readonly disks: readonly string[];
  readonly containers: readonly string[];
  readonly processes: readonly ToldProcess[];
  readonly policyDigest: string | undefined;
}

/** Holds a state against all events since the guest was started. */
export function expectTold(events: readonly AgentEvent[], state: AgentState): void {
  expect(
    events.map(({ sequence }) => sequence),
    "no event is missing",
  ).toEqual(events.map((_, i) => i + 1));
  expect(toldState(events), "what events tell").toEqual(seenState(state));
}

function seenState({ policyDigest, ...state }: AgentState): ToldState {
  const own = state.containers.flatMap(({ id: container, processes }) =>
    processes.map((process) => ({ container, ...process })),
  );
  const others = state.externalProcesses.map((process) => ({ container: VM_ID, ...process }));
  return {
    mounts: state.mounts.map(({ usage: _, ...mount }) => mount),
    sharedDirectories: state.sharedDirectories,
    disks: state.disks,
    containers: state.containers.map(({ id }) => id),
    processes: [...own, ...others].sort((a, b) => a.id - b.id),
    policyDigest,
  };
}

function toldState(events: readonly AgentEvent[]): ToldState {
  const mounts = new Map<string, object>();
  const shared = new Set<string>();
  const disks = new Set<string>();
  const containers = new Set<string>();
  const processes = new Map<number, ToldProcess>();
  let policyDigest: string | undefined;
  for (const event of events) {
    if (event.kind === "mounted") {
      const { usage: _, ...mount } = event.mount;
      mounts.set(mount.path, mount);
    } else if (event.kind === "unmounted") {
      expect(mounts.delete(event.path) || shared.delete(event.path), event.path).toBe(true);
    } else if (event.kind === "shared") shared.add(event.path);
    else if (event.kind === "disk-attached") disks.add(event.address);
    else if (event.kind === "disk-detached") disks.delete(event.address);
    else if (event.kind === "container-created") containers.add(event.container);
    else if (event.kind === "container-deleted") containers.delete(event.container);
    else if (event.kind === "policy-set") policyDigest = event.digest;
    else if (event.kind === "process-started") {
      const { container, process: id, arguments: words } = event;
      processes.set(id, { container, id, arguments: words });
    } else if (event.kind === "process-ended") {
      const started = processes.get(event.process);
      expect(started, `process ${event.process} was told of`).toBeDefined();
      if (started !== undefined) processes.set(started.id, { ...started, exitCode: event.exitCode });
    }
  }
  return {
    mounts: [...mounts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, mount]) => mount),
    sharedDirectories: [...shared].sort(),
    disks: [...disks].sort(),
    containers: [...containers].sort(),
    processes: [...processes.values()].filter(
      ({ container }) => container === VM_ID || containers.has(container),
    ),
    policyDigest,
  };
}
