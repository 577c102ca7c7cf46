/** Content: written anywhere, appended, cut, punched, and read again. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { equalBytes } from "../../src/bytes/compare.ts";
import type { TreeNode } from "../../src/tree/file-tree.ts";
import type { WritableOpenFile } from "../../src/tree/writable-file-tree.ts";
import { bytesOf } from "./memory-tree.ts";
import { expectCode, make, type TreeFixture } from "./writable-tree-contract.ts";

const largest = 300_000;

/** One change of a file's content. */
const change: fc.Arbitrary<{ what: string; at: number; length: number; seed: number }> = fc.record({
  what: fc.constantFrom("write", "write", "append", "truncate", "allocate", "keep", "punch", "flush"),
  at: fc.oneof(
    fc.nat({ max: largest }),
    fc.nat({ max: 70 }).map((block) => block * 4096),
  ),
  length: fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.constantFrom(1, 4095, 4096, 4097, 8192)),
  seed: fc.integer({ min: 1, max: 255 }),
});

/** A file's content as a plain array. */
class Model {
  bytes: Uint8Array = new Uint8Array(0);

  resize(sizeBytes: number): void {
    const resized = new Uint8Array(sizeBytes);
    resized.set(this.bytes.subarray(0, sizeBytes));
    this.bytes = resized;
  }

  write(at: number, from: Uint8Array): void {
    this.resize(Math.max(this.bytes.length, at + from.length));
    this.bytes.set(from, at);
  }
}

async function open({ tree }: TreeFixture, node: TreeNode): Promise<WritableOpenFile> {
  return tree.openWritable(node);
}

async function content({ tree }: TreeFixture, node: TreeNode): Promise<Uint8Array> {
  const { sizeBytes } = await tree.getattr(node);
  const file = await tree.open(node);
  // One byte more than there is, in order to see that there is no more.
  const into = new Uint8Array(sizeBytes + 1);
  const readBytes = await file.read(0, into);
  await file.close();
  expect(readBytes).toBe(sizeBytes);
  return into.subarray(0, readBytes);
}

async function apply(
  { tree }: TreeFixture,
  file: WritableOpenFile,
  model: Model,
  { what, at, length, seed }: { what: string; at: number; length: number; seed: number },
): Promise<void> {
  const from = new Uint8Array(length).fill(seed);
  const end = model.bytes.length;
  if (what === "write") {
    expect(await file.write(at, from)).toBe(length);
    model.write(at, from);
  } else if (what === "append") {
    expect(await file.append(from)).toEqual({ offsetBytes: end, writtenBytes: length });
    model.write(end, from);
  } else if (what === "truncate") {
    await file.truncate(at);
    model.resize(at);
  } else if (what === "allocate") {
    await file.allocate(at, length);
    model.resize(Math.max(end, at + length));
  } else if (what === "keep") await file.allocate(at, length, { keepSize: true });
  else if (what === "punch") {
    await file.punchHole(at, length);
    model.bytes.fill(0, at, at + length);
  } else await tree.flush();
}

export function testTreeFiles(fixture: TreeFixture): void {
  testContent(fixture);
  testHoles(fixture);
  testOpening(fixture);
}

function testContent(fixture: TreeFixture): void {
  test("reads what was written last, whatever the order", async () => {
    let runs = 0;
    const property = fc.asyncProperty(fc.array(change, { maxLength: 15 }), async (changes) => {
      const { tree } = fixture;
      runs += 1;
      const node = await make(fixture, `file ${runs}`);
      const file = await open(fixture, node);
      const model = new Model();
      for (const step of changes) await apply(fixture, file, model, step);
      expect(equalBytes(await content(fixture, node), model.bytes)).toBe(true);
      await file.close();
      expect(equalBytes(await content(fixture, node), model.bytes)).toBe(true);
      await tree.unlink(tree.root, bytesOf(`file ${runs}`));
    });
    await fc.assert(property, { numRuns: 30 });
  });

  test("appends at once end up one behind the other", async () => {
    const node = await make(fixture, "log");
    const files = await Promise.all([open(fixture, node), open(fixture, node)]);
    const lines = Array.from({ length: 40 }, (_, i) => new Uint8Array(500).fill(i + 1));
    await Promise.all(lines.map((line, i) => files[i % 2]?.append(line)));
    const bytes = await content(fixture, node);
    const seen = new Set<number>();
    for (let at = 0; at < bytes.length; at += 500) {
      const line = bytes.subarray(at, at + 500);
      expect(new Set(line).size).toBe(1);
      seen.add(line[0] as number);
    }
    expect([bytes.length, seen.size]).toEqual([20_000, 40]);
    for (const file of files) await file.close();
  });

  test("a write is seen through every open file, and an empty one changes nothing", async () => {
    const node = await make(fixture, "file");
    const [one, two] = [await open(fixture, node), await open(fixture, node)];
    await one.write(0, bytesOf("seen"));
    const into = new Uint8Array(8);
    expect([await two.read(0, into), ...into.subarray(0, 4)]).toEqual([4, ...bytesOf("seen")]);
    const before = await fixture.tree.getattr(node);
    expect(await one.write(100, new Uint8Array(0))).toBe(0);
    expect(await fixture.tree.getattr(node)).toEqual(before);
    for (const file of [one, two]) await file.close();
  });
}

function testHoles(fixture: TreeFixture): void {
  test("a file goes beyond four gibibytes, and what was not written is a hole", async () => {
    const node = await make(fixture, "sparse");
    const file = await open(fixture, node);
    const far = 5 * 2 ** 30;
    await file.write(far, bytesOf("far"));
    await file.write(4096, bytesOf("near"));
    const { sizeBytes, allocatedBytes } = await fixture.tree.getattr(node);
    expect(sizeBytes).toBe(far + 3);
    expect(allocatedBytes).toBeLessThan(2 ** 20);
    const into = new Uint8Array(6);
    expect([await file.read(far - 3, into), ...into]).toEqual([6, 0, 0, 0, ...bytesOf("far")]);
    expect(await file.nextData(0)).toEqual({ offsetBytes: 4096, lengthBytes: 4096 });
    expect(await file.nextData(4100)).toEqual({ offsetBytes: 4100, lengthBytes: 4092 });
    expect(await file.nextData(8192)).toEqual({ offsetBytes: far, lengthBytes: 3 });
    expect(await file.nextData(far + 3)).toBeUndefined();
    await file.punchHole(0, far);
    expect(await file.nextData(0)).toEqual({ offsetBytes: far, lengthBytes: 3 });
    await file.truncate(far - 4096);
    expect(await file.nextData(0)).toBeUndefined();
    await file.truncate(far + 3);
    expect([await file.read(far - 3, into), ...into]).toEqual([6, 0, 0, 0, 0, 0, 0]);
    await file.close();
  });

  test("what is cut off is gone, also within a block", async () => {
    const node = await make(fixture, "file");
    const file = await open(fixture, node);
    await file.write(0, new Uint8Array(5000).fill(1));
    await file.truncate(10);
    await file.truncate(5000);
    const expected = new Uint8Array(5000);
    expected.fill(1, 0, 10);
    expect(await content(fixture, node)).toEqual(expected);
    await file.close();
  });

  test("taking space shows, and keeps the size where it is told to", async () => {
    const node = await make(fixture, "file");
    const file = await open(fixture, node);
    await file.allocate(0, 65_536, { keepSize: true });
    const kept = await fixture.tree.getattr(node);
    expect(kept.sizeBytes).toBe(0);
    expect(kept.allocatedBytes).toBeGreaterThanOrEqual(65_536);
    await file.allocate(0, 65_536);
    expect(await content(fixture, node)).toEqual(new Uint8Array(65_536));
    await file.punchHole(0, 65_536);
    const punched = await fixture.tree.getattr(node);
    expect(punched.sizeBytes).toBe(65_536);
    expect(punched.allocatedBytes).toBeLessThan(65_536);
    await file.close();
  });
}

function testOpening(fixture: TreeFixture): void {
  test("files alone are opened", async () => {
    const { tree } = fixture;
    const fifo = await make(fixture, "fifo", tree.root, "fifo");
    const target = bytesOf("fifo");
    const link = await tree.create(tree.root, bytesOf("l"), { type: "symlink", permissions: 0o777, target });
    await expectCode(tree.openWritable(tree.root), "EISDIR");
    for (const node of [fifo, link]) await expectCode(tree.openWritable(node), "EINVAL");
  });
}
