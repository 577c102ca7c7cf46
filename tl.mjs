const t0=performance.now();
import { readFileSync } from "node:fs";
const { startThreadedDigests, FileDevice } = await import("sealstone/node");
console.log("imported", (performance.now()).toFixed(0));
const d = await FileDevice.open("/tmp/vv/d");
const p={hashType:1,algorithm:"sha256",salt:new Uint8Array(32),dataBlockSize:4096,hashBlockSize:4096};
for (const h of ["native","wasm","auto"]) { const s=performance.now(); const pool=startThreadedDigests(2,h); let first; for await (const b of pool.digests({device:d,parameters:p,dataBlocks:262144})) first??=performance.now()-s; const e=performance.now()-s; console.log(h,"first batch",first.toFixed(0),"all",e.toFixed(0),"steady MB/s",((1073.7-16.8*2)/(e-first)*1000).toFixed(0),pool.shares.join()); await pool.close(); }
