/** A fault at every operation of a host's disks, of every request on the way from the policy to the end. */
import { expect } from "vitest";
import type { AgentState } from "../../../src/agent/index.ts";
import type { Ask } from "../model/asks.ts";
import { AskedAgent, type AskedAgentOptions } from "./asked-agent.ts";
import { type FaultPlan, FaultyHost } from "./faulty-host.ts";
import type { World } from "./world.ts";

const sandbox = "5".repeat(64);
const container = "c".repeat(64);
const home = "/run/gcs/c";
const target = `${home}/${container}/rootfs`;
const scratchDisk = { slot: "1:0", target: `${home}/${sandbox}`, encrypted: true } as const;
const base = { slot: "0:0", target: "/run/mounts/scsi/m0" } as const;
const app = { slot: "0:1", target: "/run/mounts/scsi/m1" } as const;
const process = { environment: ["A=1"], workingDirectory: "/" } as const;

/** All requests of a container's life. */
export const lifeAsks: readonly Ask[] = [
  { ask: "set-policy", enforcer: "rego", isAttested: true },
  { ask: "mount-scratch", ...scratchDisk, options: [], filesystem: "xfs", ensureFilesystem: true },
  { ask: "mount-layer", ...base, options: ["ro"], filesystem: "" },
  { ask: "mount-layer", ...app, options: ["ro"], filesystem: "ext4" },
  {
    ask: "mount-overlay",
    container,
    target,
    layers: [app.target, base.target],
    scratch: `${scratchDisk.target}/scratch/${container}`,
  },
  { ask: "create", container, sandbox, process: { ...process, command: ["/bin/app", "web"] } },
  { ask: "start", container },
  { ask: "execute", container, process: { ...process, command: ["/bin/app", "ask"] } },
  { ask: "signal", container, process: 1, signal: 15 },
  { ask: "shutdown", container },
  { ask: "unmount-overlay", container, target },
  { ask: "delete", container },
  { ask: "unmount-layer", ...app },
  { ask: "unmount-layer", ...base },
  { ask: "unmount-scratch", ...scratchDisk },
];

/** More than any request does. */
const mostOperations = 500;

/** How often it came to what. */
export interface FaultTally {
  undone: number;
  poisoned: number;
  /** A fault that nobody minded. */
  done: number;
}

/** All there is to see of an agent. */
interface Seen {
  readonly state: AgentState;
  readonly root: unknown;
  /** Names on the scratch disk, where it is mounted. */
  readonly scratch: unknown;
}

/**
 * Puts a fault at each operation of each request, starting anew whenever the agent is poisoned or the fault did not
 * matter. What was undone is asked for again, at the same agent.
 */
export async function failEveryOperation(
  world: World,
  { fault, lasts }: Omit<FaultPlan, "at">,
  options: AskedAgentOptions = {},
): Promise<FaultTally> {
  const tally: FaultTally = { undone: 0, poisoned: 0, done: 0 };
  for (let place = 0, at = 0; place < lifeAsks.length; ) {
    const host = new FaultyHost();
    await using asked = await AskedAgent.start(world, { ...options, wrap: (disk) => host.wrap(disk) });
    for (const ask of lifeAsks.slice(0, place)) await expectDone(asked, ask);
    let isPoisoned = false;
    // What was undone is as it was: it is looked at again only after something was done.
    let before: Seen | undefined;
    for (; place < lifeAsks.length && !isPoisoned; ) {
      const ask = lifeAsks[place] as Ask;
      before ??= await see(asked);
      host.arm({ fault, at, lasts });
      const refusal = await asked.ask(ask, host.signal);
      const hasFailed = host.disarm();
      const where = `request ${place} (${ask.ask}), ${fault} operation ${at}`;
      if (refusal === undefined) {
        if (hasFailed) tally.done += 1;
        else await afterwards(asked, ask);
        // With no operation left to fail, or none that matters, it is done: on with the next.
        [place, at] = hasFailed && at < mostOperations ? [place, at + 1] : [place + 1, 0];
        if (hasFailed) break;
        before = undefined;
        continue;
      }
      expect(hasFailed, `${where} was refused without a fault: ${refusal.message}`).toBe(true);
      at += 1;
      isPoisoned = asked.state().inconsistent !== undefined;
      if (isPoisoned) {
        tally.poisoned += 1;
        await expectPoisoned(asked, where);
      } else {
        tally.undone += 1;
        expect(await see(asked), `${where}: ${refusal.message}`).toEqual(before);
      }
    }
  }
  return tally;
}

async function expectDone(asked: AskedAgent, ask: Ask): Promise<void> {
  const refusal = await asked.ask(ask);
  expect(refusal?.message, `${ask.ask} without a fault`).toBeUndefined();
  await afterwards(asked, ask);
}

/** What a program does once it runs: something to be written when all is taken down. */
async function afterwards(asked: AskedAgent, { ask }: Ask): Promise<void> {
  if (ask !== "start") return;
  for (const path of ["/bin/app", "/srv/new"]) {
    expect(await asked.act({ container, path, content: "x".repeat(5000) }), path).toBe(true);
  }
}

async function expectPoisoned(asked: AskedAgent, where: string): Promise<void> {
  const other = { ask: "mount-layer", slot: "0:2", target: "/run/mounts/scsi/m9" } as const;
  const refusal = await asked.ask({ ...other, options: ["ro"], filesystem: "" });
  expect({ where, code: refusal?.code }).toEqual({ where, code: "poisoned" });
}

async function see(asked: AskedAgent): Promise<Seen> {
  const scratch = await asked.agent.files(scratchDisk.target)?.readdir("/", { recursive: true });
  return { state: asked.state(), root: await asked.files(container), scratch: scratch?.sort() };
}
