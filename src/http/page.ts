/** The few pages that the server sends itself: one look, in the colours of the web app, and a policy that allows what is in them and nothing else. */
import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';

export interface PageContent {
  /** HTML, as all the rest. */
  readonly title: string;
  /** HTML; whatever in it comes from outside goes through `escapeHtml`. */
  readonly body: string;
  readonly script?: string;
  /** More for its head; as the body. */
  readonly head?: string;
  /** Where its form may lead, redirects of the answer included; by default it has none. */
  readonly formAction?: string;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #16191f; --quiet: #525b69; --line: #d5dae2; --edge: #7d8796; --ground: #f5f6f8; --card: #fff; --accent: #1a5fb4; --wrong: #b3261e }
@media (prefers-color-scheme: dark) { :root { --ink: #e9edf2; --quiet: #a3adbb; --line: #2c343f; --edge: #78849a; --ground: #0f1216; --card: #171b21; --accent: #78aef5; --wrong: #ff8f86 } }
a { color: var(--accent) }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 17px/1.55 system-ui, sans-serif }
main { max-width: 46rem; margin: 0 auto; padding: clamp(1.5rem, 6vw, 4.5rem) 1.25rem }
h1 { font-size: clamp(2rem, 7vw, 3rem); letter-spacing: -.02em; line-height: 1.1; margin: 0 0 .5rem }
h2 { font-size: 1.1rem; margin: 2.25rem 0 .6rem }
p { margin: 0 0 1rem } .quiet { color: var(--quiet) }
nav { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: .75rem; margin-top: 1.75rem }
nav a { display: block; padding: .9rem 1rem; border: 1px solid var(--line); border-radius: .7rem; background: var(--card); color: inherit; text-decoration: none }
nav a:hover, nav a:focus-visible { border-color: var(--accent); outline: none } nav b { color: var(--accent); display: block }
pre { margin: 0; padding: 1rem; white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line); border-radius: .7rem; background: var(--card); font: 14px/1.6 ui-monospace, monospace }
form { display: grid; gap: .75rem; max-width: 24rem; margin-top: 1.5rem }
input, button { font: inherit; padding: .7rem .9rem; border: 1px solid var(--edge); border-radius: .7rem; background: var(--card); color: inherit }
button { background: var(--accent); border-color: var(--accent); color: var(--ground); cursor: pointer } button:disabled { opacity: .6 }
input:focus-visible, button:focus-visible, .button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
[role=alert] { margin: 0; color: var(--wrong) } [role=alert]:not(:empty)::before { content: "\\26a0\\fe0e\\a0" } [aria-invalid=true] { border-color: var(--wrong) }
.button { display: inline-block; padding: .7rem 1.4rem; border-radius: .7rem; background: var(--accent); color: var(--card); text-decoration: none }
.mark { display: block; width: 3rem; height: 3rem; margin-bottom: .75rem; fill: none; stroke: var(--accent); stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round }
.targets { display: grid; gap: .75rem; margin: 0 0 1.5rem; padding: 0; list-style: none }
.targets li { padding: .9rem 1rem; border: 1px solid var(--line); border-radius: .7rem; background: var(--card); overflow-wrap: anywhere }
.targets code { color: var(--quiet); font: 14px/1.6 ui-monospace, monospace }
`;

/** Sends the page. Never cached: what is in it depends on who runs the server, and how. */
export function sendPage(reply: FastifyReply, content: PageContent): FastifyReply {
  const { title, body, script, head = '', formAction = "'none'" } = content;
  const scripts = script === undefined ? '' : `; script-src ${hashOf(script)}; connect-src 'self'`;
  const policy = `default-src 'none'; style-src ${hashOf(STYLE)}${scripts}; form-action ${formAction}; frame-ancestors 'none'; base-uri 'none'`;
  return reply
    .header('content-security-policy', policy)
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>${head}<style>${STYLE}</style></head>
<body><main>${body}</main>${script === undefined ? '' : `<script>${script}</script>`}</body>
</html>
`);
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function hashOf(source: string): string {
  return `'sha256-${createHash('sha256').update(source).digest('base64')}'`;
}
