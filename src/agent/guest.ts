/** What a guest has: its policy, its mounts, its containers. Requests change it, one at a time. */
import { PolicyError, StateError, StorageError } from "../errors.ts";
import type { OpenedLayer } from "../layer/opened-layer.ts";
import type { MountedOverlay } from "../overlay/mounted-overlay.ts";
import type { ScratchDisk } from "../overlay/scratch-disk.ts";
import type { EnforcerSnapshot, GuestRequests, Policy, PolicyEnforcer } from "../policy/index.ts";
import type { TreeFiles } from "../tree/tree-files.ts";
import type { AgentEventKind } from "./agent-event.ts";
import type { GuestAgentOptions } from "./agent-options.ts";
import type { AgentState } from "./agent-state.ts";
import { DiskSlots } from "./disk-slots.ts";
import { eventError } from "./event-error.ts";
import type { GuestContainer } from "./guest-container.ts";
import type { GuestProcess } from "./guest-process.ts";
import type { AgentResponse } from "./host-request.ts";
import { type MountEntry, MountTable } from "./mount-table.ts";

/** The policy that was set. */
export interface SetPolicy {
  /** Its text as the host sent it: in base64. */
  readonly encoded: string;
  /** What the host sent with it, unread: in base64; empty for none. */
  readonly referenceInfo: string;
  readonly policy: Policy;
  readonly digest: string;
  readonly enforcer: PolicyEnforcer;
  readonly requests: GuestRequests;
}

/** What stands behind an entry of the mount table. */
export type MountedThing =
  | { readonly kind: "layer"; readonly layer: OpenedLayer }
  | { readonly kind: "scratch"; readonly disk: ScratchDisk }
  | { readonly kind: "overlay"; readonly overlay: MountedOverlay };

/** All that a request can change before it is done; what it adds at its end needs no undoing. */
interface GuestSnapshot {
  readonly enforcer: EnforcerSnapshot | undefined;
  readonly mounts: ReadonlyMap<string, MountEntry>;
}

/** See the head of this file. */
export class Guest {
  readonly options: GuestAgentOptions;
  /** 32 bytes, a copy. */
  readonly hostData: Uint8Array;
  readonly disks: DiskSlots;
  readonly memoryDevices: DiskSlots;
  readonly mounts: MountTable = new MountTable();
  /** By path, as the table has them. */
  readonly mounted: Map<string, MountedThing> = new Map();
  /** By path, each with its files where the embedder has them. */
  readonly sharedDirectories: Map<string, TreeFiles | undefined> = new Map();
  readonly containers: Map<string, GuestContainer> = new Map();
  readonly externalProcesses: Map<number, GuestProcess> = new Map();
  policy: SetPolicy | undefined;
  /** Tells of what the request decides whose turn it is. */
  tell: (event: AgentEventKind) => void = () => {};
  inconsistent: StorageError | undefined;
  #processes = 0;

  constructor(options: GuestAgentOptions, hostData: Uint8Array) {
    const { diskDeadlineMs = 30_000 } = options;
    this.options = options;
    this.hostData = hostData;
    this.disks = new DiskSlots(diskDeadlineMs);
    this.memoryDevices = new DiskSlots(diskDeadlineMs);
  }

  /** A number that no process has had. */
  newProcessId(): number {
    this.#processes += 1;
    return this.#processes;
  }

  /** All processes that run. */
  processes(): GuestProcess[] {
    const inContainers = [...this.containers.values()].flatMap(({ processes }) => processes);
    const all = [...inContainers, ...this.externalProcesses.values()];
    return all.filter(({ exitCode }) => exitCode === undefined);
  }

  /** What requests can change. */
  snapshot(): GuestSnapshot {
    return { enforcer: this.policy?.enforcer.snapshot(), mounts: this.mounts.snapshot() };
  }

  /** Undoes what was decided since. */
  restore({ enforcer, mounts }: GuestSnapshot): void {
    if (enforcer !== undefined) this.policy?.enforcer.restore(enforcer);
    this.mounts.restore(mounts);
  }

  /** Plain data of it all. */
  state(): AgentState {
    const { policy, inconsistent } = this;
    const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1);
    return {
      ...(policy && { policyDigest: policy.digest, policyMetadata: policy.enforcer.metadata() }),
      mounts: this.mounts.entries(),
      sharedDirectories: [...this.sharedDirectories.keys()].sort(),
      containers: [...this.containers.values()].map((container) => container.state()).sort(byId),
      externalProcesses: [...this.externalProcesses.values()].map((each) => each.state()),
      disks: this.disks.addresses(),
      ...(inconsistent && { inconsistent: inconsistent.message }),
    };
  }
}

/** What a request brought, and what there is to wait for when its turn is over. */
export interface Answer extends Omit<AgentResponse, "type" | "request"> {
  later?(signal: AbortSignal): Promise<Pick<AgentResponse, "exitCode">>;
}

/** A request's turn: nobody else changes the guest meanwhile. */
export class Turn {
  readonly guest: Guest;
  /** Aborts what is begun, and has it undone. */
  readonly signal: AbortSignal;
  /** Tells of what was decided and done. */
  readonly tell: (event: AgentEventKind) => void;

  constructor(guest: Guest, signal: AbortSignal, tell: (event: AgentEventKind) => void) {
    this.guest = guest;
    this.signal = signal;
    this.tell = tell;
  }

  /**
   * The policy to be asked.
   *
   * @throws {PolicyError} before there is one.
   */
  get policy(): SetPolicy {
    if (this.guest.policy !== undefined) return this.guest.policy;
    const reason = "no policy is set, and without one nothing is allowed";
    throw new PolicyError(`${reason}: send it first`, [reason]);
  }

  /** For what no point of a policy is about. @throws {PolicyError} before there is one. */
  requirePolicy(): void {
    void this.policy;
  }

  /**
   * The policy, for what mounts, unmounts, makes or removes.
   *
   * @throws {StateError} `poisoned` once it is not known what is mounted.
   */
  get requests(): GuestRequests {
    const { requests } = this.policy;
    const { inconsistent } = this.guest;
    if (inconsistent === undefined) return requests;
    throw new StateError(
      "poisoned",
      `mounts, unmounts, creations and deletions have been disabled in this guest due to a previous error: ${inconsistent.message}`,
      { cause: inconsistent },
    );
  }

  /** Does what cannot be undone: if it fails, what is left is not known. Does not heed the signal. */
  async irrevocably(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.poison(error);
      throw error;
    }
  }

  /** Undoes what was begun. Does not throw: what failed first is what is told. */
  async undo(act: () => Promise<void>): Promise<void> {
    await this.irrevocably(act).catch(() => undefined);
  }

  /** What is mounted is not known any more. */
  poison(cause: unknown): void {
    this.guest.inconsistent ??=
      cause instanceof StorageError ? cause : new StateError("poisoned", messageOf(cause), { cause });
    this.tell({ kind: "inconsistent", error: eventError(cause) });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
