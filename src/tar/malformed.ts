/**
 * The refusals. Go knows four classes of error in an archive, and each has its code here:
 *
 * | Go                                        | code           |
 * | ----------------------------------------- | -------------- |
 * | `ErrHeader`, `errMissData`, `errUnrefData` | `bad-field`    |
 * | a checksum that does not hold (`ErrHeader`) | `bad-magic`   |
 * | `ErrFieldTooLong`, `errSparseTooLong`     | `does-not-fit` |
 * | `io.ErrUnexpectedEOF`                     | `truncated`    |
 */
import { FormatError, type FormatErrorCode } from "../errors.ts";

/** Where in the archive something is wrong. */
export interface Place {
  /** The first byte that is wrong, or that is missing. */
  readonly offsetBytes: number;
  /** The header's field or the PAX record's key. */
  readonly field: string;
  /** The name of the entry, where it is known. */
  readonly name?: Uint8Array;
}

/** The error for `why`, which says what was found at that place. */
export function malformed(
  code: FormatErrorCode,
  why: string,
  { offsetBytes, field, name }: Place,
): FormatError {
  const path = name && new TextDecoder().decode(name);
  return new FormatError(code, `tar: ${why} (${field}, byte ${offsetBytes})`, {
    at: path ? { offsetBytes, field, path } : { offsetBytes, field },
  });
}
