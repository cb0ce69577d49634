/** Light and dark, narrow and wide. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1d2530; --soft: #5c6777; --line: #dde3ea; --back: #fbfcfd; --panel: #fff;
  --event: #0b6e4f; --event-back: #e6f4ee; --reaction: #2f4b8f; --request: #8a4b08; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa6b6; --line: #2c3542; --back: #12161c;
  --panel: #181e26; --event: #5fd0a5; --event-back: #14302a; --reaction: #8fb0ff; --request: #f0b36a; } }
* { box-sizing: border-box }
html { scroll-behavior: smooth; scroll-padding-top: 1rem }
body { margin: 0; display: grid; grid-template-columns: 15rem minmax(0, 1fr); color: var(--ink); background: var(--back);
  font: 15px/1.55 system-ui, sans-serif }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1.5rem 1.25rem; border-right: 1px solid var(--line) }
nav h1 { margin: 0 0 1rem; font-size: 1.25rem }
nav ul { list-style: none; margin: 0; padding: 0 }
nav > ul > li { margin-bottom: .9rem; color: var(--soft); font-size: .8rem; text-transform: uppercase; letter-spacing: .06em }
nav ul ul { text-transform: none; letter-spacing: 0; font-size: .875rem }
a { color: var(--reaction); text-decoration: none }
a:hover { text-decoration: underline }
main { padding: 1.5rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 70rem }
header { color: var(--soft) }
header p { margin: 0 0 .35rem }
section { margin: 1.5rem 0; padding: 1.25rem 1.5rem; background: var(--panel); border: 1px solid var(--line); border-radius: .6rem }
section:target { border-color: var(--event) }
h2 { margin: 0; font-size: 1.15rem }
.summary { margin: .2rem 0 }
.meta { margin: 0 0 1rem; color: var(--soft); font-size: .85rem }
.flow { display: grid; grid-template-columns: minmax(0, 1fr) 2rem auto 2rem minmax(0, 1.4fr); align-items: center; gap: .6rem }
.flow h3 { margin: 0 0 .3rem; color: var(--soft); font-size: .75rem; font-weight: 500 }
.flow ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .3rem }
.flow li { padding-left: .6rem; border-left: 3px solid currentColor; font-size: .875rem; overflow-wrap: anywhere }
.reaction { color: var(--reaction) }
.request, .schedule { color: var(--request) }
.none { color: var(--soft) }
.next { display: block; color: var(--soft); font-size: .78rem }
.next a { color: var(--event); white-space: nowrap }
.event { padding: .5rem .8rem; border-radius: .4rem; background: var(--event-back); color: var(--event); font-weight: 600;
  white-space: nowrap }
.arrow { height: 2px; background: var(--line); position: relative }
.arrow::after { content: ''; position: absolute; right: 0; top: -4px; border: 5px solid transparent; border-left-color: var(--line);
  border-right-width: 0 }
details { margin-top: 1rem; border-top: 1px solid var(--line); padding-top: .6rem }
details > summary { cursor: pointer; color: var(--soft); font-size: .875rem }
.data { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1.25rem; margin-top: .75rem }
table { border-collapse: collapse; font-size: .85rem; width: 100%; align-self: start }
th, td { text-align: left; font-weight: 400; padding: .25rem .5rem .25rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere }
td { color: var(--soft) }
pre { margin: 0; padding: .8rem; border-radius: .4rem; background: var(--back); border: 1px solid var(--line); overflow: auto;
  font-size: .78rem }
@media (max-width: 50rem) { body { display: block } nav { position: static; height: auto; border: 0 }
  .flow { grid-template-columns: 1fr } .arrow { display: none } .event { justify-self: start } }
`
