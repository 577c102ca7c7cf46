/** What runs a container's processes: the embedder's, or nobody. */
import type { CapabilityLists, PolicyIdentity, PolicyMount } from "../policy/index.ts";
import type { WritableTreeFiles } from "../tree/writable-tree-files.ts";

/** What a process may do and has, as the policy lets it: asked for by the host, and narrowed. */
export interface GrantedSettings {
  readonly arguments: readonly string[];
  /** `NAME=value`: those that the policy keeps. */
  readonly environment: readonly string[];
  readonly workingDirectory: string;
  readonly user: PolicyIdentity;
  readonly groups: readonly PolicyIdentity[];
  /** Four octal digits. */
  readonly umask: string;
  readonly capabilities: CapabilityLists;
  readonly noNewPrivileges: boolean;
  readonly terminal: boolean;
  /** Whether it may have its standard streams. */
  readonly stdioAccess: boolean;
  /** What is to be mounted in the container besides its root. */
  readonly mounts: readonly PolicyMount[];
}

/** A process as the policy lets it be. */
export interface GuestProcessSpec extends GrantedSettings {
  /** 64 hex digits; the virtual machine's id for a process beside the containers. */
  readonly containerId: string;
  readonly processId: number;
  /** Whether it is the container's first. */
  readonly isInit: boolean;
  /** The container's files; undefined for a process beside the containers. */
  readonly root: WritableTreeFiles | undefined;
}

/** A process that was started. */
export interface RunningProcess {
  /** Settles with the exit code when it has ended; 128 and the signal's number where a signal ended it. Rejects never. */
  readonly exit: Promise<number>;
  /** Sends it a signal. */
  signal(signal: number): Promise<void>;
}

/** Starts processes. */
export interface ContainerRunner {
  /** Starts one; what it throws refuses the request, which leaves nothing behind. */
  start(spec: GuestProcessSpec, options: { readonly signal: AbortSignal }): Promise<RunningProcess>;
}
