/** One record a user: whoever shows them, or a button about them, reads the same signal. */
import { type Signal, signal } from '@preact/signals';
import { put, remove } from '../api/http.ts';
import { toProblem } from '../api/problem.ts';
import type { Relationship, User } from '../api/types.ts';
import { showToast } from './toasts.ts';

const users = new Map<string, Signal<User>>();

export function takeUser(user: User): Signal<User> {
  const known = users.get(user.user_id);
  if (known === undefined) {
    const shown = signal(user);
    users.set(user.user_id, shown);
    return shown;
  }
  known.value = user;
  return known;
}

/** By name, whatever the case, among those that were shown. */
export function findUserByName(name: string): Signal<User> | undefined {
  const wanted = name.toLowerCase();
  return [...users.values()].find(({ value }) => value.username.toLowerCase() === wanted);
}

export type Tie = 'follow' | 'mute' | 'block';

/** Changes how the reader stands to the user, and shows what the server makes of it. Answers whether it worked. */
export async function tie(user: Signal<User>, kind: Tie, wanted: boolean): Promise<boolean> {
  const path = `/users/${user.value.user_id}/${kind}`;
  try {
    setRelationship(user, await (wanted ? put<Relationship>(path) : remove<Relationship>(path)));
    return true;
  } catch (error) {
    showToast({ text: toProblem(error).message, tone: 'danger' });
    return false;
  }
}

function setRelationship(user: Signal<User>, relationship: Relationship): void {
  const { relationship: before, follower_count: count } = user.value;
  const change = Number(relationship.following) - Number(before?.following ?? false);
  user.value = { ...user.value, relationship, follower_count: count + change };
}
