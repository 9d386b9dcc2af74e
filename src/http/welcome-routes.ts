/** The page at `/`: what runs here and what to try first. The web app takes its place in a later release. */
import { createHash } from 'node:crypto';
import type { App } from './server.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #16202a; --quiet: #52606d; --line: #d9e0e6; --ground: #fbfcfd; --card: #fff; --accent: #0b6e99 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --quiet: #9fb0bf; --line: #2a3742; --ground: #10171d; --card: #17212a; --accent: #6cc5e8 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 17px/1.55 system-ui, sans-serif }
main { max-width: 46rem; margin: 0 auto; padding: clamp(1.5rem, 6vw, 4.5rem) 1.25rem }
h1 { font-size: clamp(2rem, 7vw, 3rem); letter-spacing: -.02em; line-height: 1.1; margin: 0 0 .5rem }
h2 { font-size: 1.1rem; margin: 2.25rem 0 .6rem }
p { margin: 0 0 1rem } .quiet { color: var(--quiet) }
nav { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .75rem; margin-top: 1.75rem }
nav a { display: block; padding: .9rem 1rem; border: 1px solid var(--line); border-radius: .7rem; background: var(--card); color: inherit; text-decoration: none }
nav a:hover, nav a:focus-visible { border-color: var(--accent); outline: none } nav b { color: var(--accent); display: block }
pre { margin: 0; padding: 1rem; overflow-x: auto; border: 1px solid var(--line); border-radius: .7rem; background: var(--card); font: 14px/1.6 ui-monospace, monospace }
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'`;

/** `baseUrl` is what the examples on the page call. */
export function welcomeRoutes(
  app: App,
  { baseUrl, version }: { baseUrl: () => string; version: string },
): void {
  app.get('/', { config: { access: 'public' }, schema: { hide: true } }, (_request, reply) =>
    reply
      .header('content-security-policy', POLICY)
      .type('text/html; charset=utf-8')
      .send(pageOf(escapeHtml(baseUrl()), version)),
  );
}

function pageOf(url: string, version: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Groundswell</title><style>${STYLE}</style></head>
<body><main>
<h1>Groundswell</h1>
<p>A backend for consumer apps is running here, on a real database, and what it acknowledges it keeps.</p>
<p class="quiet">Version ${version}</p>
<nav>
<a href="/docs"><b>Reference</b>Every call, to read and to try</a>
<a href="/openapi.json"><b>OpenAPI</b>The same for programs</a>
<a href="/health/ready"><b>Health</b>Each part, and whether it is up</a>
<a href="/metrics"><b>Metrics</b>For Prometheus</a>
</nav>
<h2>Make an account</h2>
<pre tabindex="0">curl ${url}/api/v1/users --json '{"username": "alice", "password": "a good long one"}'</pre>
<h2>Post something with the access_token of the answer</h2>
<pre tabindex="0">curl ${url}/api/v1/posts -H "Authorization: Bearer $TOKEN" --json '{"text": "Hello, #world"}'</pre>
<h2>Read your home timeline</h2>
<pre tabindex="0">curl ${url}/api/v1/feed -H "Authorization: Bearer $TOKEN"</pre>
</main></body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
