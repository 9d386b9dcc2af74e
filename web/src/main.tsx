/** Starts the app: who is signed in is asked while the code of the page is on its way. */
import { render } from 'preact';
import { App } from './app.tsx';
import { entry } from './navigation/location.ts';
import { matchRoute } from './navigation/routes.ts';
import { routes } from './pages.ts';
import { installWorker } from './state/installation.ts';
import { openSession } from './state/session.ts';
import './state/connection.ts';
import './state/outbox.ts';
import './state/waiting-reactions.ts';
import './ui/tokens.css';
import './ui/base.css';

void matchRoute(routes, entry.value.path)?.route.load();
const root = document.getElementById('app');
if (root !== null) render(<App openSession={openSession} />, root);
installWorker();
