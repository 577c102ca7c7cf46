/** The model's runs by name, each as long as a mutant needs to be found. */
import type { SeededRandom } from "../../src/testing/index.ts";
import type { Subject } from "./checked-disk.ts";
import {
  exhaust,
  failEveryCall,
  highestWandering,
  interleaveOften,
  larger,
  largerWandering,
  operations,
  runOut,
  small,
  smallWandering,
  wander,
} from "./scenarios.ts";
import { givingUp, givingUpAtAnyMoment, longRead, numbering, overlappingBatches } from "./single-runs.ts";
import { newTally, type Tally } from "./tally.ts";

/** What a subject is held against; throws a `Violation` where it fails. */
export type Scenario = (subject: Subject, random: SeededRandom, tally: Tally) => Promise<unknown>;

type SmallScenario =
  | "exhaust"
  | "failEveryCall"
  | "longRead"
  | "overlappingBatches"
  | "givingUp"
  | "givingUpAtAnyMoment"
  | "numbering"
  | "wander";

type LargerScenario =
  | "exhaustLarger"
  | "failEveryCallLarger"
  | "wanderLarger"
  | "wanderHighest"
  | "interleaveLarger"
  | "runOutLarger";

/** The name of a scenario. */
export type ScenarioName = SmallScenario | LargerScenario;

/** What the device is held against. */
export const scenarios: Readonly<Record<SmallScenario, Scenario>> = {
  exhaust: (subject, _, tally) => exhaust(subject, small, operations, 1, tally),
  failEveryCall: (subject, _, tally) => failEveryCall(subject, small, tally),
  longRead: (subject, _, tally) => longRead(subject, tally),
  overlappingBatches: (subject, _, tally) => overlappingBatches(subject, tally),
  givingUp: (subject, _, tally) => givingUp(subject, tally),
  givingUpAtAnyMoment: (subject) => givingUpAtAnyMoment(subject),
  numbering: (subject, _, tally) => numbering(subject, tally),
  wander: (subject, random, tally) => wander(subject, smallWandering, random, 2000, tally),
};

/** What the larger table is held against. */
export const largerScenarios: Readonly<Record<LargerScenario, Scenario>> = {
  exhaustLarger: (subject, _, tally) => exhaust(subject, larger, larger.operations, 1, tally),
  failEveryCallLarger: (subject, _, tally) => failEveryCall(subject, larger, tally),
  wanderLarger: (subject, random, tally) => wander(subject, largerWandering, random, 2000, tally),
  wanderHighest: (subject, random, tally) => wander(subject, highestWandering, random, 2000, tally),
  interleaveLarger: (subject, random) => interleaveOften(subject, largerWandering, random, 100),
  runOutLarger: (subject, random, tally) => runOut(subject, larger, random, tally),
};

/** One scenario after another. */
export async function runAll(
  all: Readonly<Record<string, Scenario>>,
  subject: Subject,
  random: SeededRandom,
  tally: Tally = newTally(),
): Promise<void> {
  for (const run of Object.values(all)) await run(subject, random, tally);
}
