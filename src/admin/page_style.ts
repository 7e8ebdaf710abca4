/**
 * The style of the live page.
 *
 * @module
 */

/** CSS for light and dark, phone and desktop. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f7f9, #14171b);
  --card: light-dark(#ffffff, #1d2127);
  --text: light-dark(#1b1f24, #e7eaee);
  --quiet: light-dark(#57606a, #a3adb8);
  --line: light-dark(#d5dae0, #343b44);
  --accent: light-dark(#0b62c4, #6cb0ff);
  --good: light-dark(#116329, #6fdc8c);
  --bad: light-dark(#b3261e, #ff8a80);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.45 system-ui, sans-serif; }
main, header { max-width: 75rem; margin: 0 auto; padding: 0.75rem 1rem; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 1rem; }
h1 { font-size: 1.25rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 0 0 0.5rem; }
header p { margin: 0; color: var(--quiet); }
#facts { flex: 1 1 100%; }
#state { color: var(--good); font-weight: 600; }
#state.bad { color: var(--bad); }
button, input { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--quiet);
  border-radius: 0.375rem; padding: 0.5rem 0.875rem; min-height: 2.75rem; }
button { cursor: pointer; }
#buttons { display: flex; flex-wrap: wrap; gap: 0.5rem; margin-left: auto; }
#controls { display: contents; }
[aria-disabled=true] { opacity: 0.6; cursor: default; }
#outcome { flex: 1 1 100%; color: var(--text); overflow-wrap: anywhere; }
#outcome:empty { display: none; }
#outcome.bad { color: var(--bad); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem;
  padding: 0.875rem 1rem; margin-bottom: 0.875rem; }
#charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 0.875rem; }
figure { margin: 0; display: flex; flex-direction: column; justify-content: end; }
figcaption { display: flex; justify-content: space-between; gap: 0.5rem; color: var(--quiet); }
figcaption b { color: var(--text); white-space: nowrap; font-variant-numeric: tabular-nums; }
svg { display: block; width: 100%; height: 4rem; border-bottom: 1px solid var(--line); }
polyline { fill: none; stroke: var(--accent); stroke-width: 2; vector-effect: non-scaling-stroke; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.3125rem 1rem 0.3125rem 0; border-top: 1px solid var(--line); white-space: nowrap; }
th { color: var(--quiet); font-weight: 600; border-top: 0; }
td.number, th.number { text-align: right; }
pre { margin: 0; max-height: 20rem; overflow: auto; font: 0.8125rem/1.5 ui-monospace, monospace;
  white-space: pre-wrap; overflow-wrap: anywhere; }
form { display: flex; flex-wrap: wrap; gap: 0.75rem; align-items: end; }
label { display: grid; gap: 0.25rem; flex: 1 1 15rem; }
[hidden] { display: none !important; }
`;
