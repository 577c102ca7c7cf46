/** An agent with a simulated host: disks, a runner whose processes end on a signal, and the messages' form. */
import { setImmediate } from "node:timers/promises";
import {
  type AgentEvent,
  type AgentResponse,
  type AgentState,
  type ContainerRunner,
  type FragmentVerifier,
  GuestAgent,
  type HostDisk,
  type HostRequest,
} from "../../../src/agent/index.ts";
import type { BlockDevice, WritableBlockDevice } from "../../../src/device/block-device.ts";
import { MemoryDevice } from "../../../src/device/memory-device.ts";
import { StorageError } from "../../../src/errors.ts";
import type { TreeFiles } from "../../../src/tree/index.ts";
import type { Act, Ask, Slot } from "../model/asks.ts";
import { messageOf, type Wire } from "./wire.ts";
import { encodedPolicy, type HostWorld, policyDigest } from "./world.ts";

/** A folder whose name ends in letters by chance. */
const contextFolder = /^(\/security-context-)[^/]{6}(?=\/)/;
/** Persistent memory by its number. */
const memoryPattern = /^pmem ([0-9]+)$/;

/** What of the agent and its host a test replaces. */
export interface AskedAgentOptions {
  /** Puts itself before a disk of the host's. */
  readonly wrap?: (disk: MemoryDevice, slot: Slot) => WritableBlockDevice;
  /** The agent to ask: a copy with a mistake, for one. */
  readonly Agent?: Pick<typeof GuestAgent, "start">;
  /** Without one, no fragment is taken. */
  readonly fragmentVerifier?: FragmentVerifier;
}

/** See the head of this file. */
export class AskedAgent implements AsyncDisposable {
  readonly agent: GuestAgent;
  readonly #policies: Wire["policies"];
  readonly #processes: number[] = [];
  readonly #events: AgentEvent[] = [];

  private constructor(agent: GuestAgent, policies: Wire["policies"]) {
    this.agent = agent;
    this.#policies = policies;
    void this.#listen();
  }

  /** Starts one in a world. */
  static async start(world: HostWorld, options: AskedAgentOptions = {}): Promise<AskedAgent> {
    const { wrap = (disk) => disk, Agent = GuestAgent, fragmentVerifier } = options;
    const attached = [...world.disks].map(([slot, { bytes, plain }]) => {
      const disk = wrap(new MemoryDevice(bytes.slice()), slot);
      return [slot, plain.isWritable ? disk : forReading(disk)] as const;
    });
    const memoryDevices = attached.flatMap(([slot, device]) => {
      const [, number] = memoryPattern.exec(slot) ?? [];
      return number === undefined ? [] : [[Number(number), device] as const];
    });
    const disks = attached
      .filter(([slot]) => !memoryPattern.test(slot))
      .map(([slot, disk]) => [slot as `${number}:${number}`, disk] as const);
    const hostData = policyDigest(world.policyText);
    const agent = await Agent.start({
      evidence: { hostData },
      disks,
      memoryDevices,
      runner,
      ...(fragmentVerifier && { fragmentVerifier }),
    });
    const policies = {
      attested: encodedPolicy(world.policyText),
      other: encodedPolicy(`${world.policyText}\n`),
    };
    return new AskedAgent(agent, policies);
  }

  /** The message that asks for something. */
  message(ask: Ask): HostRequest {
    return messageOf(ask, { policies: this.#policies, processes: this.#processes });
  }

  /**
   * Asks, and waits until processes that it ended are known to have.
   *
   * @returns why it was refused; undefined where it was done.
   * @throws what is no error of sealstone's.
   */
  async ask(ask: Ask, signal?: AbortSignal): Promise<StorageError | undefined> {
    return await this.send(this.message(ask), signal);
  }

  /** As `ask`, for any message. */
  async send(message: HostRequest | string, signal?: AbortSignal): Promise<StorageError | undefined> {
    const answer = await this.exchange(message, signal);
    return answer instanceof StorageError ? answer : undefined;
  }

  /** As `send`, with what is answered where it is done. */
  async exchange(message: HostRequest | string, signal?: AbortSignal): Promise<AgentResponse | StorageError> {
    try {
      const response = await this.agent.handle(message, signal && { signal });
      if (response.processId !== undefined) this.#processes.push(response.processId);
      await setImmediate();
      return response;
    } catch (error) {
      if (error instanceof StorageError) return error;
      throw new Error(`refused with what is no StorageError: ${String(error)}`, { cause: error });
    }
  }

  /** Numbers of processes, in the order in which they were started. */
  get processes(): readonly number[] {
    return this.#processes;
  }

  /** All that the agent has told. */
  get events(): readonly AgentEvent[] {
    return this.#events;
  }

  /** A program's doing. @returns whether it was done. */
  async act({ container, path, content }: Act): Promise<boolean> {
    const root = this.agent.container(container)?.root;
    if (root === undefined) return false;
    try {
      if (content === undefined) {
        await root.rm(path);
      } else {
        await root.mkdir(path.slice(0, path.lastIndexOf("/")) || "/", { recursive: true });
        await root.writeFile(path, content);
      }
      return true;
    } catch {
      return false;
    }
  }

  async #listen(): Promise<void> {
    for await (const event of this.agent.events()) this.#events.push(event);
  }

  state(): AgentState {
    return this.agent.state();
  }

  /** Files of a container's root by path, ordered; undefined where none is mounted. */
  async files(container: string): Promise<readonly (readonly [string, string])[] | undefined> {
    const root = this.agent.files(`/run/gcs/c/${container}/rootfs`);
    return root && (await listed(root, "")).sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Closes the agent; one that is poisoned may say why once more. */
  async [Symbol.asyncDispose](): Promise<void> {
    const isPoisoned = this.state().inconsistent !== undefined;
    await this.agent.close().catch((error: unknown) => {
      if (!isPoisoned) throw error;
    });
  }
}

async function listed(root: TreeFiles, folder: string): Promise<[path: string, content: string][]> {
  const found: [string, string][] = [];
  for (const entry of await root.readdir(folder === "" ? "/" : folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await listed(root, path)));
    else found.push([path.replace(contextFolder, "$1*"), await root.readFile(path, "utf8")]);
  }
  return found;
}

/** A disk that cannot be written: it has no such method. */
function forReading(disk: BlockDevice): HostDisk {
  return {
    name: disk.name,
    sizeBytes: disk.sizeBytes,
    read: (offsetBytes, into, options) => disk.read(offsetBytes, into, options),
    close: () => disk.close(),
    [Symbol.asyncDispose]: () => disk.close(),
  };
}

/** Runs nothing: a process is there until a signal that is deadly. */
const runner: ContainerRunner = {
  async start() {
    let end: (exitCode: number) => void = () => undefined;
    const exit = new Promise<number>((resolve) => {
      end = resolve;
    });
    return {
      exit,
      async signal(signal) {
        if (signal === 9 || signal === 15) end(128 + signal);
      },
    };
  },
};
