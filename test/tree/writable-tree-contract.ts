/**
 * The contract of src/tree/writable-file-tree.ts as tests that every writable tree runs.
 * What they need of a tree: it is empty, is theirs, and has some megabytes of space.
 */
import { afterEach, beforeEach, describe, expect } from "vitest";
import type { Timestamp } from "../../src/tree/attributes.ts";
import type { TreeNode } from "../../src/tree/file-tree.ts";
import type { WritableFileTree } from "../../src/tree/writable-file-tree.ts";
import { testTreeAttributes } from "./contract-attributes.ts";
import { testTreeFiles } from "./contract-files.ts";
import { testTreeLife } from "./contract-life.ts";
import { testTreeModel } from "./contract-model.ts";
import { testTreeNames } from "./contract-names.ts";
import { testTreeRenames } from "./contract-renames.ts";
import { bytesOf } from "./memory-tree.ts";

/** A tree under test. */
export interface TreeSubject {
  readonly tree: WritableFileTree;
  /** Lets go of what lies below, after the tree was closed; may check it. */
  readonly dispose?: () => Promise<void>;
}

/** What a tree may do otherwise than ext4. */
export interface TreeContractOptions {
  /** Whiteouts can be made and left behind; not so in an overlay. True unless set. */
  readonly whiteouts?: boolean;
  /** A directory's links are two and its subdirectories. True unless set. */
  readonly countsSubdirectories?: boolean;
  /** Random lists of calls that are compared with the memory tree's answers; 20 unless set. */
  readonly modelRuns?: number;
}

/** What each test has at hand. */
export interface TreeFixture {
  tree: WritableFileTree;
  /** What the tree takes for now; every reading of it moves it on by a second. */
  readonly clock: TestClock;
  readonly options: TreeContractOptions;
}

/** Makes an empty tree that takes its times from a clock. */
export type MakeTree = (now: () => Timestamp) => Promise<TreeSubject>;

/** A clock that never says the same twice. */
export class TestClock {
  #seconds = 1_700_000_000n;

  readonly now = (): Timestamp => {
    this.#seconds += 1n;
    return { seconds: this.#seconds, nanoseconds: 123_456_789 };
  };
}

/** Runs what holds for every writable tree. */
export function describeWritableTreeContract(
  name: string,
  make: MakeTree,
  options: TreeContractOptions = {},
): void {
  describe(`${name} keeps the contract of a WritableFileTree`, () => {
    const fixture = { options } as { -readonly [Key in keyof TreeFixture]: TreeFixture[Key] };
    let subject: TreeSubject;
    beforeEach(async () => {
      fixture.clock = new TestClock();
      subject = await make(fixture.clock.now);
      fixture.tree = subject.tree;
    });
    afterEach(async () => {
      await subject.tree.close();
      await subject.dispose?.();
    });
    testTreeNames(fixture);
    testTreeRenames(fixture);
    testTreeFiles(fixture);
    testTreeAttributes(fixture);
    testTreeLife(fixture);
    testTreeModel(fixture, make);
  });
}

/** Makes an empty file, or what else is asked for. */
export function make(
  { tree }: TreeFixture,
  name: string,
  directory: TreeNode = tree.root,
  type: "file" | "directory" | "fifo" = "file",
): Promise<TreeNode> {
  return tree.create(directory, bytesOf(name), { type, permissions: type === "directory" ? 0o755 : 0o644 });
}

/** The names of a directory in the order of bytes. */
export async function namesIn({ tree }: TreeFixture, directory: TreeNode = tree.root): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of tree.readdir(directory)) names.push(new TextDecoder().decode(name));
  return names.filter((name) => name !== "lost+found").sort();
}

/** Which node a name stands for, by number. */
export async function inodeOf(
  { tree }: TreeFixture,
  name: string,
  directory: TreeNode = tree.root,
): Promise<number | undefined> {
  return (await tree.lookup(directory, bytesOf(name)))?.inode;
}

/** Expects a `FileError` that knows no path. */
export async function expectCode(call: Promise<unknown>, code: string): Promise<void> {
  const error = await call.then(
    () => "no error",
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: "FileError", code });
  expect((error as { path?: string }).path).toBeUndefined();
}
