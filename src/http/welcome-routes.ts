/** A page for programmers: what runs here, and what to try first without the web app. */
import { escapeHtml, sendPage } from './page.ts';
import type { App } from './server.ts';

/** `baseUrl` is what the examples on the page call. */
export function welcomeRoutes(
  app: App,
  { path, baseUrl, version }: { path: string; baseUrl: () => string; version: string },
): void {
  app.get(path, { config: { access: 'public' }, schema: { hide: true } }, (_request, reply) =>
    sendPage(reply, { title: 'Groundswell', body: bodyOf(escapeHtml(baseUrl()), version) }),
  );
}

function bodyOf(url: string, version: string): string {
  return `
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
<pre>curl ${url}/api/v1/users -H 'content-type: application/json' -d '{"username": "alice", "password": "a good long one"}'</pre>
<h2>Post something, with the access_token of the answer</h2>
<pre>TOKEN=gs_…
curl ${url}/api/v1/posts -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' -d '{"text": "Hello, #world"}'</pre>
<h2>Read your home timeline</h2>
<pre>curl ${url}/api/v1/feed -H "authorization: Bearer $TOKEN"</pre>
`;
}
