/**
 * The error taxonomy: one `StorageError`, and under it a class for each answer
 * to "whose fault is it, and what may the caller do?".
 *
 * | class              | whose fault                  | what to do               |
 * | ------------------ | ---------------------------- | ------------------------ |
 * | `UsageError`       | the caller                   | mend the call            |
 * | `DeviceError`      | the host's I/O failed        | a retry may help         |
 * | `FormatError`      | the host's metadata is bad   | refuse                   |
 * | `IntegrityError`   | the host lied                | refuse, never retry      |
 * | `PolicyError`      | the policy denies it         | read the reasons         |
 * | `AttestationError` | the evidence does not hold   | refuse                   |
 * | `StateError`       | the object is closed/poisoned| open anew                |
 * | `InvariantError`   | sealstone itself             | report it                |
 *
 * Beside it stands `FileError`, Node's own shape of error for what a file
 * system's user may meet in good order: a name that is not there, a directory
 * where a file was meant.
 *
 * Messages name what failed and where, and what to do next. They never hold a
 * secret: no key, no tag, no plaintext.
 */

/** Where a failure lies. Every field is optional; those known are set. */
export interface ErrorLocation {
  /** The device's own name (a path, a URL, "memory"), as the embedder gave it. */
  readonly device?: string;
  /** A layer's root hash or index, as text. */
  readonly layer?: string;
  /** Sector number on a sealed device. */
  readonly sector?: number;
  /** Block number: a data block, or with `level` the index of a hash block in its level. */
  readonly block?: number;
  /** Tree level, 0 = leaves. Absent where `block` is a data block. */
  readonly level?: number;
  /** Byte offset on the device. */
  readonly offsetBytes?: number;
  /** A path inside a file system or archive. */
  readonly path?: string;
  /** Number of an inode in a file system. */
  readonly inode?: number;
  /** The name of the field that was refused. */
  readonly field?: string;
  /** Line of a text, from 1. */
  readonly line?: number;
  /** Column of a text's line in UTF-16 units, from 1. */
  readonly column?: number;
}

/** What a caller can get wrong. */
export type UsageErrorCode = "invalid-argument" | "out-of-bounds" | "unsupported";
/** How the host's I/O can fail. */
export type DeviceErrorCode =
  | "device-failed"
  | "device-timeout"
  | "device-missing"
  | "short-read"
  | "size-changed"
  | "content-changed"
  | "bad-response";
/** How metadata can be malformed. */
export type FormatErrorCode =
  | "bad-magic"
  | "bad-version"
  | "bad-field"
  | "bad-padding"
  | "bad-checksum"
  | "does-not-fit"
  | "truncated"
  | "unsupported"
  | "bad-name"
  | "bad-syntax"
  | "bad-rule"
  | "missing-parent"
  | "missing-target"
  | "is-directory"
  | "cannot-replace"
  | "too-many-links"
  | "disk-full";
/** Which check showed that the host lied. */
export type IntegrityErrorCode =
  | "block-mismatch"
  | "hash-block-mismatch"
  | "spare-not-zero"
  | "signature-mismatch"
  | "identity-mismatch"
  | "digest-mismatch"
  | "sector-mismatch";
/** A policy knows one answer besides yes. */
export type PolicyErrorCode = "denied";
/** How evidence can fail to hold. */
export type AttestationErrorCode = "not-attested";
/**
 * Why an object does not take a call. `exhausted`: it has used up all that it may ever use for calls of the kind.
 * `unflushed`: its device failed to write, and it takes no further changes until a flush has ended well.
 */
export type StateErrorCode = "closed" | "poisoned" | "exhausted" | "busy" | "unflushed";
/** Every broken invariant is the same to a caller. */
export type InvariantErrorCode = "invariant";

/** Every code a `StorageError` can carry. */
export type ErrorCode =
  | UsageErrorCode
  | DeviceErrorCode
  | FormatErrorCode
  | IntegrityErrorCode
  | PolicyErrorCode
  | AttestationErrorCode
  | StateErrorCode
  | InvariantErrorCode;

/** What every error's constructor takes besides its code and message. */
export interface ErrorDetails {
  readonly at?: ErrorLocation;
  readonly cause?: unknown;
}

/** The base of all errors that sealstone throws, `AbortSignal` reasons aside. */
export abstract class StorageError<Code extends ErrorCode = ErrorCode> extends Error {
  abstract override readonly name: string;
  readonly code: Code;
  readonly at: ErrorLocation;

  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.at = details.at ?? {};
  }
}

/** The caller asked for something that cannot be: mend the call. */
export class UsageError extends StorageError<UsageErrorCode> {
  override readonly name = "UsageError";
}

/** The host's I/O failed. Nothing is known to be false; a retry may help. */
export class DeviceError extends StorageError<DeviceErrorCode> {
  override readonly name = "DeviceError";
}

/** Metadata the host holds is malformed: refuse it. */
export class FormatError extends StorageError<FormatErrorCode> {
  override readonly name = "FormatError";
}

/** The host's bytes are not what was written: it lied. Never retry. */
export class IntegrityError extends StorageError<IntegrityErrorCode> {
  override readonly name = "IntegrityError";
}

/** The policy denies the request; `reasons` come from the check that denied. */
export class PolicyError extends StorageError<PolicyErrorCode> {
  override readonly name = "PolicyError";
  readonly reasons: readonly string[];

  constructor(message: string, reasons: readonly string[], details: ErrorDetails = {}) {
    super("denied", message, details);
    this.reasons = reasons;
  }
}

/** Attestation evidence does not hold. */
export class AttestationError extends StorageError<AttestationErrorCode> {
  override readonly name = "AttestationError";
}

/** The object is closed, poisoned, used up or in use. */
export class StateError extends StorageError<StateErrorCode> {
  override readonly name = "StateError";
}

/** A bug of sealstone's own: please report it. */
export class InvariantError extends StorageError<InvariantErrorCode> {
  override readonly name = "InvariantError";

  constructor(message: string, details: ErrorDetails = {}) {
    super("invariant", message, details);
  }
}

/** The errors of file operations: Linux's number and text of each, as Node shows them. */
const fileErrors = {
  EPERM: [1, "operation not permitted"],
  ENOENT: [2, "no such file or directory"],
  ENXIO: [6, "no such device or address"],
  E2BIG: [7, "argument list too long"],
  EBADF: [9, "bad file descriptor"],
  ENOMEM: [12, "not enough memory"],
  EACCES: [13, "permission denied"],
  EBUSY: [16, "resource busy or locked"],
  EEXIST: [17, "file already exists"],
  EXDEV: [18, "cross-device link not permitted"],
  ENOTDIR: [20, "not a directory"],
  EISDIR: [21, "illegal operation on a directory"],
  EINVAL: [22, "invalid argument"],
  EFBIG: [27, "file too large"],
  ENOSPC: [28, "no space left on device"],
  EROFS: [30, "read-only file system"],
  EMLINK: [31, "too many links"],
  ERANGE: [34, "result too large"],
  ENAMETOOLONG: [36, "name too long"],
  ENOTEMPTY: [39, "directory not empty"],
  ELOOP: [40, "too many symbolic links encountered"],
  ENODATA: [61, "no data available"],
  ENOTSUP: [95, "operation not supported on socket"],
  ESTALE: [116, "stale file handle"],
} as const;

/** Node's own refusals of `rm` and `cp`: the number and name of the system's error they stand for, and their text. */
const refusals = {
  ERR_FS_EISDIR: [21, "EISDIR", "Path is a directory"],
  ERR_FS_CP_EINVAL: [22, "EINVAL", "Invalid src or dest"],
  ERR_FS_CP_EEXIST: [17, "EEXIST", "Target already exists"],
  ERR_FS_CP_DIR_TO_NON_DIR: [21, "EISDIR", "Cannot overwrite non-directory with directory"],
  ERR_FS_CP_NON_DIR_TO_DIR: [20, "ENOTDIR", "Cannot overwrite directory with non-directory"],
  ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY: [22, "EINVAL", "Cannot overwrite symlink in subdirectory of self"],
  ERR_FS_CP_SOCKET: [22, "EINVAL", "Cannot copy a socket file"],
  ERR_FS_CP_FIFO_PIPE: [22, "EINVAL", "Cannot copy a FIFO pipe"],
} as const;

type FailureCode = keyof typeof fileErrors;
type RefusalCode = keyof typeof refusals;

/** How a file operation can fail in good order. */
export type FileErrorCode = FailureCode | RefusalCode;

/** What a `FileError` says besides its code and path. */
export interface FileErrorDetails {
  /** The second path of a `rename`, `link`, `symlink` or `copyfile`, as text. */
  readonly dest?: string;
  /** Of a refusal: what was found. */
  readonly reason?: string;
}

/**
 * A file operation that failed as it does on any file system, in the shape of
 * Node's errors: `ENOENT: no such file or directory, rename '/a' -> '/b'`. It says
 * nothing against the host or its image, and so is no `StorageError`.
 */
export class FileError extends Error {
  override readonly name = "FileError";
  readonly code: FileErrorCode;
  /** Linux's number, negative as Node has it: -2 for `ENOENT`. Of a refusal positive, as there. */
  readonly errno: number;
  /** What was asked for: `open`, `scandir`, `readlink`, … */
  readonly syscall: string;
  /** The path as it was asked for, as text; absent below the level of paths. */
  readonly path?: string;
  /** See `FileErrorDetails`. */
  readonly dest?: string;

  constructor(code: FileErrorCode, syscall: string, path?: string, details: FileErrorDetails = {}) {
    const { dest } = details;
    super(
      isRefusal(code) ? refusalText(code, syscall, path, details) : failureText(code, syscall, path, dest),
    );
    this.code = code;
    this.errno = isRefusal(code) ? refusals[code][0] : -fileErrors[code][0];
    this.syscall = syscall;
    if (path !== undefined) this.path = path;
    if (dest !== undefined) this.dest = dest;
  }
}

function isRefusal(code: FileErrorCode): code is RefusalCode {
  return code.startsWith("ERR_");
}

function failureText(code: FailureCode, syscall: string, path?: string, dest?: string): string {
  const paths = `${path === undefined ? "" : ` '${path}'`}${dest === undefined ? "" : ` -> '${dest}'`}`;
  return `${code}: ${fileErrors[code][1]}, ${syscall}${paths}`;
}

function refusalText(
  code: RefusalCode,
  syscall: string,
  path = "",
  { reason = "" }: FileErrorDetails = {},
): string {
  const [, name, text] = refusals[code];
  return `${text}: ${syscall} returned ${name} (${reason}) ${path}`;
}

/**
 * Asserts what must hold whatever the host does.
 *
 * @throws {InvariantError} when `condition` is false: a bug here, not there.
 */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** An error as it travels between threads: structured cloning would lose its class. */
export interface ErrorMessage {
  readonly name: string;
  readonly code: string | undefined;
  readonly message: string;
  readonly at: ErrorLocation | undefined;
  /** Of a `PolicyError` alone. */
  readonly reasons?: readonly string[];
}

const classes: ReadonlyMap<
  string,
  new (
    code: never,
    message: string,
    details: ErrorDetails,
  ) => StorageError
> = new Map<string, new (code: never, message: string, details: ErrorDetails) => StorageError>([
  ["UsageError", UsageError],
  ["DeviceError", DeviceError],
  ["FormatError", FormatError],
  ["IntegrityError", IntegrityError],
  ["AttestationError", AttestationError],
  ["StateError", StateError],
]);

/** Prepares an error for another thread. Its cause and its stack stay behind. */
export function errorToMessage(error: unknown): ErrorMessage {
  if (error instanceof StorageError) {
    const { name, code, message, at } = error;
    return { name, code, message, at, ...(error instanceof PolicyError && { reasons: error.reasons }) };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { name: "Error", code: undefined, message, at: undefined };
}

/** The error that another thread threw: of the same class, or an `InvariantError` for what is no `StorageError`. */
export function errorFromMessage({ name, code, message, at, reasons }: ErrorMessage): StorageError {
  const details = at ? { at } : {};
  if (reasons) return new PolicyError(message, reasons, details);
  const Class = classes.get(name);
  return Class ? new Class(code as never, message, details) : new InvariantError(message, details);
}
