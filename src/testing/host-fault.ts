/**
 * What a hostile host does, as data: a test can write it down, list it, and go
 * through all of it.
 */

/** What a device is asked for. */
export type HostCall = "read" | "write" | "discard" | "flush";

/**
 * What the host does to one call. Offsets and lengths are held inside the call or
 * the device, so that any number will do.
 */
export type HostFault =
  /** Rejects; a read has filled the buffer with the host's bytes, a write has happened, if it fails `after`. */
  | { readonly kind: "fail"; readonly when: "before" | "after" }
  /** Does what is asked, and answers after `calls` further calls, or when the test says `release`. */
  | { readonly kind: "hang"; readonly calls?: number }
  /** The device has another size from now on; what lies behind its end is refused. */
  | { readonly kind: "resize"; readonly sizeBytes: number }
  /** A bit is not what is stored, in this answer alone. */
  | { readonly kind: "flip-answer"; readonly byte: number; readonly bit: number }
  /** Answers with what is stored elsewhere. */
  | { readonly kind: "answer-from"; readonly offsetBytes: number }
  /** Answers with what was stored so many writes ago. */
  | { readonly kind: "answer-older"; readonly versions: number }
  /** Fills the first bytes alone and says that all is well. */
  | { readonly kind: "answer-short"; readonly lengthBytes: number }
  /** Fills the first bytes, and says so by a `DeviceError` `short-read`. */
  | { readonly kind: "reject-short"; readonly lengthBytes: number }
  /** Fills the buffer that it was given a part of beyond that part, as far as there is more. */
  | { readonly kind: "answer-long" }
  /** Takes the buffer away, so that it has no bytes any more, and says that all is well. */
  | { readonly kind: "detach" }
  /** Keeps the buffer, of a read or of a write, and scribbles on it after the answer. */
  | { readonly kind: "change-later" }
  /** Keeps the buffer of a write, and takes it away after the answer. */
  | { readonly kind: "detach-later" }
  /** Says that all is well and does nothing. */
  | { readonly kind: "drop" }
  /** Stores the first bytes alone and says that all is well. */
  | { readonly kind: "tear"; readonly lengthBytes: number }
  /** Stores it elsewhere. */
  | { readonly kind: "misdirect"; readonly offsetBytes: number }
  /** Stores it so many calls later, over what has been written meanwhile. */
  | { readonly kind: "late"; readonly calls: number }
  /** Stores it, and once more so many calls later. */
  | { readonly kind: "duplicate"; readonly calls: number };

/** What the host does to what it stores, while nobody asks. */
export type HostAct =
  | { readonly kind: "flip"; readonly offsetBytes: number; readonly bit: number }
  | {
      readonly kind: "swap";
      readonly offsetBytes: number;
      readonly otherOffsetBytes: number;
      readonly lengthBytes: number;
    }
  /** Puts back what was there so many writes ago, block by block. */
  | {
      readonly kind: "replay";
      readonly offsetBytes: number;
      readonly lengthBytes: number;
      readonly versions: number;
    }
  /** Keeps a copy of the whole disk, instead of the last one. */
  | { readonly kind: "snapshot" }
  /** Puts the copy back. */
  | { readonly kind: "rollback" }
  | { readonly kind: "zero"; readonly offsetBytes: number; readonly lengthBytes: number };

/** A fault and the calls that meet it. */
export interface HostStep {
  readonly fault: HostFault;
  /** Narrows the fault to calls of one kind; without it all that it fits are meant. */
  readonly call?: HostCall;
  /** Which of those calls is the first to meet it; 0, the default, is the next one. */
  readonly at?: number;
  /** How many meet it from there on: 1 by default; `Infinity` is for ever. */
  readonly times?: number;
}

/** A line of the trace: what was asked, and what was done. */
export interface HostEvent {
  /** An act of the host's own is `"act"`; a late write that takes effect is `"late-write"`. */
  readonly asked: HostCall | "act" | "late-write";
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly done: "honest" | HostFault | HostAct;
}

const every: readonly HostCall[] = ["read", "write", "discard", "flush"];
const reads: readonly HostCall[] = ["read"];
const writes: readonly HostCall[] = ["write"];

/** Every kind of fault, and the calls that it fits. */
export const faultCalls: Readonly<Record<HostFault["kind"], readonly HostCall[]>> = {
  fail: every,
  hang: every,
  resize: every,
  "flip-answer": reads,
  "answer-from": reads,
  "answer-older": reads,
  "answer-short": reads,
  "reject-short": reads,
  "answer-long": reads,
  detach: ["read", "write"],
  "change-later": ["read", "write"],
  "detach-later": writes,
  drop: ["write", "discard", "flush"],
  tear: writes,
  misdirect: writes,
  late: writes,
  duplicate: writes,
};

/** Every kind of act. */
export const actKinds: readonly HostAct["kind"][] = [
  "flip",
  "swap",
  "replay",
  "snapshot",
  "rollback",
  "zero",
];

/** A trace as text, a line an event: `write 512+512: tear lengthBytes=100`. */
export function formatTrace(events: readonly HostEvent[]): string {
  return events
    .map(({ asked, offsetBytes, lengthBytes, done }) => {
      const range = asked === "flush" || asked === "act" ? "" : ` ${offsetBytes}+${lengthBytes}`;
      return `${asked}${range}: ${done === "honest" ? done : formatDoing(done)}`;
    })
    .join("\n");
}

function formatDoing(done: HostFault | HostAct): string {
  return Object.entries(done)
    .map(([field, value]) => (field === "kind" ? String(value) : `${field}=${value}`))
    .join(" ");
}
