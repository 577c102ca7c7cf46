/** Values of the options of `sealstone agent`. */
import { InvalidArgumentError } from "commander";
import { fromHex } from "../bytes/hex.ts";

/** A disk of `--disk`. */
export interface NamedDisk {
  /** `controller:slot` */
  readonly address: `${number}:${number}`;
  readonly path: string;
  readonly isWritable: boolean;
}

/** The options of `agent run`, as commander hands them over. */
export interface AgentRunOptions {
  readonly json?: boolean;
  readonly debug?: boolean;
  readonly hostData: Uint8Array;
  readonly policy?: string;
  readonly requests?: string;
  readonly disk?: readonly NamedDisk[];
}

/** `0:2=scratch.img,rw`: a path may hold a `=`, and a comma that is not its end's `,rw`. */
export function diskArgument(text: string): NamedDisk {
  const [, controller, slot, path, ending] = /^([0-9]{1,3}):([0-9]{1,3})=(.+?)(,rw)?$/s.exec(text) ?? [];
  const [first, second] = [Number(controller), Number(slot)];
  if (path !== undefined && first <= 255 && second <= 255) {
    return { address: `${first}:${second}`, path, isWritable: ending !== undefined };
  }
  throw new InvalidArgumentError("a disk is controller:slot=file, each up to 255: 0:2=scratch.img,rw");
}

/** 32 bytes in hex, of `--host-data`. */
export function hostDataArgument(text: string): Uint8Array {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return fromHex(text, "host data");
  throw new InvalidArgumentError("host data has 64 hex digits: the SHA-256 of the policy's text");
}
