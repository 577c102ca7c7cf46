/**
 * What an agent tells of what it decides and does. Events are plain data, fit for JSON; values of environment
 * variables, policies' texts and keys are in none of them.
 */
import type { PolicyExplanation } from "../policy/index.ts";
import type { HostRequestType } from "./host-request.ts";
import type { MountEntry } from "./mount-table.ts";

/** What every event has. */
interface EventBase {
  /** Counts events from 1 on: a gap is what a slow reader missed. */
  readonly sequence: number;
  /** The request that it belongs to, counted from 1 on in the order of arrival; 0 for none. */
  readonly request: number;
}

/** An error, as events have it. */
export interface EventError {
  /** The class: `PolicyError`, … */
  readonly name: string;
  readonly code: string | undefined;
  /** Shortened, and in words of the policy's check where that denied. */
  readonly message: string;
  /** Of a denial: the reasons that the check gave. */
  readonly reasons?: readonly string[];
  /** Of a denial: what was listed and what was offered. */
  readonly explanation?: PolicyExplanation;
}

/** What happened. */
export type AgentEventKind =
  /** It is the turn of a request; `resource` is what is to be modified. One that cannot be read has none of this. */
  | { readonly kind: "request"; readonly type: HostRequestType; readonly resource?: string }
  /** The policy was asked. */
  | { readonly kind: "decision"; readonly point: string; readonly allowed: boolean }
  /** A request was done. */
  | { readonly kind: "done" }
  /** A request was refused, and nothing of it remains. */
  | { readonly kind: "refused"; readonly error: EventError }
  | { readonly kind: "policy-set"; readonly digest: string }
  | { readonly kind: "fragment-loaded"; readonly issuer: string; readonly feed: string }
  | { readonly kind: "mounted"; readonly mount: MountEntry; readonly rootHash?: string }
  | { readonly kind: "unmounted"; readonly path: string }
  /** A directory over 9p: its files are outside. */
  | { readonly kind: "shared"; readonly path: string; readonly shareName: string }
  | { readonly kind: "container-created"; readonly container: string }
  /** `runs` is `outside` where no runner was given: nothing runs here. */
  | {
      readonly kind: "process-started";
      readonly container: string;
      readonly process: number;
      readonly arguments: readonly string[];
      readonly runs: "runner" | "outside";
    }
  | {
      readonly kind: "process-signaled";
      readonly container: string;
      readonly process: number;
      readonly signal: number;
    }
  | {
      readonly kind: "process-ended";
      readonly container: string;
      readonly process: number;
      readonly exitCode: number;
    }
  | { readonly kind: "container-deleted"; readonly container: string }
  | { readonly kind: "disk-attached"; readonly address: string; readonly device: string }
  | { readonly kind: "disk-detached"; readonly address: string }
  /** What a request left is not known: nothing is mounted, made or removed any more. */
  | { readonly kind: "inconsistent"; readonly error: EventError }
  | { readonly kind: "closed" };

/** See the head of this file. */
export type AgentEvent = EventBase & AgentEventKind;
