/** What a host asks of a guest, and what a container's program does, without the form that it is sent in. */
import type { PlainProcess } from "./plain-policy.ts";

/** Controller and slot of a disk: `0:1`. */
export type Slot = string;

/** The virtual machine itself: processes beside the containers are its own. */
export const machine = "00000000-0000-0000-0000-000000000000";

/** A request. */
export type Ask =
  | { readonly ask: "set-policy"; readonly enforcer: string; readonly isAttested: boolean }
  | { readonly ask: "load-fragment"; readonly fragment: string }
  | {
      readonly ask: "mount-layer";
      readonly slot: Slot;
      readonly target: string;
      readonly options: readonly string[];
      readonly filesystem: string;
    }
  | { readonly ask: "unmount-layer"; readonly slot: Slot; readonly target: string }
  | {
      /** A layer on persistent memory; `isPart` of a device that holds others besides. */
      readonly ask: "mount-memory" | "unmount-memory";
      readonly device: number;
      readonly target: string;
      readonly isPart: boolean;
    }
  | {
      /** A disk as it is, without a file system. */
      readonly ask: "mount-device" | "unmount-device";
      readonly slot: Slot;
      readonly target: string;
    }
  | {
      /** A folder of the host's. */
      readonly ask: "mount-folder";
      readonly target: string;
      readonly share: string;
      readonly isReadOnly: boolean;
    }
  | { readonly ask: "unmount-folder"; readonly target: string; readonly share: string }
  | {
      readonly ask: "mount-scratch";
      readonly slot: Slot;
      readonly target: string;
      readonly options: readonly string[];
      readonly filesystem: string;
      readonly encrypted: boolean;
      readonly ensureFilesystem: boolean;
    }
  | {
      readonly ask: "unmount-scratch";
      readonly slot: Slot;
      readonly target: string;
      readonly encrypted: boolean;
    }
  | {
      readonly ask: "mount-overlay";
      readonly container: string;
      readonly target: string;
      /** Where they are mounted, the top first. */
      readonly layers: readonly string[];
      /** Empty for none. */
      readonly scratch: string;
    }
  | { readonly ask: "unmount-overlay"; readonly container: string; readonly target: string }
  | {
      readonly ask: "create";
      readonly container: string;
      readonly sandbox: string;
      readonly process: PlainProcess;
      /** Where folders of the host's are that it is to have at `/data`. */
      readonly folders?: readonly string[];
    }
  | { readonly ask: "execute"; readonly container: string; readonly process: PlainProcess }
  | { readonly ask: "execute-outside"; readonly process: PlainProcess }
  | {
      readonly ask: "signal";
      readonly container: string;
      /** Counts processes of all containers, in the order in which they were started. */
      readonly process: number;
      readonly signal: number;
    }
  | {
      /** As `signal`; the host waits so long for it to end. */
      readonly ask: "wait";
      readonly container: string;
      readonly process: number;
      readonly timeoutMs: number;
    }
  | {
      readonly ask: "announce" | "start" | "shutdown" | "kill" | "delete" | "list-processes";
      readonly container: string;
    }
  | { readonly ask: "dump-stacks" }
  | { readonly ask: "unplug"; readonly slot: Slot };

/** What a program does in its container: undefined removes the file. */
export interface Act {
  readonly container: string;
  readonly path: string;
  readonly content: string | undefined;
}

/** Why something is refused: by a rule of the guest's own, by the policy, or for what there is. */
export type Refusal = "rule" | "denied" | "attestation" | "state" | "no-disk" | "not-a-layer" | "too-late";

/** What a model says to a request: nothing against it, or all that is. The guest may name any of it. */
export interface Verdict {
  readonly against: ReadonlySet<Refusal>;
  /** Of a denial. */
  readonly reasons: readonly string[];
  /** What is answered besides, where it is done. */
  readonly answer?: PlainAnswer;
}

/** What a host wants to know. Processes are counted as in `Ask`. */
export interface PlainAnswer {
  readonly processes?: readonly number[];
  readonly exitCode?: number;
}
