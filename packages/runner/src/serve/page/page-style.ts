/** Light and dark as the reader has it; one column on a phone. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --raised: #f4f5f7; --ink: #1b1f24; --quiet: #565e67; --line: #c4cad1;
  --accent: #0b5cad; --accent-ink: #ffffff; --bar: #2f7fd0; --warn-ground: #fff3d6; --warn-ink: #4a3300; --warn-line: #c98a00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --raised: #1f2428; --ink: #e8eaed; --quiet: #a6aeb7; --line: #454d56;
    --accent: #7db8f5; --accent-ink: #0c1a28; --bar: #5a9fe0; --warn-ground: #33270a; --warn-ink: #ffe3a3; --warn-line: #b98a1f;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0 auto; padding: 1.25rem 1rem 2rem; max-width: 60rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; }
h2 { font-size: 1.15rem; margin: 1.75rem 0 .5rem; }
p { margin: .4rem 0; }
.quiet { color: var(--quiet); font-size: .9rem; }
.use { background: var(--warn-ground); color: var(--warn-ink); border-left: .3rem solid var(--warn-line); padding: .6rem .8rem; border-radius: .25rem; }
.drop { border: 2px dashed var(--line); border-radius: .5rem; background: var(--raised); padding: 1.25rem; text-align: center; }
.drop.over { border-color: var(--accent); }
.drop:focus-within { border-color: var(--accent); outline: 3px solid var(--accent); outline-offset: 2px; }
.file { position: absolute; width: 1px; height: 1px; opacity: 0; }
.button, button { display: inline-block; font: inherit; padding: .5rem 1rem; border: 1px solid var(--accent); border-radius: .3rem;
  background: var(--accent); color: var(--accent-ink); cursor: pointer; }
button:disabled { opacity: 1; background: var(--raised); color: var(--quiet); border-color: var(--line); cursor: default; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
h2:focus { outline: none; }
.preview { display: block; margin: 1rem auto 0; max-width: 100%; height: auto; max-height: 18rem; min-width: 8rem; object-fit: contain; }
.status { min-height: 1.5rem; margin-top: .75rem; font-weight: 600; }
.vote { font-size: 1.5rem; font-weight: 700; margin: .2rem 0; }
.tables { display: grid; gap: 1rem 2.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); align-items: start; margin: .75rem 0; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--quiet); font-size: .9rem; padding-bottom: .3rem; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); font-weight: normal; vertical-align: middle; }
thead th { font-size: .9rem; color: var(--quiet); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.chosen th, .chosen td { font-weight: 700; }
progress { appearance: none; width: 100%; min-width: 4rem; height: .7rem; border: 0; border-radius: .35rem; overflow: hidden; background: var(--raised); vertical-align: middle; }
progress::-webkit-progress-bar { background: var(--raised); }
progress::-webkit-progress-value { background: var(--bar); }
progress::-moz-progress-bar { background: var(--bar); }
.figures { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
figure { margin: 0; background: var(--raised); border-radius: .5rem; padding: .75rem; }
figure img { display: block; width: 100%; height: auto; border-radius: .25rem; background: #000; }
figcaption strong { display: block; margin-top: .5rem; }
figcaption { font-size: .9rem; }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: .75rem 0; }
input[type=password] { font: inherit; padding: .45rem; border: 1px solid var(--quiet); border-radius: .3rem; background: var(--ground); color: var(--ink); flex: 1 1 12rem; min-width: 0; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
footer { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: .5rem; }
@media print { .drop p, .drop label, #show-maps { display: none; } }
`
