/**
 * Requests by chance, of few words so that they meet each other: legal ones mostly, which the model is asked for, and
 * those that are nearly so.
 */
import type { SeededRandom } from "../../../src/testing/index.ts";
import type { AgentModel } from "../model/agent-model.ts";
import type { Act, Ask } from "../model/asks.ts";
import type { PlainProcess } from "../model/plain-policy.ts";

const ids = ["a".repeat(64), "B".repeat(64), `${"a".repeat(63)}b`];
const home = "/run/gcs/c";
const slots = ["0:0", "0:1", "0:2", "0:3", "0:4", "1:0", "1:1", "1:2", "7:7"];
const layerPaths = [0, 1, 2, 10].map((number) => `/run/mounts/scsi/m${number}`);
const scratchPaths = ids.slice(0, 2).map((id) => `${home}/${id}`);
const commands = [["/bin/app", "web"], ["/bin/app", "mail"], ["/bin/app", "ask"], ["/side"], ["/tool"], []];
const variables = [["A=1"], ["A=1", "B=2"], [], ["A=2"], ["B=2"]];
const processes: readonly PlainProcess[] = [
  { command: ["/bin/app", "web"], environment: ["A=1"], workingDirectory: "/" },
  { command: ["/bin/app", "web"], environment: [], workingDirectory: "/" },
  { command: ["/bin/app", "mail"], environment: ["B=2"], workingDirectory: "/" },
  { command: ["/side"], environment: ["B=2", "A=1"], workingDirectory: "/srv" },
  { command: ["/bin/app", "ask"], environment: ["A=1"], workingDirectory: "/" },
  { command: ["/tool"], environment: ["A=1"], workingDirectory: "/srv" },
];
const paths = ["/bin/app", "/etc/release", "/etc/gone", "/new", "/deep/er/file"];

/** What is tried for a request that the model allows, before one is taken as it comes. */
const mostTries = 40;

/** Draws requests. */
export class RandomAsks {
  readonly #random: SeededRandom;
  readonly #model: AgentModel;

  /** @param model which knows what would be allowed. */
  constructor(random: SeededRandom, model: AgentModel) {
    this.#random = random;
    this.#model = model;
  }

  /** A request: two of three are legal, if one is found. */
  ask(): Ask {
    const wantsLegal = !this.#random.oneIn(3);
    for (let tries = 0; wantsLegal && tries < mostTries; tries += 1) {
      const ask = this.#any();
      if (this.#model.wouldAllow(ask)) return ask;
    }
    return this.#any();
  }

  /** Something that a program does. */
  act(): Act {
    const { id } = this;
    const content = this.#random.oneIn(3) ? undefined : `written ${this.#random.below(100)}`;
    return { container: id, path: this.#random.pick(paths), content };
  }

  /** A container. */
  get id(): string {
    return this.#random.pick(ids);
  }

  #any(): Ask {
    const kind = this.#random.below(100);
    if (kind < 4) return this.#policy();
    if (kind < 30) return this.#disk();
    if (kind < 50) return this.#overlay();
    return this.#life();
  }

  #policy(): Ask {
    return {
      ask: "set-policy",
      enforcer: this.#random.oneIn(8) ? "open_door" : "rego",
      isAttested: !this.#random.oneIn(4),
    };
  }

  #disk(): Ask {
    const random = this.#random;
    const slot = random.pick(slots);
    if (random.oneIn(40)) return { ask: "unplug", slot };
    switch (random.below(7)) {
      case 0:
        return { ask: "unmount-layer", slot, target: this.#layerPath() };
      case 1:
        return { ask: "unmount-scratch", slot, target: this.#scratchPath(), encrypted: !random.oneIn(4) };
      case 2:
      case 3:
        return {
          ask: "mount-scratch",
          slot,
          target: this.#scratchPath(),
          options: random.oneIn(8) ? ["ro"] : [],
          filesystem: random.oneIn(6) ? "vfat" : random.pick(["ext4", "xfs"]),
          encrypted: !random.oneIn(4),
          ensureFilesystem: !random.oneIn(8),
        };
      default:
        return {
          ask: "mount-layer",
          slot,
          target: this.#layerPath(),
          options: random.oneIn(8) ? random.pick([[], ["rw"], ["ro", "noexec"]]) : ["ro"],
          filesystem: random.oneIn(8) ? "xfs" : random.pick(["", "ext4"]),
        };
    }
  }

  #overlay(): Ask {
    const random = this.#random;
    const { id } = this;
    const target = `${home}/${random.oneIn(10) ? this.id : id}/rootfs`;
    if (random.oneIn(8)) return { ask: "unmount-overlay", container: id, target };
    const layers = Array.from({ length: 1 + random.below(3) }, () => random.pick(layerPaths));
    const owner = random.oneIn(10) ? this.id : id;
    const scratch = random.oneIn(3) ? "" : `${random.pick(scratchPaths)}/scratch/${owner}`;
    return { ask: "mount-overlay", container: id, target, layers, scratch };
  }

  #life(): Ask {
    const random = this.#random;
    const container = this.id;
    const kind = random.below(16);
    if (kind < 4) return { ask: "create", container, sandbox: this.id, process: this.#process() };
    if (kind < 7) return { ask: "start", container };
    if (kind < 10) return { ask: "execute", container, process: this.#process() };
    if (kind < 14)
      return { ask: "signal", container, process: random.below(5), signal: random.pick([9, 15, 2]) };
    return { ask: kind === 14 ? "shutdown" : "delete", container };
  }

  #process(): PlainProcess {
    const random = this.#random;
    if (!random.oneIn(4)) return random.pick(processes);
    return {
      command: random.pick(commands),
      environment: random.pick(variables),
      workingDirectory: random.oneIn(4) ? "/srv" : "/",
    };
  }

  #layerPath(): string {
    return this.#random.pick(this.#random.oneIn(12) ? scratchPaths : layerPaths);
  }

  #scratchPath(): string {
    return this.#random.pick(this.#random.oneIn(12) ? layerPaths : scratchPaths);
  }
}
