/** Containers and processes of the model, from the facts about the real agent. */
import { type Ask, machine, type PlainAnswer, type Refusal } from "./asks.ts";
import type { PlainFiles } from "./plain-files.ts";
import type { JudgingPolicy } from "./plain-policy.ts";
import { type PlainRun, PlainRuns } from "./plain-runs.ts";

/** A mounted root. */
export interface PlainRoot {
  readonly files: PlainFiles;
  readonly isReadOnly: boolean;
}

/** A container's life. */
export interface PlainLife {
  state: "created" | "running" | "exited";
  /** Of its first process. */
  readonly command: readonly string[];
  /** What it was made with: of no use once it is unmounted, whatever is mounted there later. */
  readonly root: PlainRoot | undefined;
}

/** Reasons of the policy's against it, what is done where nothing is against it, and what is said then. */
export type Judgement = readonly [reasons: readonly string[], commit: () => void, answer?: PlainAnswer];

/** What is asked of containers and processes. */
export type LifeAsk = Extract<
  Ask,
  {
    readonly ask:
      | "create"
      | "announce"
      | "start"
      | "execute"
      | "execute-outside"
      | "signal"
      | "wait"
      | "shutdown"
      | "kill"
      | "delete"
      | "list-processes"
      | "dump-stacks";
  }
>;

type Of<Name extends LifeAsk["ask"]> = Extract<LifeAsk, { readonly ask: Name }>;

/** In a folder whose name ends in letters by chance. */
const policyPath = "/security-context-*/security-policy-base64";

const nothing = (): void => undefined;

/** See the head of this file. */
export class LifeModel<Memory> {
  readonly lives: Map<string, PlainLife> = new Map();
  readonly runs: PlainRuns = new PlainRuns();
  readonly #policy: JudgingPolicy<Memory>;
  readonly #roots: ReadonlyMap<string, PlainRoot>;
  readonly #encodedPolicy: string;

  /**
   * @param roots that are mounted, by container.
   * @param encodedPolicy the attested one's text in base64, which every container is given.
   */
  constructor(policy: JudgingPolicy<Memory>, roots: ReadonlyMap<string, PlainRoot>, encodedPolicy: string) {
    this.#policy = policy;
    this.#roots = roots;
    this.#encodedPolicy = encodedPolicy;
  }

  /** What is against it, but for what it adds to `against` itself. */
  judge(ask: LifeAsk, against: Set<Refusal>): Judgement {
    if (ask.ask === "create") return this.#create(ask, against);
    if (ask.ask === "dump-stacks") return [this.#policy.dumpStacks(), nothing];
    if (ask.ask === "execute-outside") {
      const { command } = ask.process;
      const start = (): void => this.runs.start({ container: machine, isInit: false, command });
      return [this.#policy.executeOutside(ask.process), start];
    }
    if (ask.ask === "wait") return this.#wait(ask, against);
    if (ask.container === machine) against.add("rule");
    if (!this.lives.has(ask.container)) against.add("state");
    return this.#judgeOne(ask, against);
  }

  #judgeOne(
    ask: Exclude<LifeAsk, Of<"create" | "dump-stacks" | "execute-outside" | "wait">>,
    against: Set<Refusal>,
  ): Judgement {
    const { container } = ask;
    const life = this.lives.get(container);
    switch (ask.ask) {
      case "announce":
        return [[], nothing];
      case "start":
        if (life?.state !== "created" || !this.#roots.has(container)) against.add("state");
        return [[], () => this.#run(container, true, life?.command ?? [])];
      case "execute":
        if (life?.state !== "running") against.add("state");
        return [
          this.#policy.execute(container, ask.process),
          () => this.#run(container, false, ask.process.command),
        ];
      case "signal":
        return this.#signal(ask, against);
      case "shutdown":
      case "kill":
        return [this.#policy.shutdown(container), () => this.#end(container, ask.ask === "kill" ? 9 : 15)];
      case "list-processes":
        return [this.#policy.listProcesses(), nothing, { processes: this.runs.running(container) }];
      case "delete":
        if (life?.state === "running" || this.#roots.has(container)) against.add("state");
        return [[], () => this.lives.delete(container)];
    }
  }

  #create({ container, process, sandbox, folders = [] }: Of<"create">, against: Set<Refusal>): Judgement {
    if (!this.#roots.has(container) || this.lives.has(container)) against.add("state");
    const { command } = process;
    const root = this.#roots.get(container);
    const commit = (): void => {
      this.lives.set(container, { state: "created", command, root });
      if (root?.isReadOnly === false) root.files.set(policyPath, this.#encodedPolicy);
    };
    return [this.#policy.createContainer(container, process, sandbox, folders), commit];
  }

  /** Only a process of the container's own is reached. */
  #signal({ container, process, signal }: Of<"signal">, against: Set<Refusal>): Judgement {
    const run = this.runs.all[process];
    if (run?.container !== container) against.add("state");
    const reasons = this.#policy.signal(container, signal, run?.isInit ? undefined : (run?.command ?? []));
    return [reasons, () => this.#send(run, signal)];
  }

  /** Whoever waits for a process that runs on waits in vain. */
  #wait({ container, process }: Of<"wait">, against: Set<Refusal>): Judgement {
    const run = this.runs.all[process];
    const isThere = container === machine || this.lives.has(container);
    if (!isThere || run?.container !== container) against.add("state");
    else if (run.exitCode === undefined) against.add("too-late");
    return [[], nothing, run?.exitCode === undefined ? {} : { exitCode: run.exitCode }];
  }

  #run(container: string, isInit: boolean, command: readonly string[]): void {
    this.runs.start({ container, isInit, command });
    const life = this.lives.get(container);
    if (isInit && life !== undefined) life.state = "running";
  }

  /** What never started never will. */
  #end(container: string, signal: number): void {
    const life = this.lives.get(container);
    if (life?.state === "created") life.state = "exited";
    for (const [, run] of this.runs.of(container)) if (run.isInit) this.#send(run, signal);
  }

  #send(run: PlainRun | undefined, signal: number): void {
    const life = this.lives.get(run?.container ?? "");
    if (run !== undefined && this.runs.signal(run, signal) && life !== undefined) life.state = "exited";
  }
}
