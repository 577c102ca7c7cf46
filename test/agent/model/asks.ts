/** What a host asks of a guest, and what a container's program does, without the form that it is sent in. */
import type { PlainProcess } from "./plain-policy.ts";

/** Controller and slot of a disk: `0:1`. */
export type Slot = string;

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
    }
  | { readonly ask: "execute"; readonly container: string; readonly process: PlainProcess }
  | {
      readonly ask: "signal";
      readonly container: string;
      /** Counts processes of all containers, in the order in which they were started. */
      readonly process: number;
      readonly signal: number;
    }
  | { readonly ask: "start" | "shutdown" | "delete"; readonly container: string }
  | { readonly ask: "unplug"; readonly slot: Slot };

/** What a program does in its container: undefined removes the file. */
export interface Act {
  readonly container: string;
  readonly path: string;
  readonly content: string | undefined;
}

/** Why something is refused: by a rule of the guest's own, by the policy, or for what there is. */
export type Refusal = "rule" | "denied" | "attestation" | "state" | "no-disk" | "not-a-layer";

/** What a model says to a request: nothing against it, or all that is. The guest may name any of it. */
export interface Verdict {
  readonly against: ReadonlySet<Refusal>;
  /** Of a denial. */
  readonly reasons: readonly string[];
}
