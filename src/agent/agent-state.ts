/** What an agent has, as data to look at and to compare. */
import type { JsonObject } from "../rego/index.ts";
import type { MountEntry } from "./mount-table.ts";

/** A container and its processes. */
export interface ContainerState {
  readonly id: string;
  readonly sandboxId: string;
  readonly status: ContainerStatus;
  readonly processes: readonly ProcessState[];
}

/** `created` until its first process starts, `running` until that has ended, then `exited`. */
export type ContainerStatus = "created" | "running" | "exited";

/** A process. */
export interface ProcessState {
  readonly id: number;
  readonly arguments: readonly string[];
  /** Absent while it runs. */
  readonly exitCode?: number;
}

/** All that requests can change, fit for JSON; lists are in the order of their paths and ids. */
export interface AgentState {
  /** SHA-256 of the policy in hex; absent until there is one. */
  readonly policyDigest?: string;
  /** What the policy remembers. Objects have no prototype. */
  readonly policyMetadata?: JsonObject;
  readonly mounts: readonly MountEntry[];
  /** Of 9p, by their paths. */
  readonly sharedDirectories: readonly string[];
  readonly containers: readonly ContainerState[];
  /** Processes beside the containers. */
  readonly externalProcesses: readonly ProcessState[];
  /** Addresses of the disks that are attached. */
  readonly disks: readonly string[];
  /** Why nothing is mounted, made or removed any more. */
  readonly inconsistent?: string;
}
