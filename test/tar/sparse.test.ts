/** Sparse files in all their forms, and what is refused in them. */
import { describe, expect, test } from "vitest";
import { TarReader } from "../../src/tar/index.ts";
import { only, refusal, text } from "./reader-outcome.ts";
import { type SparseInput, TarBuilder } from "./tar-builder.ts";

describe("sparse files", () => {
  const shapes: Omit<SparseInput, "form">[] = [
    { size: 0, data: [] },
    { size: 5, data: [[0, "whole"]] },
    { size: 1000, data: [] },
    {
      size: 100_000,
      data: [
        [0, "a"],
        [4096, "bc"],
        [99_999, "d"],
      ],
    },
    {
      size: 10,
      data: [
        [5, ""],
        [5, "x"],
        [6, "y"],
        [10, ""],
      ],
    },
    { size: 2 ** 40, data: Array.from({ length: 60 }, (_, i) => [i * 2 ** 30, `${i}`] as [number, string]) },
  ];
  describe.each(["old-gnu", "pax-0.0", "pax-0.1", "pax-1.0"] as const)("%s", (form) => {
    test.each(shapes)("of $size bytes (%#)", async (shape) => {
      const reader = new TarReader([
        new TarBuilder()
          .sparse("s", { form, ...shape })
          .end()
          .bytes(),
      ]);
      const entry = await reader.next();
      expect([text(entry?.name as Uint8Array), entry?.sizeBytes, entry?.sparse]).toEqual([
        "s",
        shape.size,
        true,
      ]);
      const found: [number, string][] = [];
      let at = 0;
      for (let piece = await reader.read(); piece !== undefined; piece = await reader.read()) {
        if (piece.kind === "data") found.push([at, text(piece.bytes)]);
        at += piece.kind === "data" ? piece.bytes.length : piece.lengthBytes;
      }
      expect(at).toBe(shape.size);
      expect(found).toEqual(shape.data.filter(([, bytes]) => bytes.length > 0));
      expect(await reader.next()).toBeUndefined();
    });

    test.each([
      [
        "overlap",
        [
          [0, 5],
          [4, 5],
        ],
        20,
      ],
      [
        "lie past the end",
        [
          [0, 5],
          [16, 5],
        ],
        20,
      ],
      [
        "are out of order",
        [
          [10, 5],
          [0, 5],
        ],
        20,
      ],
      [
        "overflow",
        [
          [0, 5],
          [2n ** 63n - 1n, 5],
        ],
        2n ** 62n,
      ],
      ["do not fit a negative size", [[0, 0]], -1],
    ] as const)("stretches that %s are refused", async (_what, map, size) => {
      const { code } = await refusal(
        new TarBuilder().sparse("s", { form, size, map, data: [[0, "0123456789"]] }),
      );
      expect(code).toBe("bad-field");
    });

    test("less and more data than the map refers to are refused", async () => {
      const map = [[0, 5]] as const;
      expect(
        (await refusal(new TarBuilder().sparse("s", { form, size: 9, map, data: [[0, "abcd"]] }))).code,
      ).toBe("bad-field");
      expect(
        (await refusal(new TarBuilder().sparse("s", { form, size: 9, map, data: [[0, "abcdef"]] }))).code,
      ).toBe("bad-field");
    });
  });

  test("a map of more than 1 MiB is refused", async () => {
    const map = Array.from({ length: 50_000 }, (_, i) => [i, 0] as const);
    const old = new TarBuilder().sparse("s", { form: "old-gnu", size: 2 ** 20, map, data: [] });
    expect((await refusal(old)).code).toBe("does-not-fit");
    const zeros = new TarBuilder().add({
      pax: { "GNU.sparse.major": "1", "GNU.sparse.minor": "0" },
      content: `600000\n${"0\n".repeat(600_000)}`,
    });
    expect((await refusal(zeros)).code).toBe("does-not-fit");
  });

  test("of a version that Go does not know is a plain file", async () => {
    const pax = { "GNU.sparse.major": "2", "GNU.sparse.minor": "0", "GNU.sparse.name": "x" };
    const { entry, content } = await only(new TarBuilder().file("a", "stored", { pax }));
    expect([entry.sparse, text(entry.name), text(content)]).toEqual([false, "a", "stored"]);
  });
});
