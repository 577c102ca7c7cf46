/** What the gallery is made of: attacks, as data. */
import type { ParmaPoint } from "../parma.ts";
import type { SimulatedHost } from "../simulated-host.ts";

/** The classes of errors that attacks are refused with. */
export type RefusalName =
  | "AttestationError"
  | "DeviceError"
  | "FormatError"
  | "IntegrityError"
  | "PolicyError"
  | "StateError";

/** One thing that a host tries. */
export interface Attack {
  /** A few words, unique in the gallery. */
  readonly name: string;
  readonly point: ParmaPoint;
  /** What the host does, as the table says it. */
  readonly does: string;
  /** The attack, by a host that has not sent anything yet. Rejects with what the guest says. */
  readonly attack: (host: SimulatedHost) => Promise<unknown>;
  /** The same requests without the attack; resolves, or the guest is one that refuses everything. */
  readonly twin: (host: SimulatedHost) => Promise<unknown>;
  /** What the guest must say. */
  readonly refusal: RefusalName;
}

/** Attacks of one kind. */
export interface AttackFamily {
  readonly title: string;
  readonly attacks: readonly Attack[];
}
