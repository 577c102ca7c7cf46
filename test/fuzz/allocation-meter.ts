/**
 * Measures what a fuzz case takes. Two measures, since neither sees all:
 * - arrays of bytes and numbers, exactly, by the size that was asked for. What is
 *   allocated on the word of a header is allocated so, touched or not;
 * - the most memory that the process ever held (by Linux), which sees all that was touched:
 *   strings, maps and arrays of objects too.
 */
import { readFileSync } from "node:fs";
import { keepMemorySteady } from "../../src/cli/steady-memory.ts";

/** What a case may take besides twice its input. */
const fixedBytes = 64 * 2 ** 20;
const arrayNames = ["Uint8Array", "Uint16Array", "Uint32Array", "BigUint64Array", "ArrayBuffer"] as const;
const copyMethods = ["slice", "map", "filter"] as const;

type Made = ArrayBufferView | ArrayBuffer;
type Constructor = new (...given: unknown[]) => Made;
type Method = (this: unknown, ...given: unknown[]) => Made;

/** Counts while it is there; disposing puts the globals back. */
export class AllocationMeter implements Disposable {
  #bytes = 0;
  #mostBytes = 0;
  #processBytes = 0;
  readonly #undo: (() => void)[] = [];

  constructor() {
    const globals = globalThis as unknown as Record<string, Constructor>;
    for (const name of arrayNames) {
      const construct = (target: Constructor, given: unknown[], newTarget: Constructor): Made => {
        const made = Reflect.construct(target, given, newTarget) as Made;
        // A view of a buffer takes nothing.
        if (!isBuffer(given[0])) this.#bytes += made.byteLength;
        return made;
      };
      this.#replace(globals, name, (own) => new Proxy(own, { construct }));
    }
    const prototype = Object.getPrototypeOf(Uint8Array.prototype) as Record<string, Method>;
    for (const name of copyMethods) {
      const count = (made: Made): Made => {
        this.#bytes += made.byteLength;
        return made;
      };
      this.#replace(
        prototype,
        name,
        (own) =>
          function (this: unknown, ...given) {
            return count(own.apply(this, given));
          },
      );
    }
  }

  /** The most bytes of arrays that a case took, all that it ever allocated taken together. */
  get mostBytes(): number {
    return this.#mostBytes;
  }

  /** How much higher than at `settle` the process's peak memory is. */
  get processGrowthBytes(): number {
    return peakBytes() - this.#processBytes;
  }

  /** Both measures, for a person. */
  report(): string {
    return `${this.#mostBytes} bytes of arrays at most in a case; the process grew by ${this.processGrowthBytes} bytes`;
  }

  /** Ends the cases that only warm the engine up. */
  settle(): void {
    keepMemorySteady();
    this.#processBytes = peakBytes();
  }

  /** Begins a case. */
  begin(): void {
    this.#bytes = 0;
  }

  /** Ends a case. @throws Error where it took more than its input allows. */
  end(inputBytes: number): void {
    this.#mostBytes = Math.max(this.#mostBytes, this.#bytes);
    if (this.#bytes > 2 * inputBytes + fixedBytes) {
      throw new Error(`${this.#bytes} bytes of arrays for ${inputBytes} bytes of input`);
    }
  }

  #replace<Value>(owner: Record<string, Value>, name: string, replaced: (own: Value) => Value): void {
    const own = owner[name] as Value;
    owner[name] = replaced(own);
    this.#undo.push(() => {
      owner[name] = own;
    });
  }

  [Symbol.dispose](): void {
    for (const undo of this.#undo) undo();
  }
}

function isBuffer(value: unknown): boolean {
  return Object.prototype.toString.call(value) === "[object ArrayBuffer]";
}

/** Of this process alone: `maxRSS` begins with what the parent held when it was started. */
function peakBytes(): number {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return Number(kibibytes) * 1024;
}
