/** What a guest agent is started with. */
import type { BlockDevice, WritableBlockDevice } from "../device/block-device.ts";
import type { FragmentRequest } from "../policy/index.ts";
import type { SealedDeviceOptions } from "../scratch/sealed-options.ts";
import type { Timestamp } from "../tree/attributes.ts";
import type { FileTree } from "../tree/file-tree.ts";
import type { WritableFileTree } from "../tree/writable-file-tree.ts";
import type { ContainerRunner } from "./container-runner.ts";

/** What is known of this machine by its attestation report. The embedder vouches for it. */
export interface AttestationEvidence {
  /** HOST_DATA of the report: 32 bytes, the SHA-256 of the policy that this machine was launched for. */
  readonly hostData: Uint8Array;
}

/** Where a disk is attached: `controller:lun`, each 0 to 255 in decimal digits. */
export type DiskAddress = `${number}:${number}`;

/** A disk of the host's. What is to be scratch must be writable. It stays its owner's to close, after the agent. */
export type HostDisk = BlockDevice | WritableBlockDevice;

/** Checks a fragment's signature. */
export interface FragmentVerifier {
  /**
   * @param fragment the signed document, as it came.
   * @param mediaType what the host says that it is; `application/cose-x509+rego` where it says nothing.
   * @returns what was signed, and by whom.
   * @throws whatever is to refuse the request.
   */
  verify(
    fragment: Uint8Array,
    mediaType: string,
    options: { readonly signal: AbortSignal },
  ): Promise<FragmentRequest>;
}

/** A directory of the host's that the policy lets it share. Nothing in it is verified by anybody. */
export interface SharedDirectory {
  /** `/run/gcs/c/<container>/mounts/m<N>` */
  readonly path: string;
  /** What the host calls it: digits. */
  readonly shareName: string;
  /** What the host says: its files are not to be changed. */
  readonly isReadOnly: boolean;
}

/** Finds the files of a directory of the host's. They stay their owner's to close; what it throws refuses the request. */
export type SharedFiles = (directory: SharedDirectory) => FileTree | WritableFileTree | undefined;

/** See the head of this file. Only `evidence` must be there. */
export interface GuestAgentOptions {
  readonly evidence: AttestationEvidence;
  /** Disks that are attached from the beginning; more by `GuestAgent.attachDisk`. */
  readonly disks?: Iterable<readonly [address: DiskAddress, disk: HostDisk]>;
  /** Persistent memory devices by number. */
  readonly memoryDevices?: Iterable<readonly [number: number, device: BlockDevice]>;
  /** Without any, a directory that is shared has no files here: it is decided on and kept account of. */
  readonly sharedFiles?: SharedFiles;
  /** Without one, every fragment is refused. */
  readonly fragmentVerifier?: FragmentVerifier;
  /** Without one, processes are decided on and kept account of, but nothing runs: see `docs/agent.md`. */
  readonly runner?: ContainerRunner;
  /** How scratch is sealed. */
  readonly scratch?: Omit<SealedDeviceOptions, "closeDevice">;
  /** The clock of scratch files; the platform's unless given. */
  readonly now?: () => Timestamp;
  /** How long a disk may take for one call: 30 s unless set. */
  readonly diskDeadlineMs?: number;
  /** How long a request may take: 60 s unless set. What is not done by then is undone. */
  readonly requestDeadlineMs?: number;
  /** How many requests may wait; one more is refused at once. 64 unless set. */
  readonly maxWaitingRequests?: number;
  /** How large a request may be, in bytes of UTF-8: 4 MiB unless set. */
  readonly maxRequestBytes?: number;
  /** How many events are kept for a reader that is slow: 1024 unless set. Older ones are dropped, and counted. */
  readonly maxKeptEvents?: number;
}
