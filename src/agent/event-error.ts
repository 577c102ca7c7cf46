/** An error as events tell it. */
import { PolicyError, StorageError } from "../errors.ts";
import { PolicyDenial } from "../policy/policy-denial.ts";
import type { EventError } from "./agent-event.ts";

const longestMessage = 1000;

/** Plain data of an error. A denial's message is what the check that denied found, not hcsshim's base64. */
export function eventError(error: unknown): EventError {
  if (!(error instanceof Error)) return { name: "Error", code: undefined, message: cut(String(error)) };
  const code = error instanceof StorageError ? error.code : undefined;
  const reasons = error instanceof PolicyError ? { reasons: error.reasons.map(cut) } : {};
  const explanation =
    error instanceof PolicyDenial && error.explanation ? { explanation: error.explanation } : {};
  const name = error instanceof PolicyDenial ? "PolicyDenial" : error.name;
  return { name, code, message: cut(messageOf(error)), ...reasons, ...explanation };
}

function messageOf(error: Error): string {
  if (!(error instanceof PolicyDenial)) return error.message;
  const { point, reasons, explanation } = error;
  const why = explanation?.summary ?? (reasons.length > 0 ? reasons.join("; ") : "no rule allows it");
  return `${point} denied: ${why}`;
}

function cut(text: string): string {
  return text.length > longestMessage ? `${text.slice(0, longestMessage)}…` : text;
}
