import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createUserRows } from './user-rows.ts';

describe('a user of a row', () => {
  it('that was read before the server listened has the right addresses afterwards', () => {
    let publicUrl = '';
    const picturePath = (key: string, picture: string) => `/media/${key}/${picture}`;
    const { userOf } = createUserRows({ picturePath, publicUrl: () => publicUrl });
    const row = { user_id: 1, username: 'alice', display_name: 'Alice', bio: '', locked: false };
    const user = userOf({ ...row, avatar_key: 'a', header_key: 'b' });
    publicUrl = 'https://example.org';
    assert.deepEqual(
      [user.avatarUrl, { ...user }.headerUrl],
      ['https://example.org/media/a/avatar', 'https://example.org/media/b/header'],
    );
    const { avatarUrl, headerUrl } = userOf({ ...row, avatar_key: null, header_key: null });
    assert.deepEqual([avatarUrl, headerUrl], [null, null]);
  });
});
