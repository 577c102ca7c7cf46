/**
 * The guest agent: what a host asks, the policy decides; what it allows is done whole, or undone.
 *
 * ## Security
 * The host sends what it likes, when it likes, as often as it likes. Requests are read field by field and handled
 * one at a time in the order of their arrival. Each is one transaction: the policy decides, the mount table is
 * changed, the thing is done; where any of it fails, all of it is as it was before. Where undoing fails, what is
 * mounted is not known, and nothing is mounted, made or removed from then on.
 */
import { copyOf } from "../bytes/copy.ts";
import { unheard } from "../device/abortable.ts";
import { AttestationError, FileError, FormatError, StateError, UsageError } from "../errors.ts";
import { closeInOrder } from "../overlay/close-order.ts";
import { TreeFiles } from "../tree/tree-files.ts";
import { perform } from "./agent-actions.ts";
import type { AgentEvent, AgentEventKind } from "./agent-event.ts";
import type { AttestationEvidence, DiskAddress, GuestAgentOptions, HostDisk } from "./agent-options.ts";
import type { AgentState } from "./agent-state.ts";
import { closeThing } from "./disk-actions.ts";
import { eventError } from "./event-error.ts";
import { EventLog } from "./event-log.ts";
import { type Answer, Guest, Turn } from "./guest.ts";
import type { GuestContainer } from "./guest-container.ts";
import type { AgentResponse, HostRequest } from "./host-request.ts";
import { RequestQueue } from "./request-queue.ts";
import { type ReadMessage, readMessage } from "./request-reader.ts";
import { requestText } from "./request-text.ts";

const hostDataSizeBytes = 32;
const addressPattern = /^(?:0|[1-9][0-9]{0,2}):(?:0|[1-9][0-9]{0,2})$/;
const mostU8 = 255;
const mostWaits = 1024;

/** What came of a request's turn. */
type Handled = readonly [request: number, type: ReadMessage["type"], answer: Answer];

/** How a request is handled. */
export interface HandleOptions {
  /** Aborts it: before its turn it is not begun, later what it did is undone. What cannot be undone is finished. */
  readonly signal?: AbortSignal;
}

/** See the head of this file. */
export class GuestAgent implements AsyncDisposable {
  readonly #guest: Guest;
  readonly #queue: RequestQueue;
  readonly #events: EventLog;
  readonly #maxRequestBytes: number;
  #requests = 0;
  #waits = 0;
  #closing: Promise<void> | undefined;

  private constructor(guest: Guest, options: GuestAgentOptions) {
    const { maxWaitingRequests = 64, requestDeadlineMs = 60_000, maxKeptEvents = 1024 } = options;
    this.#guest = guest;
    this.#queue = new RequestQueue({ maxWaiting: maxWaitingRequests, deadlineMs: requestDeadlineMs });
    this.#events = new EventLog(maxKeptEvents);
    this.#maxRequestBytes = options.maxRequestBytes ?? 4 * 2 ** 20;
  }

  /**
   * Starts an agent that allows nothing yet: the host's first request sets the policy.
   *
   * @throws {AttestationError} `not-attested` without evidence: nobody would know then whose policy it is.
   * @throws {UsageError} `invalid-argument` for a disk's address that is none, and bounds that cannot be.
   */
  static async start(options: GuestAgentOptions): Promise<GuestAgent> {
    const guest = new Guest(options, hostDataOf(options.evidence));
    const agent = new GuestAgent(guest, options);
    for (const [address, disk] of options.disks ?? []) agent.attachDisk(address, disk);
    for (const [number, device] of options.memoryDevices ?? []) {
      guest.memoryDevices.attach(String(number), device);
    }
    return agent;
  }

  /**
   * Handles a request of the host's, after all that came before it.
   *
   * @param request the host's: an object, or JSON as text or UTF-8. What becomes of it later has no effect.
   * @throws {PolicyError} where it is not allowed; a `PolicyDenial` where the policy says so, with its explanation.
   * @throws {AttestationError} for a policy that is not the measured one.
   * @throws {FormatError} for a request, or metadata of a disk, that is malformed.
   * @throws {IntegrityError} where a disk is not what it claims to be.
   * @throws {DeviceError} where a disk fails, is not there, or takes too long.
   * @throws {StateError} `busy` where something is in use, or too many requests wait; `closed`; `poisoned`.
   * @throws the signal's reason after an abort.
   */
  async handle(
    request: HostRequest | string | Uint8Array,
    { signal }: HandleOptions = {},
  ): Promise<AgentResponse> {
    const [number, type, { later, ...answer }] = await this.#enqueue(request, signal);
    const response = { type, request: number, ...answer };
    // To wait for a process is to be in nobody's way.
    return later === undefined ? response : { ...response, ...(await this.#wait(later, signal)) };
  }

  /** The host plugs a disk in. @throws {UsageError} `invalid-argument` for no address, or one that is taken. */
  attachDisk(address: DiskAddress, disk: HostDisk): void {
    if (!addressPattern.test(address) || address.split(":").some((part) => Number(part) > mostU8)) {
      throw new UsageError(
        "invalid-argument",
        `a disk's address is controller:lun, each from 0 to ${mostU8}`,
      );
    }
    this.#guest.disks.attach(address, disk);
    this.#events.add(0, { kind: "disk-attached", address, device: disk.name });
  }

  /**
   * The host pulls a disk out, used or not: what is mounted from it fails with `device-missing` from now on.
   * False where there is none.
   */
  detachDisk(address: DiskAddress): boolean {
    const detached = this.#guest.disks.detach(address);
    if (detached) this.#events.add(0, { kind: "disk-detached", address });
    return detached;
  }

  /** A container that was made and not deleted. */
  container(id: string): GuestContainer | undefined {
    return this.#guest.containers.get(id);
  }

  /** All containers, in the order in which they were made. */
  get containers(): readonly GuestContainer[] {
    return [...this.#guest.containers.values()];
  }

  /**
   * The files of a layer, of scratch, of a container's root, or of a directory that is shared and whose files the
   * embedder has.
   *
   * @param path where it is mounted. Undefined where nothing is.
   */
  files(path: string): TreeFiles | undefined {
    const thing = this.#guest.mounted.get(path);
    if (thing === undefined) return this.#guest.sharedDirectories.get(path);
    if (thing.kind === "overlay") return thing.overlay;
    return new TreeFiles(thing.kind === "layer" ? thing.layer.tree : thing.disk.tree);
  }

  /** What the guest has, as plain data: equal before and after a request that was refused. */
  state(): AgentState {
    return this.#guest.state();
  }

  /** What is decided and done: the latest events, and then each as it comes, until the agent is closed. */
  events(): AsyncIterable<AgentEvent> {
    return this.#events.read();
  }

  /**
   * Aborts the request whose turn it is, refuses all others, kills what runs, and closes what is mounted; keys are
   * wiped. Disks stay their owner's to close.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #enqueue(request: unknown, signal: AbortSignal | undefined): Promise<Handled> {
    try {
      const text = requestText(request, this.#maxRequestBytes);
      return this.#queue.run((turnSignal) => this.#turn(text, turnSignal), signal);
    } catch (error) {
      this.#events.add(0, { kind: "refused", error: eventError(error) });
      throw error;
    }
  }

  async #wait<Result>(
    later: (signal: AbortSignal) => Promise<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    if (this.#waits >= mostWaits)
      throw new StateError("busy", `${mostWaits} requests wait for processes already`);
    this.#waits += 1;
    try {
      return await later(AbortSignal.any([this.#queue.closing, ...(signal ? [signal] : [])]));
    } finally {
      this.#waits -= 1;
    }
  }

  async #turn(text: string, signal: AbortSignal): Promise<Handled> {
    this.#requests += 1;
    const number = this.#requests;
    const tell = (event: AgentEventKind): void => this.#events.add(number, event);
    const guest = this.#guest;
    guest.tell = tell;
    try {
      const message = readMessage(text, tell);
      const before = guest.snapshot();
      try {
        const answer = await perform(new Turn(guest, signal, tell), await message.command());
        tell({ kind: "done" });
        return [number, message.type, answer];
      } catch (error) {
        guest.restore(before);
        throw error;
      }
    } catch (thrown) {
      const error = hostsFault(thrown);
      tell({ kind: "refused", error: eventError(error) });
      throw error;
    }
  }

  async #close(): Promise<void> {
    const guest = this.#guest;
    await this.#queue.close();
    const things = [...guest.mounted.values()];
    const kinds = ["overlay", "scratch", "layer"] as const;
    for (const running of guest.processes()) unheard(running.signal(9));
    try {
      await closeInOrder(
        kinds.flatMap((kind) => things.filter((thing) => thing.kind === kind)).map(closable),
      );
    } finally {
      guest.mounted.clear();
      this.#events.add(0, { kind: "closed" });
      this.#events.end();
    }
  }
}

/** What a caller of the layers below would have to mend is the host's to answer for here; so is a disk without room. */
function hostsFault(error: unknown): unknown {
  if (error instanceof UsageError)
    return new FormatError("bad-field", error.message, { at: error.at, cause: error });
  if (!(error instanceof FileError)) return error;
  return new StateError("exhausted", `a disk of the host's has no room for what is asked: ${error.message}`, {
    cause: error,
  });
}

function closable(thing: Parameters<typeof closeThing>[0]): { close(): Promise<void> } {
  return { close: () => closeThing(thing) };
}

/** A copy. Types say that it is there; an embedder in JavaScript may have forgotten it. */
function hostDataOf(evidence: AttestationEvidence | undefined): Uint8Array {
  const hostData = evidence?.hostData;
  if (hostData instanceof Uint8Array && hostData.length === hostDataSizeBytes) return copyOf(hostData);
  throw new AttestationError(
    "not-attested",
    `there is no attestation evidence with ${hostDataSizeBytes} bytes of host data: nobody could tell whose policy is set`,
  );
}
