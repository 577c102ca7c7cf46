/** The tree page's style sheet. Colours are told apart by lightness too, for eyes and printers that see no hue. */
export const treePageStyle = `
:root {
  --paper: #fbfaf7; --ink: #1d2326; --faint: #667077; --line: #dcd8cf; --card: #ffffff;
  --plain: #a9b4ba; --good: #7fb8a4; --bad: #b3123b; --lost: #eda24a; --repaired: #3a6fd0;
  --good-ink: #1c6b52; --lost-ink: #8a4b00; --repaired-ink: #2450a8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181a; --ink: #e6e9e8; --faint: #98a2a6; --line: #2d3437; --card: #1b2023;
    --plain: #57636a; --good: #2f6b5a; --bad: #ff4d6d; --lost: #c9812f; --repaired: #7aa5ff;
    --good-ink: #7fd1b5; --lost-ink: #f0b068; --repaired-ink: #9dbcff;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 3rem; max-width: 60rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums;
}
h1 { margin: 0 0 .75rem; font-size: 1.6rem; line-height: 1.2; font-weight: 650; overflow-wrap: anywhere; }
h2 { margin: 0 0 .25rem; font-size: 1.15rem; font-weight: 650; }
h3 { margin: 0; font-size: .95rem; font-weight: 650; }
p { margin: 0 0 .75rem; }
code { font: .85em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
.kind { margin: 0; color: var(--faint); font-size: .85rem; letter-spacing: .04em; }
.verdict { padding: .6rem .9rem; border-left: .35rem solid var(--plain); background: var(--card); font-weight: 600; }
.verdict.good { border-color: var(--good); color: var(--good-ink); }
.verdict.bad { border-color: var(--bad); color: var(--bad); }
.verdict.repaired { border-color: var(--repaired); color: var(--repaired-ink); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.25rem; margin: 1.25rem 0 0; }
.facts dt { color: var(--faint); }
.facts dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
section { margin-top: 2.25rem; }
section > p, .level p { color: var(--faint); font-size: .9rem; }
.levels { display: grid; gap: .9rem; }
.root { margin: 0; text-align: center; font-size: .85rem; border-bottom: 2px solid var(--line); padding-bottom: .3rem; }
.level { display: grid; grid-template-columns: max-content 1fr; column-gap: .75rem; align-items: baseline; }
.level p { margin: 0; }
.level svg { grid-column: 1 / -1; }
.bar { display: block; width: 100%; height: 1.75rem; margin-top: .2rem; }
.map { display: block; width: 100%; height: auto; }
.plain { fill: var(--plain); } .good { fill: var(--good); } .bad { fill: var(--bad); }
.lost { fill: var(--lost); } .repaired { fill: var(--repaired); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: 0 0 .75rem; padding: 0; font-size: .9rem; }
.legend svg { width: .8rem; height: .8rem; margin-right: .4rem; vertical-align: -.05rem; }
.plain-list { margin: .25rem 0 1rem; padding-left: 1.2rem; }
.path { list-style: none; margin: .5rem 0 0; padding: 0; }
.path li { padding: .4rem 0 .4rem .9rem; border-left: .25rem solid var(--plain); }
.path li.good { border-color: var(--good); } .path li.bad { border-color: var(--bad); }
.path li.lost { border-color: var(--lost); } .path li.repaired { border-color: var(--repaired); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { padding: .35rem .9rem .35rem 0; text-align: left; border-bottom: 1px solid var(--line); }
th { color: var(--faint); font-weight: 500; }
td:nth-child(2) { white-space: nowrap; }
footer { margin-top: 2.5rem; color: var(--faint); font-size: .85rem; }
@media (max-width: 32rem) {
  body { padding: 1.25rem 1rem 2rem; }
  .facts { grid-template-columns: 1fr; gap: 0; } .facts dd { margin-bottom: .5rem; }
  .level { grid-template-columns: 1fr; }
}
`;
