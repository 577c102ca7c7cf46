/**
 * Does the time of a call depend on secrets? Welch's t between two classes of
 * inputs, fixed and random, drawn in a random order (Reparaz, Balasch and
 * Verbauwhede, "Dude, is my code constant time?", 2017).
 *
 * Limits. A t below the bound shows that these inputs, this engine, this
 * processor and so many calls told no difference; nothing more. The clock is
 * read by a call out of the engine, and what the machine does meanwhile is
 * noise that can hide a small leak. Found are gross ones: a branch, an early
 * exit, a table too large for the nearest cache. The first test shows that a
 * compare that stops at the first difference is found this way.
 */
import { describe, expect, test } from "vitest";
import { Core } from "../../src/crypto/core.ts";
import { coreKinds, pattern } from "./sha256-reference.ts";

/** dudect takes 4.5 for suspicion and 10 for proof, of one test; here are many, on machines with other work. */
const bound = 10;
const rounds = 20_000;
const warmUp = 2000;
/** The slowest measurements are those that something else disturbed. */
const keptShare = 0.9;

/** The least |t| of several tries: a leak shows in each, a disturbance in one. */
function leastT(prepare: (random: boolean) => void, run: () => void): number {
  return Math.min(...[1, 2, 3].map(() => Math.abs(oneT(prepare, run))));
}

function oneT(prepare: (random: boolean) => void, run: () => void): number {
  const times: [number[], number[]] = [[], []];
  for (let i = 0; i < rounds + warmUp; i++) {
    const random = Math.random() < 0.5;
    prepare(random);
    const start = process.hrtime.bigint();
    run();
    const time = Number(process.hrtime.bigint() - start);
    if (i >= warmUp) times[random ? 1 : 0].push(time);
  }
  // One limit for both classes: to cut each by itself would even out what is looked for.
  const limit = [...times[0], ...times[1]].sort((a, b) => a - b)[Math.floor(rounds * keptShare)] as number;
  const [a, b] = times.map((list) => momentsOf(list.filter((time) => time < limit)));
  if (a === undefined || b === undefined) throw new Error("no measurements");
  return (a.mean - b.mean) / Math.sqrt(a.variance / a.count + b.variance / b.count);
}

function momentsOf(list: readonly number[]): { count: number; mean: number; variance: number } {
  const count = list.length;
  const mean = list.reduce((sum, x) => sum + x, 0) / count;
  const variance = list.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (count - 1);
  return { count, mean, variance: Math.max(variance, Number.EPSILON) };
}

const size = 1024;
const wide = 1;
const lanes = 4;
const tagOffset = 16;
const aadSizeOffset = 52;

interface Subject {
  readonly core: Core;
  readonly descriptors: number;
  readonly from: number;
  readonly to: number;
}

async function makeSubject(kind: (typeof coreKinds)[number]): Promise<Subject> {
  const core = await Core.create(4096 + 2 * lanes * size, kind);
  const descriptors = core.base;
  const from = descriptors + 4096;
  const view = new DataView(core.bytes.buffer);
  for (let i = 0; i < lanes; i++) view.setUint32(descriptors + 64 * i + aadSizeOffset, 0, true);
  return { core, descriptors, from, to: from + lanes * size };
}

function setGcmKey({ core }: Subject, key: Uint8Array): void {
  core.bytes.set(key, core.exports.aesKeyAddress());
  core.exports.setGcmKey();
}

function setChaChaKey({ core }: Subject, key: Uint8Array): void {
  core.bytes.set(key, core.exports.chaChaKeyAddress());
  core.exports.setChaChaKey();
}

/**
 * Fills bytes with those of one class: zeros, or random ones. Both by the same instructions at the same
 * addresses: how bytes came into the caches shows in the time of who reads them next, in some
 * processes at a t of 100, and would be taken for what is looked for.
 */
function putClass(bytes: Uint8Array<ArrayBuffer>, random: boolean): void {
  crypto.getRandomValues(bytes);
  const mask = random ? 0xff : 0;
  for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] as number) & mask;
}

function putContent({ core, from }: Subject, random: boolean): void {
  putClass(core.bytes.subarray(from, from + lanes * size), random);
}

test("a compare that stops at the first difference is found", () => {
  const fixed = pattern(65_536);
  const other = fixed.slice();
  const prepare = (random: boolean): void => {
    other.set(fixed);
    if (random) {
      const at = (Math.random() * 65_536) | 0;
      other[at] = (other[at] as number) ^ 1;
    }
  };
  let same = 0;
  const run = (): void => {
    let i = 0;
    while (i < fixed.length && fixed[i] === other[i]) i++;
    same += Number(i === fixed.length);
  };
  expect(leastT(prepare, run)).toBeGreaterThan(bound);
  expect(same).toBeGreaterThan(0);
});

describe.each(coreKinds)("the %s core takes as long", (kind) => {
  test("for tags that differ at the first byte as at the last one", async () => {
    const subject = await makeSubject(kind);
    const { core, descriptors, from, to } = subject;
    setChaChaKey(subject, pattern(32));
    core.exports.sealChaCha(descriptors, wide, to, size, from, size, 64);
    const tag = core.bytes.slice(descriptors + tagOffset, descriptors + tagOffset + 16);
    const prepare = (random: boolean): void => {
      core.bytes.set(tag, descriptors + tagOffset);
      const at = descriptors + tagOffset + (random ? (Math.random() * 16) | 0 : 0);
      core.bytes[at] = (core.bytes[at] as number) ^ 1;
    };
    const open = (): unknown => core.exports.openChaCha(descriptors, wide, from, size, to, size, 64);
    expect(leastT(prepare, open)).toBeLessThan(bound);
  });

  test("to authenticate any content with Poly1305", async () => {
    const subject = await makeSubject(kind);
    const { core, descriptors, from, to } = subject;
    setChaChaKey(subject, pattern(32));
    const prepare = (random: boolean): void => putContent(subject, random);
    const open = (): unknown => core.exports.openChaCha(descriptors, wide, from, size, to, size, size);
    expect(leastT(prepare, open)).toBeLessThan(bound);
  });

  test("to encrypt any content with AES under any key", async () => {
    const subject = await makeSubject(kind);
    const { core, descriptors, from, to } = subject;
    const prepare = (random: boolean): void => {
      const keyAddress = core.exports.aesKeyAddress();
      putClass(core.bytes.subarray(keyAddress, keyAddress + 64), random);
      core.exports.setXtsKeys();
      putContent(subject, random);
    };
    const encrypt = (): void => core.exports.encryptXts(descriptors, wide, from, size, to, size, size);
    expect(leastT(prepare, encrypt)).toBeLessThan(bound);
  });

  test("to decrypt any content with AES under any key", async () => {
    const subject = await makeSubject(kind);
    const { core, descriptors, from, to } = subject;
    const prepare = (random: boolean): void => {
      const keyAddress = core.exports.aesKeyAddress();
      putClass(core.bytes.subarray(keyAddress, keyAddress + 64), random);
      core.exports.setXtsKeys();
      putContent(subject, random);
    };
    const decrypt = (): void => core.exports.decryptXts(descriptors, wide, from, size, to, size, size);
    expect(leastT(prepare, decrypt)).toBeLessThan(bound);
  });

  test.each([wide, lanes])("to hash any content of %i sectors with GHASH", async (count) => {
    const subject = await makeSubject(kind);
    const { core, descriptors, from, to } = subject;
    setGcmKey(subject, pattern(32));
    const prepare = (random: boolean): void => putContent(subject, random);
    // No tag is true: what is measured is GHASH, the compare, and zeros.
    const open = (): unknown => core.exports.openGcm(descriptors, count, from, size, to, size, size);
    expect(leastT(prepare, open)).toBeLessThan(bound);
  });
});
