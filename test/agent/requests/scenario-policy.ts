/** A recorded scenario's policy, which has been held against the real enforcer, in the place of the plain one. */
import { type EnforcerSnapshot, type Policy, ScenarioRun } from "../../../src/policy/index.ts";
import type { JsonObject } from "../../../src/rego/index.ts";
import type { Operation } from "../../policy/traces.ts";
import type { JudgingPolicy, PlainProcess } from "../model/plain-policy.ts";

/** A process with the operation that asks for it: what of it the plain policy does not know is there. */
export interface RecordedProcess extends PlainProcess {
  readonly op: Operation;
}

/** See the head of this file. */
export class ScenarioPolicy implements JudgingPolicy<EnforcerSnapshot> {
  readonly #scenario: ScenarioRun;

  constructor(policy: Policy) {
    this.#scenario = new ScenarioRun(policy);
  }

  /** What it remembers, as data. */
  metadata(): unknown {
    return this.#scenario.enforcer.metadata();
  }

  memory(): EnforcerSnapshot {
    return this.#scenario.enforcer.snapshot();
  }

  restore(memory: EnforcerSnapshot): void {
    this.#scenario.enforcer.restore(memory);
  }

  mountDevice(target: string, deviceHash: string): readonly string[] {
    return this.#ask({ op: "mount_device", target, deviceHash });
  }

  unmountDevice(unmountTarget: string): readonly string[] {
    return this.#ask({ op: "unmount_device", unmountTarget });
  }

  mountWritableDevice(target: string, how: object): readonly string[] {
    return this.#ask({ op: "rw_mount_device", target, ...how });
  }

  unmountWritableDevice(unmountTarget: string): readonly string[] {
    return this.#ask({ op: "rw_unmount_device", unmountTarget });
  }

  mountScratch(target: string, encrypted: boolean): readonly string[] {
    return this.#ask({ op: "scratch_mount", target, encrypted });
  }

  mountOverlay(containerID: string, layerPaths: readonly string[], target: string): readonly string[] {
    return this.#ask({ op: "mount_overlay", containerID, layerPaths, target });
  }

  unmountOverlay(unmountTarget: string): readonly string[] {
    return this.#ask({ op: "unmount_overlay", unmountTarget });
  }

  createContainer(containerID: string, process: PlainProcess): readonly string[] {
    return this.#ask({ ...(process as RecordedProcess).op, containerID });
  }

  execute(containerID: string, process: PlainProcess): readonly string[] {
    return this.#ask({ ...(process as RecordedProcess).op, containerID });
  }

  signal(containerID: string, signal: number, command: readonly string[] | undefined): readonly string[] {
    const isInitProcess = command === undefined;
    const argList = command ?? [];
    return this.#ask({ op: "signal_container_process", containerID, signal, isInitProcess, argList });
  }

  shutdown(containerID: string): readonly string[] {
    return this.#ask({ op: "shutdown_container", containerID });
  }

  executeOutside({
    command: argList,
    environment: envList,
    workingDirectory: workingDir,
  }: PlainProcess): readonly string[] {
    return this.#ask({ op: "exec_external", argList, envList, workingDir });
  }

  mountFolder(target: string): readonly string[] {
    return this.#ask({ op: "plan9_mount", target });
  }

  unmountFolder(unmountTarget: string): readonly string[] {
    return this.#ask({ op: "plan9_unmount", unmountTarget });
  }

  mountBlockDevice(target: string): readonly string[] {
    return this.#ask({ op: "mount_blockdev", target });
  }

  unmountBlockDevice(unmountTarget: string): readonly string[] {
    return this.#ask({ op: "unmount_blockdev", unmountTarget });
  }

  listProcesses(): readonly string[] {
    return this.#ask({ op: "get_properties" });
  }

  dumpStacks(): readonly string[] {
    return this.#ask({ op: "dump_stacks" });
  }

  loadFragment(fragment: string): readonly string[] {
    return this.#ask({ ...JSON.parse(fragment), op: "load_fragment" });
  }

  #ask(op: Operation): readonly string[] {
    const { allowed } = this.#scenario.step(op as JsonObject);
    return allowed ? [] : ["denied", ...(this.#scenario.denial?.reasons ?? [])];
  }
}
