/** What is wrong with a module, and where. */
import { FormatError, type FormatErrorCode, StateError } from "../errors.ts";
import type { Position } from "./ast.ts";

/** A module that is not Rego; to be thrown by the caller. */
export function regoSyntaxError(module: string, at: Position, why: string): FormatError {
  return regoError("bad-syntax", module, at, why);
}

/** Rego that is refused although it may be right: outside of what `docs/rego.md` lists. To be thrown by the caller. */
export function regoUnsupported(module: string, at: Position, what: string): FormatError {
  return regoError("unsupported", module, at, `${what}: docs/rego.md says what is read`);
}

/** An error that names module, line and column. */
export function regoError(
  code: FormatErrorCode,
  module: string,
  { line, column }: Position,
  why: string,
): FormatError {
  return new FormatError(code, `${module}:${line}:${column}: ${why}`, {
    at: { path: module, line, column },
  });
}

/** Evaluation that was stopped at a limit. */
export function regoLimitError(limit: string): StateError {
  return new StateError("exhausted", `the policy was stopped: ${limit}`);
}

/** Rules that contradict each other, as evaluation shows. */
export function regoConflict(what: string): FormatError {
  return new FormatError("bad-rule", `the policy contradicts itself: ${what}`);
}
