/** The error of a request that a policy does not let pass. */
import { PolicyError } from "../errors.ts";
import type { JsonObject } from "../rego/index.ts";
import { encodeDecision, type PolicyDecision } from "./decision.ts";
import type { PolicyExplanation } from "./explanation.ts";

/** A denial. Its message is hcsshim's error text, which holds the decision in base64. */
export class PolicyDenial extends PolicyError {
  /** The enforcement point that was asked. */
  readonly point: string;
  /** What the message holds: shortened where it was too long. */
  readonly decision: PolicyDecision;
  /** What the request was held against, from the check that denied; absent where it left nothing to compare. */
  readonly explanation?: PolicyExplanation;

  /** @param limit what the message may have in characters; 0 for no limit. */
  constructor(
    point: string,
    whole: PolicyDecision,
    limit: number,
    details: { readonly cause?: unknown; readonly explanation?: PolicyExplanation | undefined } = {},
  ) {
    const { cause, explanation } = details;
    const [message, decision] = encodeDecision(whole, limit);
    super(message, reasonsOf(whole), cause === undefined ? {} : { cause });
    this.point = point;
    this.decision = decision;
    if (explanation !== undefined) this.explanation = explanation;
  }
}

function reasonsOf({ reason, policyError }: PolicyDecision): readonly string[] {
  if (typeof policyError === "string") return [policyError];
  if (typeof reason === "string") return [reason];
  const errors = (reason as JsonObject | undefined)?.["errors"];
  return Array.isArray(errors) ? errors.filter((error): error is string => typeof error === "string") : [];
}
