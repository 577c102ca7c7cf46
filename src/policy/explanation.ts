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
  /** Where the policy decides by rules of its own. */
  readonly ownRules?: OwnRules;
}

/** What is known of a denial by a policy's own rules. */
export interface OwnRules {
  /** The rules of the point's name, by where they begin; none where the policy has no such rule. */
  readonly rules: readonly { readonly line: number; readonly column: number }[];
  /** Whether they ask for the framework's rule of the same name, by whatever way. */
  readonly asksFramework: boolean;
  /** What the framework's rule says of the same request; absent where it cannot decide it. */
  readonly framework?: { readonly allowed: boolean; readonly errors: readonly string[] };
}

/**
 * An explanation from what became of each candidate.
 *
 * @param otherwise the sentence where there is no candidate at all.
 * @param kind what the candidates are.
 */
export function explanationOf(
  point: string,
  candidates: readonly ExplainedCandidate[],
  otherwise: string,
  kind: "container" | "process" | "fragment" = "container",
): PolicyExplanation {
  const most = Math.max(...candidates.map(({ fulfilled }) => fulfilled));
  const nearest = candidates.find(({ fulfilled }) => fulfilled === most);
  return { point, summary: nearest === undefined ? otherwise : sentence(nearest, kind), candidates };
}

function sentence({ index, name, failed }: ExplainedCandidate, kind: string): string {
  const { aspect, expected, seen } = failed;
  const which = name === undefined ? `${kind} ${index}` : `${kind} ${index} (${name})`;
  return `${aspect} of ${which}: the policy lists ${expected}, the host offered ${seen}`;
}
