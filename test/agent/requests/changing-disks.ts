/** A disk that is not the same twice: what is decided on is what is mounted. */
import { expect } from "vitest";
import type { BlockDevice, WritableBlockDevice } from "../../../src/device/block-device.ts";
import { MemoryDevice } from "../../../src/device/memory-device.ts";
import { IntegrityError } from "../../../src/errors.ts";
import type { Ask } from "../model/asks.ts";
import { AskedAgent, type AskedAgentOptions } from "./asked-agent.ts";
import type { World, WorldDisk } from "./world.ts";

const target = "/run/mounts/scsi/m0";
const policy: Ask = { ask: "set-policy", enforcer: "rego", isAttested: true };
const mount: Ask = { ask: "mount-layer", slot: "0:0", target, options: ["ro"], filesystem: "" };

/** A disk each of whose reads is another's to answer. */
function readBy(disk: MemoryDevice, read: BlockDevice["read"]): WritableBlockDevice {
  return Object.assign(Object.create(disk) as MemoryDevice, {
    name: disk.name,
    sizeBytes: disk.sizeBytes,
    read,
  });
}

/** An agent with a policy, and what a test says in the place of the base's disk. */
async function mounted(
  world: World,
  wrap: NonNullable<AskedAgentOptions["wrap"]>,
  options: AskedAgentOptions,
): Promise<AskedAgent> {
  const asked = await AskedAgent.start(world, {
    ...options,
    wrap: (disk, slot) => (slot === "0:0" ? wrap(disk, slot) : disk),
  });
  await asked.ask(policy);
  return asked;
}

/** Mounts a layer, of whose disk no byte may be fetched twice. */
export async function expectSingleFetches(world: World, options: AskedAgentOptions = {}): Promise<void> {
  const fetched: (readonly [start: number, end: number])[] = [];
  await using asked = await mounted(
    world,
    (disk) =>
      readBy(disk, async (offset, into) => {
        fetched.push([offset, offset + into.length]);
        await disk.read(offset, into);
      }),
    options,
  );
  expect(await asked.ask(mount)).toBeUndefined();
  expect(fetched.length).toBeGreaterThan(0);
  const sorted = fetched.sort(([a], [b]) => a - b);
  const twice = sorted.filter(([start], i) => start < (sorted[i - 1]?.[1] ?? 0));
  expect(twice).toEqual([]);
}

/**
 * Mounts a layer that becomes another one at the n-th read, both of them listed by the policy.
 *
 * @returns what it came to.
 */
export async function outcomesOfChanges(world: World, options: AskedAgentOptions = {}): Promise<string[]> {
  const [first, second] = ["0:0", "0:2"].map((slot) => world.disks.get(slot) as WorldDisk);
  const outcomes = new Set<string>();
  for (let at = 0; at < 16; at += 1) {
    let reads = 0;
    const other = new MemoryDevice((second as WorldDisk).bytes.slice());
    await using asked = await mounted(
      world,
      (disk) =>
        readBy(disk, async (offset, into) => {
          reads += 1;
          await (reads > at ? other : disk).read(offset, into);
        }),
      options,
    );
    const refusal = await asked.ask(mount);
    const { devices } = asked.state().policyMetadata as {
      readonly devices?: { readonly [path: string]: string };
    };
    if (refusal !== undefined) {
      expect({ ...devices }).toEqual({});
      outcomes.add(refusal.name);
      continue;
    }
    const decided = [first, second].find((disk) => rootHashOf(disk) === devices?.[target]);
    expect(decided, `decided at ${at}`).toBeDefined();
    outcomes.add(await readRelease(asked, decided as WorldDisk));
  }
  return [...outcomes].sort();
}

function rootHashOf(disk: WorldDisk | undefined): string | undefined {
  return disk?.plain.holds === "layer" ? disk.plain.rootHash : undefined;
}

/** The file is the decided layer's, or is refused as false. */
async function readRelease(asked: AskedAgent, { plain }: WorldDisk): Promise<"true" | "IntegrityError"> {
  try {
    const text = await asked.agent.files(target)?.readFile("/etc/release", "utf8");
    expect(text).toBe(plain.holds === "layer" ? plain.layer.files.get("/etc/release") : undefined);
    return "true";
  } catch (error) {
    if (error instanceof IntegrityError) return "IntegrityError";
    throw error;
  }
}
