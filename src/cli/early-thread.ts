/**
 * A thread takes as long to start as the command itself, some 50 ms: where the
 * arguments say that one will be wanted, it is started before all else.
 */
import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { HasherChoice } from "../crypto/hasher-choice.node.ts";
import type { WorkerPort } from "../crypto/worker-pool.ts";
import { worthThreadsBytes } from "../crypto/worth-threads.ts";
import { spawnDigestThread } from "../verity/digest-thread.node.ts";

/** Actions that hash their operands with several threads. */
const actions: ReadonlySet<string> = new Set([
  "verity format",
  "verity verify",
  "layer build",
  "layer roothash",
  "layer verify",
]);

const hashers: ReadonlySet<string> = new Set<HasherChoice>(["auto", "native", "wasm"]);

/** A thread that was started on a guess. */
export class EarlyThread implements AsyncDisposable {
  readonly #hasher: HasherChoice;
  readonly #port: WorkerPort;
  #taken = false;
  #receive: (message: unknown) => void = () => {};
  /** One that fails before anyone has taken it was not needed yet. */
  #fail: (reason: unknown) => void = () => {
    this.#taken = true;
  };

  constructor(hasher: HasherChoice) {
    this.#hasher = hasher;
    this.#port = spawnDigestThread(hasher);
    this.#port.listen(
      (message) => this.#receive(message),
      (reason) => this.#fail(reason),
    );
  }

  /** Hands the thread over, once, to who wants one with this hasher. */
  take(hasher: HasherChoice): WorkerPort | undefined {
    if (this.#taken || hasher !== this.#hasher) return undefined;
    this.#taken = true;
    return {
      post: (message, transfer) => this.#port.post(message, transfer),
      listen: (onMessage, onFailure) => {
        this.#receive = onMessage;
        this.#fail = onFailure;
      },
      terminate: () => this.#port.terminate(),
    };
  }

  /** Ends the thread, if nobody took it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#taken) await this.#port.terminate();
  }
}

/**
 * Guesses from the command's arguments. A wrong guess costs a start of a thread, or saves none: the
 * options are read and judged elsewhere.
 */
export function startEarlyThread(args: readonly string[]): EarlyThread | undefined {
  const [group, action, ...rest] = args;
  if (!actions.has(`${group} ${action}`)) return undefined;
  const hasher = optionIn(rest, "--hasher") ?? "auto";
  const threads = Number(optionIn(rest, "--threads") ?? availableParallelism());
  if (!isHasher(hasher) || !(threads > 1) || !rest.some(isLargeFile)) return undefined;
  return new EarlyThread(hasher);
}

function optionIn(args: readonly string[], name: string): string | undefined {
  const at = args.findIndex((arg) => arg === name || arg.startsWith(`${name}=`));
  return args[at] === name ? args[at + 1] : args[at]?.slice(name.length + 1);
}

function isHasher(text: string): text is HasherChoice {
  return hashers.has(text);
}

function isLargeFile(path: string): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  return status?.isFile() === true && status.size >= worthThreadsBytes;
}
