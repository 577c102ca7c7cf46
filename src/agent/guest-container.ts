/** A container, as the policy lets it be. */
import type { MountedOverlay } from "../overlay/mounted-overlay.ts";
import type { ContainerState, ContainerStatus } from "./agent-state.ts";
import type { GrantedSettings } from "./container-runner.ts";
import type { GuestProcess } from "./guest-process.ts";

/** What a container was made with; the settings are those of its first process. */
export interface GuestContainerParts extends GrantedSettings {
  readonly id: string;
  readonly sandboxId: string;
  /** Its files, in the manner of `node:fs/promises`. Closed once the host has its overlay unmounted. */
  readonly root: MountedOverlay;
}

/** A handle on a container. */
export class GuestContainer {
  /** What it was made with. */
  readonly parts: GuestContainerParts;
  readonly #processes: Map<number, GuestProcess> = new Map();
  #status: ContainerStatus = "created";

  /** Made by the agent. */
  constructor(parts: GuestContainerParts) {
    this.parts = parts;
  }

  /** 64 hex digits. */
  get id(): string {
    return this.parts.id;
  }

  /** See `GuestContainerParts.root`. */
  get root(): MountedOverlay {
    return this.parts.root;
  }

  get status(): ContainerStatus {
    return this.#status;
  }

  /** Its first process, once that was started. */
  get init(): GuestProcess | undefined {
    return [...this.#processes.values()].find(({ isInit }) => isInit);
  }

  /** Its processes, those that have ended among them. */
  get processes(): readonly GuestProcess[] {
    return [...this.#processes.values()];
  }

  /** A process of its own. */
  process(id: number): GuestProcess | undefined {
    return this.#processes.get(id);
  }

  /** Adds a process. The first makes the container run, and ends it. */
  add(made: GuestProcess): void {
    this.#processes.set(made.id, made);
    if (made.isInit && made.exitCode === undefined) this.#status = "running";
  }

  /** The first process has ended, or never will start. */
  end(): void {
    this.#status = "exited";
  }

  /** Plain data of it. */
  state(): ContainerState {
    const { id, sandboxId } = this.parts;
    return {
      id,
      sandboxId,
      status: this.#status,
      processes: this.processes.map((each) => each.state()),
    };
  }
}
