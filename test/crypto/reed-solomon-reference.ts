/**
 * Reed–Solomon by the definition, slowly: its own arithmetic (carry-less
 * multiplication, no tables), long division, evaluation of whole polynomials.
 * Shares nothing with what it tests.
 */

/** The product modulo x^8 + x^4 + x^3 + x^2 + 1, bit by bit. */
export function slowMultiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 0; bit < 8; bit++) if ((b >> bit) & 1) product ^= a << bit;
  for (let bit = 14; bit >= 8; bit--) if ((product >> bit) & 1) product ^= 0x11d << (bit - 8);
  return product;
}

/** 2^power in the field. */
export function slowPower(power: number): number {
  let value = 1;
  for (let i = 0; i < power; i++) value = slowMultiply(value, 2);
  return value;
}

/** (x − 2^0) … (x − 2^(roots − 1)), highest degree first, the leading 1 included. */
export function slowGenerator(roots: number): number[] {
  let polynomial = [1];
  for (let root = 0; root < roots; root++) {
    const shifted = [...polynomial, 0];
    const scaled = [0, ...polynomial.map((coefficient) => slowMultiply(coefficient, slowPower(root)))];
    polynomial = shifted.map((coefficient, i) => coefficient ^ (scaled[i] ?? 0));
  }
  return polynomial;
}

/** The remainder of word(x) by long division, for any word, highest degree first. */
export function slowRemainder(word: Uint8Array, roots: number): Uint8Array {
  const generator = slowGenerator(roots);
  const rest = Uint8Array.from(word);
  for (let i = 0; i + roots < rest.length; i++) {
    const factor = rest[i] as number;
    for (const [j, coefficient] of generator.entries()) {
      rest[i + j] = (rest[i + j] as number) ^ slowMultiply(coefficient, factor);
    }
  }
  return rest.subarray(rest.length - roots);
}

/** Message and parity of a message of 255 − roots bytes. */
export function slowEncode(message: Uint8Array, roots: number): Uint8Array {
  const codeword = new Uint8Array(message.length + roots);
  codeword.set(message);
  codeword.set(slowRemainder(codeword, roots), message.length);
  return codeword;
}

/** True where 2^0 … 2^(roots − 1) are zeros of word(x). */
export function isCodeword(word: Uint8Array, roots: number): boolean {
  for (let root = 0; root < roots; root++) {
    const point = slowPower(root);
    let value = 0;
    for (const symbol of word) value = slowMultiply(value, point) ^ symbol;
    if (value !== 0) return false;
  }
  return true;
}
