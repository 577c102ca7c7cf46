/** A device that does as a test says: what a host may do to a reader, one behaviour at a time. */
import type { BlockDevice, IoOptions } from "../../src/device/block-device.ts";

/** One read as the host sees it. */
export interface HostRead {
  /** 0 for the first read of this device. */
  readonly index: number;
  readonly offsetBytes: number;
  readonly into: Uint8Array;
  readonly signal: AbortSignal | undefined;
  /** Fills `into` with the device's bytes. */
  honest(): void;
}

/** Answers a read, or rejects it, or never does either. */
export type Behaviour = (read: HostRead) => Promise<void> | void;

/** A device over `bytes`, which the test may change at any time. Not one of our own: it gets private buffers. */
export class HostileDevice implements BlockDevice {
  readonly name = "hostile";
  sizeBytes: number;
  readonly bytes: Uint8Array;
  readonly reads: { readonly offsetBytes: number; readonly lengthBytes: number }[] = [];
  behaviour: Behaviour;
  closed = 0;

  constructor(bytes: Uint8Array, behaviour: Behaviour = (read) => read.honest()) {
    this.bytes = bytes;
    this.sizeBytes = bytes.length;
    this.behaviour = behaviour;
  }

  async read(offsetBytes: number, into: Uint8Array, options?: IoOptions): Promise<void> {
    const index = this.reads.length;
    this.reads.push({ offsetBytes, lengthBytes: into.length });
    const honest = () => into.set(this.bytes.subarray(offsetBytes, offsetBytes + into.length));
    await this.behaviour({ index, offsetBytes, into, signal: options?.signal, honest });
  }

  /** How often each byte offset was read. */
  fetches(): Map<number, number> {
    const counts = new Map<number, number>();
    for (const { offsetBytes } of this.reads) counts.set(offsetBytes, (counts.get(offsetBytes) ?? 0) + 1);
    return counts;
  }

  async close(): Promise<void> {
    this.closed++;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A promise that the test settles when it likes. */
export function gate(): { readonly passed: Promise<void>; open(): void; fail(error: unknown): void } {
  let open = () => {};
  let fail: (error: unknown) => void = () => {};
  const passed = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { passed, open: () => open(), fail: (error) => fail(error) };
}
