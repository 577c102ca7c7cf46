/** Requests as the guest has read them: plain values, each of its type, none of them judged yet. */
import type { CapabilityLists, PolicyMount } from "../policy/index.ts";
import type { JsonValue } from "../rego/index.ts";

/** To set the policy. */
export interface PolicyCommand {
  readonly kind: "policy";
  readonly enforcer: string;
  /** In base64. */
  readonly encoded: string;
  /** What the machine is said to be, in base64; empty for nothing. */
  readonly referenceInfo: string;
}

/** To mount or to unmount a disk. */
export interface DiskCommand {
  readonly kind: "disk";
  readonly isRemoval: boolean;
  readonly path: string;
  /** `controller:lun` */
  readonly address: string;
  readonly isReadOnly: boolean;
  readonly isEncrypted: boolean;
  readonly options: readonly string[];
  readonly isBlockDevice: boolean;
  readonly ensuresFilesystem: boolean;
  readonly filesystem: string;
}

/** To mount or to unmount a layer on persistent memory. */
export interface MemoryCommand {
  readonly kind: "memory";
  readonly isRemoval: boolean;
  readonly path: string;
  readonly device: number;
}

/** To lay layers over each other, or to take them away. */
export interface OverlayCommand {
  readonly kind: "overlay";
  readonly isRemoval: boolean;
  readonly containerId: string;
  readonly path: string;
  /** Where the layers are mounted, the topmost first. */
  readonly layers: readonly string[];
  /** Empty for none. */
  readonly scratch: string;
}

/** To share a directory, or to end that. */
export interface DirectoryCommand {
  readonly kind: "directory";
  readonly isRemoval: boolean;
  readonly path: string;
  readonly shareName: string;
  readonly isReadOnly: boolean;
}

/** A process that is asked for. */
export interface ProcessCommand {
  readonly arguments: readonly string[];
  readonly environment: readonly string[];
  readonly workingDirectory: string;
  readonly noNewPrivileges: boolean;
  readonly terminal: boolean;
  readonly user: {
    readonly uid: number;
    readonly gid: number;
    readonly additionalGids: readonly number[];
    readonly username: string;
  };
  /** Four octal digits. */
  readonly umask: string;
  readonly capabilities: CapabilityLists | null;
}

/** To make a container. */
export interface CreateCommand {
  readonly kind: "create";
  readonly containerId: string;
  readonly bundlePath: string;
  readonly rootPath: string;
  readonly scratchPath: string;
  readonly sandboxId: string;
  readonly isSandbox: boolean;
  readonly privileged: boolean;
  /** As they came: no policy allows any. */
  readonly devices: readonly JsonValue[];
  readonly isRootReadOnly: boolean;
  readonly mounts: readonly PolicyMount[];
  /** SHA-256 of the profile in hex; empty for none. */
  readonly seccompSha256: string;
  /** In base64; empty for none. Nothing is believed of it. */
  readonly hostCertificate: string;
  readonly process: ProcessCommand;
}

/** To start a container's first process, another one, or one beside the containers. */
export type ExecuteCommand =
  | { readonly kind: "start-init"; readonly containerId: string }
  | { readonly kind: "execute"; readonly containerId: string; readonly process: ProcessCommand }
  | {
      readonly kind: "execute-external";
      readonly process: Pick<ProcessCommand, "arguments" | "environment" | "workingDirectory" | "terminal">;
    };

/** Any request. */
export type HostCommand =
  | PolicyCommand
  | { readonly kind: "fragment"; readonly encoded: string; readonly mediaType: string }
  | { readonly kind: "unplug"; readonly address: string }
  | DiskCommand
  | MemoryCommand
  | OverlayCommand
  | DirectoryCommand
  | CreateCommand
  | ExecuteCommand
  | { readonly kind: "start"; readonly containerId: string }
  | {
      readonly kind: "wait";
      readonly containerId: string;
      readonly processId: number;
      readonly timeoutMs: number;
    }
  | {
      readonly kind: "signal";
      readonly containerId: string;
      readonly processId: number;
      readonly signal: number;
    }
  | { readonly kind: "shutdown"; readonly containerId: string; readonly isForced: boolean }
  | { readonly kind: "properties"; readonly containerId: string }
  | { readonly kind: "stacks" }
  | { readonly kind: "delete"; readonly containerId: string };
