import { entry } from '../navigation/location.ts';
import { PageHead } from './page.tsx';
import { Empty } from './states.tsx';

/** In place of a page that is somebody's own. */
export function SignInFirst({ title, what }: { readonly title: string; readonly what: string }) {
  const next = encodeURIComponent(entry.value.path);
  return (
    <>
      <PageHead title={title} isRoot />
      <Empty title={`Sign in to see ${what}`}>
        <a class="button button-primary" href={`/sign-in?next=${next}`}>
          Sign in
        </a>
      </Empty>
    </>
  );
}
