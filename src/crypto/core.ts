/**
 * The WASM core (`assembly/`), loaded and instantiated. Every owner has an
 * instance and a memory of its own:
 *
 *     | the module's constants, secrets and scratch | the owner's region |
 *     0                                             memoryBase
 *
 * The memory has its final size from the start, so views of it stay valid. On
 * close all of it is wiped. What is kept between owners is compiled code alone.
 */
import { transferOffsetBytes } from "../bytes/transfer-buffer.ts";
import { wipe } from "../bytes/wipe.ts";
import { invariant, StateError, UsageError } from "../errors.ts";
import { scalarModule, simdModule } from "./core-module.generated.ts";

/** What the core exports; addresses and sizes are in bytes. */
export interface CoreExports {
  memoryBase(): number;
  saltAddress(): number;
  setSalt(size: number, first: number): void;
  digestBlocks(data: number, size: number, stride: number, count: number, out: number): void;
  absorbRows(
    state: number,
    columns: number,
    roots: number,
    rows: number,
    rowStride: number,
    rowCount: number,
    tables: number,
  ): void;
  interleaveParity(state: number, columns: number, roots: number, out: number): void;
  chaChaKeyAddress(): number;
  setChaChaKey(): void;
  sealChaCha(...batch: SectorBatch): void;
  openChaCha(...batch: SectorBatch): number;
  aesKeyAddress(): number;
  setGcmKey(): void;
  sealGcm(...batch: SectorBatch): void;
  openGcm(...batch: SectorBatch): number;
  setXtsKeys(): void;
  encryptXts(...batch: SectorBatch): void;
  decryptXts(...batch: SectorBatch): void;
  setXtsHmacKeys(): void;
  sealXtsHmac(...batch: SectorBatch): void;
  openXtsHmac(...batch: SectorBatch): number;
  applyCtr(block: number, from: number, to: number, size: number): void;
  subGroup(from: number, to: number): void;
  inverseSubGroup(from: number, to: number): void;
}

/** Sectors that are sealed or opened in one call; strides are from one sector's first byte to the next one's. */
export type SectorBatch = [
  descriptors: number,
  count: number,
  from: number,
  fromStride: number,
  to: number,
  toStride: number,
  size: number,
];

/** Which of the two modules runs. `"auto"` takes SIMD where the engine has it. */
export type CoreKind = "auto" | "simd" | "scalar";

/** `WebAssembly.Module`, where the consumer's libraries name it; Node's own types do not. */
export type CompiledModule = typeof globalThis extends {
  WebAssembly: { Module: { prototype: infer Module } };
}
  ? Module
  : object;

/** For runtimes that do not compile bytes at run time. */
export interface InitOptions {
  /** `sealstone/core-simd.wasm` or `sealstone/core-scalar.wasm` of this very version, compiled. */
  readonly module: CompiledModule;
}

const coreFunctions: readonly (keyof CoreExports)[] = [
  "memoryBase",
  "saltAddress",
  "setSalt",
  "digestBlocks",
  "absorbRows",
  "interleaveParity",
  "chaChaKeyAddress",
  "setChaChaKey",
  "sealChaCha",
  "openChaCha",
  "aesKeyAddress",
  "setGcmKey",
  "sealGcm",
  "openGcm",
  "setXtsKeys",
  "encryptXts",
  "decryptXts",
  "setXtsHmacKeys",
  "sealXtsHmac",
  "openXtsHmac",
  "applyCtr",
  "subGroup",
  "inverseSubGroup",
];

const modules = new Map<CoreKind, Promise<WebAssembly.Module>>();

/**
 * Gives the core's compiled module, where the runtime forbids compiling bytes
 * (a strict content security policy, some edge runtimes). It serves what is
 * opened afterwards in this thread; without it the module inlined in the
 * package is used.
 *
 * @throws {UsageError} `invalid-argument` for anything but a module of this version.
 */
export function init(options: InitOptions): void {
  const module = options.module as WebAssembly.Module;
  const exported = exportedNames(module);
  const missing = coreFunctions.find((name) => !exported.has(name));
  if (missing !== undefined) {
    const message = `init: the module has no ${missing}: give it a core of this very version of sealstone`;
    throw new UsageError("invalid-argument", message);
  }
  modules.set("auto", Promise.resolve(module));
}

function exportedNames(module: WebAssembly.Module): ReadonlySet<string> {
  try {
    return new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  } catch (cause) {
    throw new UsageError("invalid-argument", "init: that is no compiled WebAssembly.Module", { cause });
  }
}

/** True where the engine runs the SIMD module. */
export function hasSimd(): boolean {
  return WebAssembly.validate(fromBase64(simdModule));
}

/** The module, compiled once; a failure is not kept. */
function coreModule(kind: CoreKind): Promise<WebAssembly.Module> {
  const known = modules.get(kind);
  if (known !== undefined) return known;
  const compiling = compileInlined(kind);
  modules.set(kind, compiling);
  compiling.catch(() => {
    if (modules.get(kind) === compiling) modules.delete(kind);
  });
  return compiling;
}

/** Asynchronously: a browser's main thread may not compile as much at once. */
async function compileInlined(kind: CoreKind): Promise<WebAssembly.Module> {
  try {
    const simd = kind === "scalar" ? undefined : fromBase64(simdModule);
    const fits = simd !== undefined && (kind === "simd" || WebAssembly.validate(simd));
    return await WebAssembly.compile(fits ? simd : fromBase64(scalarModule));
  } catch (cause) {
    const message = "this runtime does not compile the inlined WASM core: give it one by init({ module })";
    throw new UsageError("unsupported", message, { cause });
  }
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

const pageBytes = 65536;
/** What the module may use for itself, generously; `memoryBase` tells how much it does. */
const ownBytes = pageBytes;
/** Of 32-bit addresses. */
const maxRegionBytes = 2 ** 31;

/** One owner's instance. */
export class Core {
  readonly exports: CoreExports;
  /** The whole memory; the owner's region starts at `base`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Address of the owner's region, a multiple of 64, where copies are fast: see `transferBuffer`. */
  readonly base: number;
  #closed = false;

  private constructor(exports: CoreExports, memory: WebAssembly.Memory, base: number) {
    this.exports = exports;
    this.bytes = new Uint8Array(memory.buffer);
    this.base = base;
  }

  /**
   * Makes an instance with a region of `regionBytes` for its owner.
   *
   * @throws {UsageError} `invalid-argument` for a region that WASM cannot address;
   *   `unsupported` where the engine has not the memory for it, or does not compile the core.
   */
  static async create(regionBytes: number, kind: CoreKind = "auto"): Promise<Core> {
    if (!Number.isSafeInteger(regionBytes) || regionBytes < 1 || regionBytes > maxRegionBytes) {
      throw new UsageError("invalid-argument", `the WASM core cannot hold ${regionBytes} bytes`);
    }
    const module = await coreModule(kind);
    const pages = Math.ceil((ownBytes + regionBytes) / pageBytes);
    const memory = makeMemory(pages);
    const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
    const core = exports as unknown as CoreExports;
    const unit = 2 * transferOffsetBytes;
    const base = Math.ceil((core.memoryBase() - transferOffsetBytes) / unit) * unit + transferOffsetBytes;
    invariant(base <= ownBytes, `the WASM core uses ${base} bytes itself, more than it was given`);
    return new Core(core, memory, base);
  }

  /** @throws {StateError} `closed` after `close`. */
  checkOpen(): void {
    if (this.#closed) throw new StateError("closed", "its owner is closed: make a new one");
  }

  /** Wipes the memory. Closing twice is no error. */
  close(): void {
    this.#closed = true;
    wipe(this.bytes);
  }
}

function makeMemory(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (cause) {
    throw new UsageError("unsupported", `no memory for ${pages} WASM pages`, { cause });
  }
}
