/**
 * What the command's exit code says. 0 to 4 are veritysetup's, so that a
 * script which tells them apart need not change; the others it does not use.
 */
import {
  DeviceError,
  FileError,
  FormatError,
  IntegrityError,
  InvariantError,
  StorageError,
  UsageError,
} from "../errors.ts";

/** Every code that the command ends with. */
export const exitCodes = {
  success: 0,
  /** Wrong parameters, a device that is not a verity device, a root hash that does not fit. */
  failure: 1,
  /** A block is corrupt. */
  corrupt: 2,
  /** Wrong usage, of the groups that have codes of their own (`groupExitCodeOf`). */
  usage: 2,
  /** A device does not exist or cannot be opened. */
  noDevice: 4,
  /** A bug of sealstone's own (`EX_SOFTWARE`): never to be taken for a verdict. */
  internal: 70,
  /** Stopped by a signal (128 + SIGINT, as a shell reports it). */
  interrupted: 130,
} as const;

/** One of them. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a command: lines for the person at the other end, and the exit code. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  readonly exitCode: ExitCode;

  /** @param message one line or more, without a trailing newline. */
  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The code that a failure is reported with. What is not known is a bug here. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandFailure) return error.exitCode;
  if (error instanceof DeviceError) {
    return error.code === "device-missing" ? exitCodes.noDevice : exitCodes.failure;
  }
  if (error instanceof IntegrityError) {
    // An identity or a signature that does not fit is a wrong root hash by another name.
    const wrongClaim = error.code === "identity-mismatch" || error.code === "signature-mismatch";
    return wrongClaim ? exitCodes.failure : exitCodes.corrupt;
  }
  if (error instanceof UsageError || error instanceof FormatError) return exitCodes.failure;
  return exitCodes.internal;
}

/**
 * The code that a failure of `sealstone layer` and its like is reported with: 2 is
 * wrong usage there, 1 everything else that is refused or does not hold.
 */
export function groupExitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandFailure) return error.exitCode;
  if (error instanceof UsageError) return exitCodes.usage;
  return isExplained(error) ? exitCodes.failure : exitCodes.internal;
}

/** Whether the message of `error` is written for the person at the other end. */
export function isExplained(error: unknown): error is Error {
  if (error instanceof InvariantError) return false;
  return error instanceof CommandFailure || error instanceof StorageError || error instanceof FileError;
}

/** What veritysetup says of an exit code with `--verbose`, to standard output. */
export function statusLine(code: ExitCode): string {
  switch (code) {
    case exitCodes.success:
      return "Command successful.";
    case exitCodes.failure:
      return "Command failed with code -1 (wrong or missing parameters).";
    case exitCodes.corrupt:
      return "Command failed with code -2 (no permission or bad passphrase).";
    case exitCodes.noDevice:
      return "Command failed with code -4 (wrong device or file specified).";
    default:
      return `Command failed with code ${code}.`;
  }
}
