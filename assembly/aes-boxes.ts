/**
 * The S-box of AES and its inverse (FIPS 197, section 5.1.1) as circuits, on
 * slices: slice i holds bit i of as many bytes as it has bits. No table, no
 * branch: the same gates whatever the bytes are.
 *
 * The S-box is the circuit of Boyar and Peralta (2012), 115 gates. The inverse
 * has the same middle, an inversion in GF(2^8); the linear parts before and
 * after it were found anew by greedy elimination of common sums, 126 gates.
 *
 * Four outputs of the S-box are to be inverted, and so are those inputs of the
 * inverse (the constant 0x63). Neither does it: the round keys carry it.
 *
 * What comes out goes on to MixColumns in locals, which is why that is called
 * here: AssemblyScript has no tuples to return it in, and through memory a
 * round takes a tenth longer.
 */
import { mixColumns, unmixColumns } from "./aes-columns";
import { and, xor } from "./bit-words";

/** In place of a phase: the S-box, and nothing after it. */
export const unmixed: i32 = -1;

/**
 * Takes the eight slices at `q` through the S-box, but for the constant; and then, if there is a
 * `phase`, through MixColumns, and adds `key`.
 */
@inline
export function subBytes<T>(q: usize, key: usize, phase: i32): void {
  const x0 = load<T>(q, 7 * sizeof<T>());
  const x1 = load<T>(q, 6 * sizeof<T>());
  const x2 = load<T>(q, 5 * sizeof<T>());
  const x3 = load<T>(q, 4 * sizeof<T>());
  const x4 = load<T>(q, 3 * sizeof<T>());
  const x5 = load<T>(q, 2 * sizeof<T>());
  const x6 = load<T>(q, 1 * sizeof<T>());
  const x7 = load<T>(q, 0 * sizeof<T>());
  // Sums of the inputs.
  const y14 = xor<T>(x3, x5);
  const y13 = xor<T>(x0, x6);
  const y9 = xor<T>(x0, x3);
  const y8 = xor<T>(x0, x5);
  const t0 = xor<T>(x1, x2);
  const y1 = xor<T>(t0, x7);
  const y4 = xor<T>(y1, x3);
  const y12 = xor<T>(y13, y14);
  const y2 = xor<T>(y1, x0);
  const y5 = xor<T>(y1, x6);
  const y3 = xor<T>(y5, y8);
  const t1 = xor<T>(x4, y12);
  const y15 = xor<T>(t1, x5);
  const y20 = xor<T>(t1, x1);
  const y6 = xor<T>(y15, x7);
  const y10 = xor<T>(y15, t0);
  const y11 = xor<T>(y20, y9);
  const y7 = xor<T>(x7, y11);
  const y17 = xor<T>(y10, y11);
  const y19 = xor<T>(y10, y8);
  const y16 = xor<T>(t0, y11);
  const y21 = xor<T>(y13, y16);
  const y18 = xor<T>(x0, y16);
  // Inversion.
  const t2 = and<T>(y12, y15);
  const t3 = and<T>(y3, y6);
  const t4 = xor<T>(t3, t2);
  const t5 = and<T>(y4, x7);
  const t6 = xor<T>(t5, t2);
  const t7 = and<T>(y13, y16);
  const t8 = and<T>(y5, y1);
  const t9 = xor<T>(t8, t7);
  const t10 = and<T>(y2, y7);
  const t11 = xor<T>(t10, t7);
  const t12 = and<T>(y9, y11);
  const t13 = and<T>(y14, y17);
  const t14 = xor<T>(t13, t12);
  const t15 = and<T>(y8, y10);
  const t16 = xor<T>(t15, t12);
  const t17 = xor<T>(t4, t14);
  const t18 = xor<T>(t6, t16);
  const t19 = xor<T>(t9, t14);
  const t20 = xor<T>(t11, t16);
  const t21 = xor<T>(t17, y20);
  const t22 = xor<T>(t18, y19);
  const t23 = xor<T>(t19, y21);
  const t24 = xor<T>(t20, y18);
  const t25 = xor<T>(t21, t22);
  const t26 = and<T>(t21, t23);
  const t27 = xor<T>(t24, t26);
  const t28 = and<T>(t25, t27);
  const t29 = xor<T>(t28, t22);
  const t30 = xor<T>(t23, t24);
  const t31 = xor<T>(t22, t26);
  const t32 = and<T>(t31, t30);
  const t33 = xor<T>(t32, t24);
  const t34 = xor<T>(t23, t33);
  const t35 = xor<T>(t27, t33);
  const t36 = and<T>(t24, t35);
  const t37 = xor<T>(t36, t34);
  const t38 = xor<T>(t27, t36);
  const t39 = and<T>(t29, t38);
  const t40 = xor<T>(t25, t39);
  const t41 = xor<T>(t40, t37);
  const t42 = xor<T>(t29, t33);
  const t43 = xor<T>(t29, t40);
  const t44 = xor<T>(t33, t37);
  const t45 = xor<T>(t42, t41);
  const z0 = and<T>(t44, y15);
  const z1 = and<T>(t37, y6);
  const z2 = and<T>(t33, x7);
  const z3 = and<T>(t43, y16);
  const z4 = and<T>(t40, y1);
  const z5 = and<T>(t29, y7);
  const z6 = and<T>(t42, y11);
  const z7 = and<T>(t45, y17);
  const z8 = and<T>(t41, y10);
  const z9 = and<T>(t44, y12);
  const z10 = and<T>(t37, y3);
  const z11 = and<T>(t33, y4);
  const z12 = and<T>(t43, y13);
  const z13 = and<T>(t40, y5);
  const z14 = and<T>(t29, y2);
  const z15 = and<T>(t42, y9);
  const z16 = and<T>(t45, y14);
  const z17 = and<T>(t41, y8);
  // Sums of the products.
  const t46 = xor<T>(z15, z16);
  const t47 = xor<T>(z10, z11);
  const t48 = xor<T>(z5, z13);
  const t49 = xor<T>(z9, z10);
  const t50 = xor<T>(z2, z12);
  const t51 = xor<T>(z2, z5);
  const t52 = xor<T>(z7, z8);
  const t53 = xor<T>(z0, z3);
  const t54 = xor<T>(z6, z7);
  const t55 = xor<T>(z16, z17);
  const t56 = xor<T>(z12, t48);
  const t57 = xor<T>(t50, t53);
  const t58 = xor<T>(z4, t46);
  const t59 = xor<T>(z3, t54);
  const t60 = xor<T>(t46, t57);
  const t61 = xor<T>(z14, t57);
  const t62 = xor<T>(t52, t58);
  const t63 = xor<T>(t49, t58);
  const t64 = xor<T>(z4, t59);
  const t65 = xor<T>(t61, t62);
  const t66 = xor<T>(z1, t63);
  const s0 = xor<T>(t59, t63);
  const s6 = xor<T>(t56, t62);
  const s7 = xor<T>(t48, t60);
  const t67 = xor<T>(t64, t65);
  const s3 = xor<T>(t53, t66);
  const s4 = xor<T>(t51, t66);
  const s5 = xor<T>(t47, t65);
  const s1 = xor<T>(t64, s3);
  const s2 = xor<T>(t55, t67);
  if (phase == unmixed) putSlices<T>(q, s0, s1, s2, s3, s4, s5, s6, s7);
  else mixColumns<T>(q, key, phase, s7, s6, s5, s4, s3, s2, s1, s0);
}

/**
 * Takes the eight slices at `q`, that the constant has been added to, through the inverse S-box;
 * and then, if there is a `phase`, adds `key` and takes them through the inverse of MixColumns.
 */
@inline
export function inverseSubBytes<T>(q: usize, key: usize, phase: i32): void {
  const x0 = load<T>(q, 7 * sizeof<T>());
  const x1 = load<T>(q, 6 * sizeof<T>());
  const x2 = load<T>(q, 5 * sizeof<T>());
  const x3 = load<T>(q, 4 * sizeof<T>());
  const x4 = load<T>(q, 3 * sizeof<T>());
  const x5 = load<T>(q, 2 * sizeof<T>());
  const x6 = load<T>(q, 1 * sizeof<T>());
  const x7 = load<T>(q, 0 * sizeof<T>());
  // Sums of the inputs.
  const y5 = xor<T>(x1, x3);
  const u0 = xor<T>(x6, x7);
  const y9 = xor<T>(x3, x4);
  const u1 = xor<T>(x1, x4);
  const u2 = xor<T>(x0, x5);
  const y4 = xor<T>(y5, u0);
  const y8 = xor<T>(x0, x1);
  const u3 = xor<T>(x2, y5);
  const y2 = xor<T>(u0, u1);
  const y6 = xor<T>(x0, y5);
  const y1 = xor<T>(x7, y9);
  const y7 = xor<T>(x2, y4);
  const u4 = xor<T>(x5, x6);
  const y17 = xor<T>(y9, u4);
  const u5 = xor<T>(x0, x7);
  const y11 = xor<T>(u2, y4);
  const y3 = xor<T>(x0, x3);
  const u6 = xor<T>(x6, u1);
  const y16 = xor<T>(x2, u6);
  const w7 = xor<T>(x2, u2);
  const y12 = xor<T>(u0, y8);
  const y15 = xor<T>(x5, u3);
  const y20 = xor<T>(u2, y2);
  const y21 = xor<T>(x7, u3);
  const y19 = xor<T>(x4, x7);
  const y10 = xor<T>(u1, u5);
  const y18 = xor<T>(x2, y9);
  const y14 = xor<T>(x4, y6);
  const y13 = xor<T>(u0, y9);
  // Inversion.
  const t2 = and<T>(y12, y15);
  const t3 = and<T>(y3, y6);
  const t4 = xor<T>(t3, t2);
  const t5 = and<T>(y4, w7);
  const t6 = xor<T>(t5, t2);
  const t7 = and<T>(y13, y16);
  const t8 = and<T>(y5, y1);
  const t9 = xor<T>(t8, t7);
  const t10 = and<T>(y2, y7);
  const t11 = xor<T>(t10, t7);
  const t12 = and<T>(y9, y11);
  const t13 = and<T>(y14, y17);
  const t14 = xor<T>(t13, t12);
  const t15 = and<T>(y8, y10);
  const t16 = xor<T>(t15, t12);
  const t17 = xor<T>(t4, t14);
  const t18 = xor<T>(t6, t16);
  const t19 = xor<T>(t9, t14);
  const t20 = xor<T>(t11, t16);
  const t21 = xor<T>(t17, y20);
  const t22 = xor<T>(t18, y19);
  const t23 = xor<T>(t19, y21);
  const t24 = xor<T>(t20, y18);
  // Engines order a straight line as they like, and this one so that it needs more registers than there
  // are. A branch, which is never taken, keeps what follows behind it: a tenth of the time.
  if (q == 0) store<T>(q, t24);
  const t25 = xor<T>(t21, t22);
  const t26 = and<T>(t21, t23);
  const t27 = xor<T>(t24, t26);
  const t28 = and<T>(t25, t27);
  const t29 = xor<T>(t28, t22);
  const t30 = xor<T>(t23, t24);
  const t31 = xor<T>(t22, t26);
  const t32 = and<T>(t31, t30);
  const t33 = xor<T>(t32, t24);
  const t34 = xor<T>(t23, t33);
  const t35 = xor<T>(t27, t33);
  const t36 = and<T>(t24, t35);
  const t37 = xor<T>(t36, t34);
  const t38 = xor<T>(t27, t36);
  const t39 = and<T>(t29, t38);
  const t40 = xor<T>(t25, t39);
  const t41 = xor<T>(t40, t37);
  const t42 = xor<T>(t29, t33);
  const t43 = xor<T>(t29, t40);
  const t44 = xor<T>(t33, t37);
  const t45 = xor<T>(t42, t41);
  const z0 = and<T>(t44, y15);
  const z1 = and<T>(t37, y6);
  const z2 = and<T>(t33, w7);
  const z3 = and<T>(t43, y16);
  const z4 = and<T>(t40, y1);
  const z5 = and<T>(t29, y7);
  const z6 = and<T>(t42, y11);
  const z7 = and<T>(t45, y17);
  const z8 = and<T>(t41, y10);
  const z9 = and<T>(t44, y12);
  const z10 = and<T>(t37, y3);
  const z11 = and<T>(t33, y4);
  const z12 = and<T>(t43, y13);
  const z13 = and<T>(t40, y5);
  const z14 = and<T>(t29, y2);
  const z15 = and<T>(t42, y9);
  const z16 = and<T>(t45, y14);
  const z17 = and<T>(t41, y8);
  // Sums of the products.
  const v0 = xor<T>(z6, z15);
  const v1 = xor<T>(z13, v0);
  const v2 = xor<T>(z12, z16);
  const v3 = xor<T>(v1, v2);
  const v4 = xor<T>(z4, z8);
  const v5 = xor<T>(z2, z10);
  const v6 = xor<T>(z1, v4);
  const v7 = xor<T>(z17, v1);
  const v8 = xor<T>(z14, v6);
  const v9 = xor<T>(v5, v7);
  const v10 = xor<T>(z0, v3);
  const v11 = xor<T>(z3, v3);
  const v12 = xor<T>(z3, v8);
  const v13 = xor<T>(z4, z7);
  const v14 = xor<T>(z11, v5);
  const v15 = xor<T>(v0, v2);
  const v16 = xor<T>(z0, v13);
  const v17 = xor<T>(z2, z8);
  const s3 = xor<T>(v10, v17);
  const v18 = xor<T>(z9, v9);
  const v19 = xor<T>(z9, z17);
  const v20 = xor<T>(z8, v11);
  const v21 = xor<T>(z15, v19);
  const v22 = xor<T>(z11, v9);
  const s7 = xor<T>(z11, v21);
  const v23 = xor<T>(z12, v16);
  const s1 = xor<T>(v12, v18);
  const v24 = xor<T>(z5, v23);
  const v25 = xor<T>(z5, v10);
  const v26 = xor<T>(v12, v15);
  const s6 = xor<T>(v11, v13);
  const s2 = xor<T>(v14, v26);
  const s5 = xor<T>(v6, v25);
  const s4 = xor<T>(v22, v24);
  const s0 = xor<T>(z5, v20);
  if (phase == unmixed) putSlices<T>(q, s0, s1, s2, s3, s4, s5, s6, s7);
  else unmixColumns<T>(q, key, phase, s7, s6, s5, s4, s3, s2, s1, s0);
}

@inline
function putSlices<T>(q: usize, s0: T, s1: T, s2: T, s3: T, s4: T, s5: T, s6: T, s7: T): void {
  store<T>(q, s0, 7 * sizeof<T>());
  store<T>(q, s1, 6 * sizeof<T>());
  store<T>(q, s2, 5 * sizeof<T>());
  store<T>(q, s3, 4 * sizeof<T>());
  store<T>(q, s4, 3 * sizeof<T>());
  store<T>(q, s5, 2 * sizeof<T>());
  store<T>(q, s6, 1 * sizeof<T>());
  store<T>(q, s7, 0 * sizeof<T>());
}
