/** A stream's bytes, all of them. */
export async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(new Uint8Array(chunk));
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}
