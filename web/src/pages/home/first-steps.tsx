/** In place of a timeline that has nothing yet: who one is, whom to follow, and what to say. */
import { useState } from 'preact/hooks';
import { Suggestions } from '../../discovery/suggestions.tsx';
import { ProfileForm } from '../../profile/profile-form.tsx';
import { me } from '../../state/session.ts';
import { Icon } from '../../ui/icon.tsx';
import './first-steps.css';

export function FirstSteps() {
  const [isSaved, setSaved] = useState(false);
  const user = me.value;
  if (user === null || user === undefined) return null;
  const isKnown = isSaved || (user.avatar_url !== null && user.display_name !== user.username);
  return (
    <section class="first-steps" aria-labelledby="first-steps">
      <h2 id="first-steps">
        Welcome, <bdi>{user.display_name}</bdi>
      </h2>
      <p class="muted">
        This is where the posts of those you follow will be, the newest first. Three steps, each of which can
        wait:
      </p>
      <ol>
        <li>
          <h3>Show who you are</h3>
          {isKnown ? (
            <p class="first-done">
              <Icon name="check" /> Done. <a href="/settings/profile">More about you</a>
            </p>
          ) : (
            <ProfileForm user={user} isBrief onSaved={() => setSaved(true)} />
          )}
        </li>
        <li>
          <h3>Follow three people</h3>
          <p>
            Find friends by name in the <a href="/search">search</a>, or begin with those who are suggested
            here. Their posts are here when you come back.
          </p>
          <Suggestions atMost={5} />
        </li>
        <li>
          <h3>Say something</h3>
          <p>
            <a class="button button-plain" href="/compose">
              <Icon name="write" />
              Write your first post
            </a>
          </p>
        </li>
      </ol>
      <p>
        <a class="button button-plain" href="/">
          Show my timeline
        </a>
      </p>
    </section>
  );
}
