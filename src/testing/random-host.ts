/** Faults and acts drawn by chance. */
import { actKinds, faultCalls, type HostAct, type HostCall, type HostFault } from "./host-fault.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** What a draw needs to know of the device. */
export interface HostShape {
  readonly sizeBytes: number;
  /** Acts and misdirections move whole blocks of it. */
  readonly blockSizeBytes: number;
}

/** Longest wait of a late call, in calls. */
const longestWait = 4;
const mostVersions = 3;

/** The kinds that leave the device as large as it is, and answer without the test's help. */
export const passingFaults: readonly HostFault["kind"][] = (
  Object.keys(faultCalls) as HostFault["kind"][]
).filter((kind) => kind !== "hang" && kind !== "resize");

/**
 * Draws a fault that fits a call.
 *
 * @param kinds those to draw from.
 * @returns `undefined` where none of them fits.
 */
export function drawFault(
  random: SeededRandom,
  call: HostCall,
  lengthBytes: number,
  shape: HostShape,
  kinds: readonly HostFault["kind"][] = passingFaults,
): HostFault | undefined {
  const fitting = kinds.filter((kind) => faultCalls[kind].includes(call));
  if (fitting.length === 0) return undefined;
  const kind = random.pick(fitting);
  switch (kind) {
    case "fail":
      return { kind, when: random.pick(["before", "after"]) };
    case "hang":
    case "late":
    case "duplicate":
      return { kind, calls: 1 + random.below(longestWait) };
    case "resize":
      return { kind, sizeBytes: random.below(2 * shape.sizeBytes) };
    case "flip-answer":
      return { kind, byte: random.below(lengthBytes), bit: random.below(8) };
    case "answer-from":
    case "misdirect":
      return { kind, offsetBytes: drawBlock(random, shape) };
    case "answer-older":
      return { kind, versions: 1 + random.below(mostVersions) };
    case "answer-short":
    case "reject-short":
    case "tear":
      return { kind, lengthBytes: random.below(lengthBytes) };
    default:
      return { kind };
  }
}

/** Draws something that the host does while nobody asks. */
export function drawAct(
  random: SeededRandom,
  shape: HostShape,
  kinds: readonly HostAct["kind"][] = actKinds,
): HostAct {
  const kind = random.pick(kinds);
  const offsetBytes = drawBlock(random, shape);
  const lengthBytes = shape.blockSizeBytes;
  switch (kind) {
    case "flip":
      return { kind, offsetBytes: random.below(shape.sizeBytes), bit: random.below(8) };
    case "swap":
      return { kind, offsetBytes, otherOffsetBytes: drawBlock(random, shape), lengthBytes };
    case "replay":
      return { kind, offsetBytes, lengthBytes, versions: 1 + random.below(mostVersions) };
    case "zero":
      return { kind, offsetBytes, lengthBytes };
    default:
      return { kind };
  }
}

function drawBlock(random: SeededRandom, { sizeBytes, blockSizeBytes }: HostShape): number {
  return random.below(Math.floor(sizeBytes / blockSizeBytes)) * blockSizeBytes;
}
