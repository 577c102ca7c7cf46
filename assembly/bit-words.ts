/** Words of bits, written once for `v128` and `u64`. */

@inline
export function xor<T>(x: T, y: T): T {
  if (isVector<T>()) return v128.xor(x, y);
  else return (x ^ y) as T;
}

@inline
export function and<T>(x: T, y: T): T {
  if (isVector<T>()) return v128.and(x, y);
  else return (x & y) as T;
}

@inline
export function shiftLeft<T>(x: T, n: i32): T {
  if (isVector<T>()) return i64x2.shl(x, n);
  else return ((x as u64) << n) as T;
}

@inline
export function shiftRight<T>(x: T, n: i32): T {
  if (isVector<T>()) return i64x2.shr_u(x, n);
  else return ((x as u64) >> n) as T;
}

/** The 64 bits, as often as the word holds them. */
@inline
export function pattern<T>(bits: u64): T {
  if (isVector<T>()) return i64x2.splat(bits);
  else return bits as T;
}
