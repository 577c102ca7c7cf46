/** Denials of fragments, explained by the entries that policy and fragments have for them. */
import { explanationOf, type PolicyExplanation } from "../explanation.ts";
import { policyFrameworkVersion } from "../points.ts";
import { fallen } from "./candidate-names.ts";
import type { Condition } from "./conditions.ts";
import type { Deciding } from "./deciding.ts";
import { type FragmentState, isAtLeast, readFragment, svnsDiffer } from "./fragment-points.ts";
import type { ListedFragment } from "./shapes.ts";

/** Why a fragment was refused; undefined where the request or its text has another shape. */
export function explainFragment(deciding: Deciding): PolicyExplanation | undefined {
  const state = readFragment(deciding);
  if (state === undefined) return undefined;
  const { fragments } = deciding.candidates;
  const candidates = fallen(fragments, conditions(state), ({ issuer, feed }) => ({
    name: `${issuer}, ${feed}`,
  }));
  const otherwise =
    fragments.length === 0 ? "the policy lists no fragments" : (textFault(state) ?? "no entry lets it pass");
  // A fault of the text counts where an entry lets it pass.
  const passing = candidates.length < fragments.length ? [] : candidates;
  return { ...explanationOf("load_fragment", passing, otherwise, "fragment"), candidates };
}

function conditions({ input, headerSvn, textSvn }: FragmentState): readonly Condition<ListedFragment>[] {
  return [
    {
      aspect: "issuer",
      holds: ({ issuer }) => issuer === input.issuer,
      expected: ({ issuer }) => issuer,
      seen: input.issuer,
    },
    {
      aspect: "feed",
      holds: ({ feed }) => feed === input.feed,
      expected: ({ feed }) => feed,
      seen: input.feed,
    },
    {
      aspect: "svn of the header",
      holds: ({ minimum_svn: minimum }) => headerSvn === undefined || isAtLeast(headerSvn, minimum),
      expected: ({ minimum_svn: minimum }) => `${minimum} or more`,
      seen: `${headerSvn}`,
    },
    {
      aspect: "receipts",
      holds: ({ required_receipts: receipts = [] }) =>
        receipts.every((receipt) => input.receipts.includes(receipt)),
      expected: ({ required_receipts: receipts = [] }) => receipts.join(", "),
      seen: input.receipts.join(", ") || "none",
    },
    {
      aspect: "svn of the text",
      holds: ({ minimum_svn: minimum }) =>
        !input.fragment_loaded ||
        (textSvn === undefined ? headerSvn !== undefined : isAtLeast(textSvn, minimum)),
      expected: ({ minimum_svn: minimum }) => `${minimum} or more`,
      seen: textSvn === undefined ? "none" : `${textSvn}`,
    },
  ];
}

/** What is wrong with the text itself. */
function textFault(state: FragmentState): string | undefined {
  const { input, version, headerSvn, textSvn } = state;
  if (!input.fragment_loaded) return undefined;
  if (version === null) return "the fragment states no framework_version";
  if (svnsDiffer(state)) return `its header's svn is ${headerSvn}, and its text's ${textSvn}`;
  return `the fragment is of framework_version ${version}, and ${policyFrameworkVersion} is what is known`;
}
