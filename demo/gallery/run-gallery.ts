/** Carries out attacks, each with its twin and each with a guest of its own, and judges what came of them. */
import { PolicyDenial, StorageError } from "sealstone/node";
import type { ParmaPoint } from "../parma.ts";
import type { SimulatedHost } from "../simulated-host.ts";
import type { Attack, AttackFamily, RefusalName } from "./attack.ts";

/** What a guest said. */
export interface Answer {
  /** The error's class, `PolicyError` for every denial. */
  readonly name: string;
  readonly code: string | undefined;
  /** In one line. */
  readonly message: string;
}

/** What came of an attack. */
export interface Verdict {
  readonly family: string;
  readonly name: string;
  readonly point: ParmaPoint;
  readonly does: string;
  /** The class that the guest must refuse it with. */
  readonly expected: RefusalName;
  /** What the guest said of the attack; absent where it let the host have its way. */
  readonly said?: Answer;
  /** What the guest said of the twin; absent where it allowed it, as it must. */
  readonly saidOfTwin?: Answer;
  /** Whether the attack was refused as it must be, and the twin allowed. */
  readonly holds: boolean;
}

/**
 * Goes through families of attacks.
 *
 * @param start makes a host with a new guest, to which nothing was sent yet.
 * @param onVerdict told of each as it is known.
 */
export async function runGallery(
  families: readonly AttackFamily[],
  start: () => Promise<SimulatedHost>,
  onVerdict: (verdict: Verdict) => void = () => {},
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const { title, attacks } of families) {
    for (const attack of attacks) {
      const verdict = judge(
        title,
        attack,
        await answerOf(attack.attack, start),
        await answerOf(attack.twin, start),
      );
      verdicts.push(verdict);
      onVerdict(verdict);
    }
  }
  return verdicts;
}

function judge(
  family: string,
  { name, point, does, refusal: expected }: Attack,
  said: Answer | undefined,
  saidOfTwin: Answer | undefined,
): Verdict {
  return {
    family,
    name,
    point,
    does,
    expected,
    ...(said && { said }),
    ...(saidOfTwin && { saidOfTwin }),
    holds: said?.name === expected && saidOfTwin === undefined,
  };
}

async function answerOf(
  deed: (host: SimulatedHost) => Promise<unknown>,
  start: () => Promise<SimulatedHost>,
): Promise<Answer | undefined> {
  await using host = await start();
  try {
    await deed(host);
    return undefined;
  } catch (error) {
    return describeAnswer(error);
  }
}

/** An error as an answer. What is none of the guest's errors is named as it is, and is no refusal of any class. */
export function describeAnswer(error: unknown): Answer {
  const name = error instanceof Error ? error.name : "Error";
  const code = error instanceof StorageError ? error.code : undefined;
  return { name, code, message: spoken(error).replaceAll(/\s+/g, " ") };
}

function spoken(error: unknown): string {
  // Its message is for the host's tools: the whole decision, in base64.
  if (error instanceof PolicyDenial) return error.explanation?.summary ?? reasonsOf(error);
  return error instanceof Error ? error.message : String(error);
}

function reasonsOf({ reasons, point }: PolicyDenial): string {
  return reasons.length > 0 ? reasons.join("; ") : `${point} is not allowed`;
}
