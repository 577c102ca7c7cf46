/** Why a request was denied, as data: what it was held against, and at which condition each thing fell out. */

/** What a condition wanted and what was there, in words; of variables never the value. */
export interface FailedCondition {
  /** What of the request it looks at: `command`, `layer 3 of 5`, … */
  readonly aspect: string;
  readonly expected: string;
  readonly seen: string;
}

/** Something that was listed and might have been meant. */
export interface ExplainedCandidate {
  /** Its place among those that were held against the request, from 0. */
  readonly index: number;
  /** Its name, where the policy gives it one. */
  readonly name?: string;
  /** How many conditions it fulfils before the one that it does not. */
  readonly fulfilled: number;
  readonly failed: FailedCondition;
}

/** See the head of this file. */
export interface PolicyExplanation {
  readonly point: string;
  /** The nearest miss in a sentence. */
  readonly summary: string;
  readonly candidates: readonly ExplainedCandidate[];
}

/**
 * An explanation from what became of each candidate.
 *
 * @param otherwise the sentence where there is no candidate at all.
 */
export function explanationOf(
  point: string,
  candidates: readonly ExplainedCandidate[],
  otherwise: string,
): PolicyExplanation {
  const most = Math.max(...candidates.map(({ fulfilled }) => fulfilled));
  const nearest = candidates.find(({ fulfilled }) => fulfilled === most);
  return { point, summary: nearest === undefined ? otherwise : sentence(nearest), candidates };
}

function sentence({ index, name, failed }: ExplainedCandidate): string {
  const { aspect, expected, seen } = failed;
  const which = name === undefined ? `container ${index}` : `container ${index} (${name})`;
  return `${aspect} of ${which}: the policy lists ${expected}, the host offered ${seen}`;
}
