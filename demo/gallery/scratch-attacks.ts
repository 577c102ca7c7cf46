/** What a host does to the scratch disk. */
import type { HostAct } from "sealstone/testing";
import { mountScratch } from "../host-requests.ts";
import { type SimulatedHost, sandbox, scratchLun } from "../simulated-host.ts";
import type { Attack, AttackFamily } from "./attack.ts";

const file = "/home/attw/notes";
/** Contents of a few sectors each, and of one length, so that the second takes the place of the first. */
const [older, newer] = ["an older note\n".repeat(1000), "the new note.\n".repeat(1000)] as const;

/** A range of the disk. */
interface Written {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** What the host does once the file is written; it saw which ranges that wrote. */
type ScratchDeed = (written: readonly Written[]) => readonly HostAct[];

/** Has the container write a file twice and read it back, with the host in between. */
async function writeAndRead(host: SimulatedHost, deed: ScratchDeed): Promise<void> {
  const files = await host.run();
  const { scratch } = host;
  await files.writeFile(file, older, { flush: true });
  await scratch.act({ kind: "snapshot" });
  scratch.trace.length = 0;
  await files.writeFile(file, newer, { flush: true });
  const written = scratch.trace.filter(({ asked }) => asked === "write");
  for (const act of deed(written)) await scratch.act(act);
  const read = new TextDecoder().decode(await files.readFile(file));
  if (read !== newer) throw new Error("the guest took what the host gave it for the container's file");
}

/** A deed and its twin, in which the host does nothing. */
function deeds(deed: ScratchDeed): Pick<Attack, "attack" | "twin"> {
  return {
    attack: (host) => writeAndRead(host, deed),
    twin: (host) => writeAndRead(host, () => []),
  };
}

async function mount(host: SimulatedHost, isEncrypted: boolean): Promise<void> {
  await host.setPolicy();
  await host.attachScratch();
  await host.send(mountScratch(sandbox, scratchLun, { Encrypted: isEncrypted }));
}

const attacks: readonly Attack[] = [
  {
    name: "scratch byte flipped",
    point: 2,
    does: "flips a bit of what the container wrote",
    ...deeds((written) => written.map(({ offsetBytes }) => ({ kind: "flip", offsetBytes, bit: 0 }))),
    refusal: "IntegrityError",
  },
  {
    name: "scratch sector replayed",
    point: 2,
    does: "puts older sectors of a file back, which were good once",
    ...deeds((written) => written.map((range) => ({ kind: "replay", versions: 1, ...range }))),
    refusal: "IntegrityError",
  },
  {
    name: "whole scratch disk rolled back",
    point: 2,
    does: "puts the whole disk back to an earlier moment",
    ...deeds(() => [{ kind: "rollback" }]),
    refusal: "IntegrityError",
  },
  {
    name: "sectors swapped",
    point: 2,
    does: "puts two sectors in each other's place",
    ...deeds(swapFirstSectors),
    refusal: "IntegrityError",
  },
  {
    name: "unencrypted scratch asked for",
    point: 2,
    does: "asks for scratch space that is not encrypted",
    attack: (host) => mount(host, false),
    twin: (host) => mount(host, true),
    refusal: "PolicyError",
  },
];

/** The two sectors at the beginning of the longest range that was written: the file's content. */
function swapFirstSectors(written: readonly Written[]): readonly HostAct[] {
  const sector = 4096;
  const longest = written.toSorted((a, b) => b.lengthBytes - a.lengthBytes)[0];
  if (longest === undefined) return [];
  const { offsetBytes } = longest;
  return [{ kind: "swap", offsetBytes, otherOffsetBytes: offsetBytes + sector, lengthBytes: sector }];
}

/** See the head of this file. */
export const scratchAttacks: AttackFamily = { title: "The scratch disk", attacks };
