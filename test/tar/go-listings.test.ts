/** Every entry of the golden tars, as Go's archive/tar sees it (`test/golden/tar`). */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { loadGoldenTars } from "./golden-tars.ts";
import { type Listing, levelled, listTar } from "./listing.ts";

const file = readFileSync(new URL("../golden/tar/listings.json.gz", import.meta.url));
const listings = new Map(Object.entries(JSON.parse(gunzipSync(file).toString()) as Record<string, Listing>));

test("there is a listing for every tar", () => {
  expect([...listings.keys()]).toEqual(loadGoldenTars().map(({ name }) => name));
});

test.each(loadGoldenTars())("$name", async ({ name, bytes }) => {
  expect(levelled(await listTar([bytes]))).toEqual(levelled(listings.get(name) as Listing));
});
