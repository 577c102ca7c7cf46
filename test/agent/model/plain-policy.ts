/**
 * What a policy of the plain kind says, written from the facts about the framework's rules, version 0.5.0. Knows
 * nothing of how policies are evaluated.
 */

/** A container of a policy, as far as the tests vary it. */
export interface PlainContainer {
  /** Root hashes in hex, the base first. */
  readonly layers: readonly string[];
  readonly command: readonly string[];
  /** Whole `NAME=value` texts; each variable asked for must be one of them. */
  readonly environment: readonly string[];
  /** Those that must be asked for. */
  readonly required: readonly string[];
  readonly workingDirectory: string;
  readonly signals: readonly number[];
  readonly processes: readonly { readonly command: readonly string[]; readonly signals: readonly number[] }[];
  /** Whether it may have its own folders of the host's at `/data`. */
  readonly takesFolders: boolean;
}

/** What may run, in a container or beside them. */
export type PlainProgram = Pick<PlainContainer, "command" | "environment" | "required" | "workingDirectory">;

/** A policy of the plain kind. */
export interface PlainPolicyData {
  readonly containers: readonly PlainContainer[];
  readonly allowsUnencryptedScratch: boolean;
  readonly allowsProperties: boolean;
  readonly allowsStacks: boolean;
  /** Beside the containers. */
  readonly outside: readonly PlainProgram[];
}

/** What a process is asked for with. */
export interface PlainProcess {
  readonly command: readonly string[];
  readonly environment: readonly string[];
  readonly workingDirectory: string;
}

/** What a decision depends on and changes: copied before a request, put back where the request fails. */
export interface PolicyMemory {
  /** Layers' root hashes, by where they are mounted. */
  readonly devices: Map<string, string>;
  readonly writableDevices: Set<string>;
  readonly scratches: Set<string>;
  readonly overlays: Set<string>;
  /** What each container may still be. */
  readonly matches: Map<string, readonly PlainContainer[]>;
  readonly started: Set<string>;
  /** Folders of the host's: the container that each is for, by where it is mounted. */
  readonly folders: Map<string, string>;
}

const layerTarget = /^\/run\/mounts\/scsi\/m[0-9]+$/;
const scratchTarget = /^\/run\/gcs\/c\/[0-9a-fA-F]{64}$/;
const folderNumber = /^m[0-9]+$/;

/** What is asked of a policy. Each method gives the reasons against, none where it is allowed; what is allowed is remembered. */
export interface JudgingPolicy<Memory> {
  /** What it remembers, as a copy. */
  memory(): Memory;
  /** Goes back to a copy. */
  restore(memory: Memory): void;
  mountDevice(target: string, rootHash: string): readonly string[];
  unmountDevice(target: string): readonly string[];
  mountWritableDevice(
    target: string,
    how: { readonly encrypted: boolean; readonly ensureFilesystem: boolean; readonly filesystem: string },
  ): readonly string[];
  unmountWritableDevice(target: string): readonly string[];
  mountScratch(path: string, encrypted: boolean): readonly string[];
  /** @param layers where they are mounted, the top first. */
  mountOverlay(container: string, layers: readonly string[], target: string): readonly string[];
  unmountOverlay(target: string): readonly string[];
  /** @param folders that it is to have. */
  createContainer(
    container: string,
    process: PlainProcess,
    sandbox: string,
    folders: readonly string[],
  ): readonly string[];
  execute(container: string, process: PlainProcess): readonly string[];
  /** @param command of a process beside the first one; undefined means the first. */
  signal(container: string, signal: number, command: readonly string[] | undefined): readonly string[];
  shutdown(container: string): readonly string[];
  executeOutside(process: PlainProcess): readonly string[];
  mountFolder(target: string): readonly string[];
  unmountFolder(target: string): readonly string[];
  mountBlockDevice(target: string): readonly string[];
  unmountBlockDevice(target: string): readonly string[];
  listProcesses(): readonly string[];
  dumpStacks(): readonly string[];
  /** @param fragment as the host sends it; whoever signed it is known. */
  loadFragment(fragment: string): readonly string[];
}

/** See the head of this file. */
export class PlainPolicy implements JudgingPolicy<PolicyMemory> {
  readonly #data: PlainPolicyData;
  #memory: PolicyMemory = {
    devices: new Map(),
    writableDevices: new Set(),
    scratches: new Set(),
    overlays: new Set(),
    matches: new Map(),
    started: new Set(),
    folders: new Map(),
  };

  constructor(data: PlainPolicyData) {
    this.#data = data;
  }

  memory(): PolicyMemory {
    const { devices, writableDevices, scratches, overlays, matches, started, folders } = this.#memory;
    return {
      devices: new Map(devices),
      writableDevices: new Set(writableDevices),
      scratches: new Set(scratches),
      overlays: new Set(overlays),
      matches: new Map(matches),
      started: new Set(started),
      folders: new Map(folders),
    };
  }

  restore(memory: PolicyMemory): void {
    this.#memory = memory;
  }

  mountDevice(target: string, rootHash: string): readonly string[] {
    const { devices } = this.#memory;
    const reasons = [
      ...(this.#isDevice(target) ? ["device already mounted at path"] : []),
      ...(this.#data.containers.some(({ layers }) => layers.includes(rootHash))
        ? []
        : ["deviceHash not found"]),
      ...(layerTarget.test(target) ? [] : ["mountpoint invalid"]),
    ];
    if (reasons.length === 0) devices.set(target, rootHash);
    return reasons;
  }

  unmountDevice(target: string): readonly string[] {
    if (this.#memory.devices.delete(target)) return [];
    const isOther = this.#memory.writableDevices.has(target);
    return [
      isOther
        ? "received read-only unmount request, but device provided is read-write"
        : "no device at path to unmount",
    ];
  }

  mountWritableDevice(
    target: string,
    {
      encrypted,
      ensureFilesystem,
      filesystem,
    }: { readonly encrypted: boolean; readonly ensureFilesystem: boolean; readonly filesystem: string },
  ): readonly string[] {
    const reasons = [
      ...(this.#isDevice(target) ? ["device already mounted at path"] : []),
      ...(encrypted || this.#data.allowsUnencryptedScratch
        ? []
        : [
            "unencrypted scratch not allowed, non-readonly mount request for SCSI disk must request encryption",
          ]),
      ...(ensureFilesystem ? [] : ["ensureFilesystem must be set on rw device mounts"]),
      ...(filesystem === "ext4" || filesystem === "xfs"
        ? []
        : ["rw device mounts uses a filesystem that is not allowed"]),
      ...(scratchTarget.test(target) ? [] : ["mountpoint invalid"]),
    ];
    if (reasons.length === 0) this.#memory.writableDevices.add(target);
    return reasons;
  }

  unmountWritableDevice(target: string): readonly string[] {
    if (this.#memory.writableDevices.delete(target)) return [];
    const isOther = this.#memory.devices.has(target);
    return [
      isOther
        ? "received read-write unmount request, but device provided is read-only"
        : "no device at path to unmount",
    ];
  }

  mountScratch(path: string, encrypted: boolean): readonly string[] {
    const reasons = [
      ...(this.#memory.scratches.has(path) ? ["scratch already mounted at path"] : []),
      ...(encrypted || this.#data.allowsUnencryptedScratch ? [] : ["unencrypted scratch not allowed"]),
    ];
    if (reasons.length === 0) this.#memory.scratches.add(path);
    return reasons;
  }

  mountOverlay(container: string, layers: readonly string[], target: string): readonly string[] {
    const { devices, matches, overlays } = this.#memory;
    const baseFirst = layers.map((path) => devices.get(path)).reverse();
    const fitting = this.#data.containers.filter((each) => isSameList(each.layers, baseFirst));
    const isFree = !matches.has(container) && !overlays.has(target);
    if (isFree && fitting.length > 0) {
      matches.set(container, fitting);
      overlays.add(target);
      return [];
    }
    return [
      ...(matches.has(container) ? ["overlay has already been mounted"] : []),
      ...(fitting.length === 0 ? ["no matching containers for overlay"] : []),
      ...(overlays.has(target) ? ["the target is in use"] : []),
    ];
  }

  unmountOverlay(target: string): readonly string[] {
    return this.#memory.overlays.delete(target) ? [] : ["no overlay at path to unmount"];
  }

  createContainer(
    container: string,
    process: PlainProcess,
    _sandbox: string,
    wanted: readonly string[],
  ): readonly string[] {
    const { matches, started, folders } = this.#memory;
    if (started.has(container)) return ["container already started"];
    const fitting = (matches.get(container) ?? []).filter(
      (each) =>
        isProgram(each, process) &&
        wanted.every((folder) => each.takesFolders && folders.get(folder) === container),
    );
    if (fitting.length === 0) return ["no container is like that"];
    matches.set(container, fitting);
    started.add(container);
    return [];
  }

  execute(container: string, process: PlainProcess): readonly string[] {
    const { matches, started } = this.#memory;
    if (!started.has(container)) return ["container not started"];
    const fitting = (matches.get(container) ?? []).filter(
      (each) =>
        each.processes.some(({ command }) => isSameList(command, process.command)) &&
        fitsAround(each, process),
    );
    if (fitting.length === 0) return ["no process is like that"];
    matches.set(container, fitting);
    return [];
  }

  signal(container: string, signal: number, command: readonly string[] | undefined): readonly string[] {
    const { matches, started } = this.#memory;
    if (!started.has(container)) return ["container not started"];
    const fitting = (matches.get(container) ?? []).filter((each) =>
      command === undefined
        ? each.signals.includes(signal)
        : each.processes.some(
            (process) => isSameList(process.command, command) && process.signals.includes(signal),
          ),
    );
    if (fitting.length === 0) return ["target isn't allowed to receive the signal"];
    matches.set(container, fitting);
    return [];
  }

  shutdown(container: string): readonly string[] {
    if (!this.#memory.started.has(container)) return ["container not started"];
    this.#memory.matches.delete(container);
    return [];
  }

  executeOutside(process: PlainProcess): readonly string[] {
    return this.#data.outside.some((each) => isProgram(each, process)) ? [] : ["no process is like that"];
  }

  mountFolder(target: string): readonly string[] {
    const { folders, matches } = this.#memory;
    if (folders.has(target)) return ["a folder is there"];
    for (const container of matches.keys()) {
      const folder = `/run/gcs/c/${container}/mounts/`;
      if (!target.startsWith(folder) || !folderNumber.test(target.slice(folder.length))) continue;
      folders.set(target, container);
      return [];
    }
    return ["the target is no container's"];
  }

  unmountFolder(target: string): readonly string[] {
    return this.#memory.folders.delete(target) ? [] : ["no folder is there"];
  }

  mountBlockDevice(): readonly string[] {
    return ["blockdev mounts are not supported"];
  }

  unmountBlockDevice(): readonly string[] {
    return ["blockdev mounts are not supported"];
  }

  listProcesses(): readonly string[] {
    return this.#data.allowsProperties ? [] : ["properties are not allowed"];
  }

  dumpStacks(): readonly string[] {
    return this.#data.allowsStacks ? [] : ["stacks are not allowed"];
  }

  /** It lists none. */
  loadFragment(): readonly string[] {
    return ["invalid fragment issuer"];
  }

  #isDevice(target: string): boolean {
    return this.#memory.devices.has(target) || this.#memory.writableDevices.has(target);
  }
}

function isProgram(program: PlainProgram, process: PlainProcess): boolean {
  return isSameList(program.command, process.command) && fitsAround(program, process);
}

function fitsAround(program: PlainProgram, { environment, workingDirectory }: PlainProcess): boolean {
  return (
    program.workingDirectory === workingDirectory &&
    environment.every((variable) => program.environment.includes(variable)) &&
    program.required.every((variable) => environment.includes(variable))
  );
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, place) => item === b[place]);
}
